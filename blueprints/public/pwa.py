"""The installable app (PWA): manifest, service worker, offline page, saved dossiers."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _

from blueprints.public import catalogue
from models.catalogue.listing import Listed
from models.catalogue.procedure import LANGUAGES, LOCALES
from paper import qr
from web import compression, htmx, page_cache
from web.languages import current, speaking
from web.links import link_to
from web.responses import private
from web.state import state
from web.static_files import static_url

bp = Blueprint("pwa", __name__)

MAX_QR_CHARACTERS = 1500  # of saved dossiers; a camera cannot read a larger QR code
MAX_OFFLINE = 200  # procedures that the offline page names
# What the pages need that open without a network; not scripts of the desk, or of what works with a network only.
CACHED_FILES = ("site.css", "icon.svg", "vendor/htmx.min.js", "number.js", "site.js")
THEME_COLOUR, BACKGROUND_COLOUR = "#14375e", "#f6f5f1"  # --brand and --ground of static/site.css


@dataclass(frozen=True)
class Release:
    """The static files that the service worker caches, and a version of them and of the offline page."""

    version: str
    files: list[str]


@bp.after_app_request
def name_language(response: Response) -> Response:
    """Set Content-Language on every page; the service worker caches each language apart by it."""
    if response.mimetype == "text/html":
        response.content_language.add(current())
    return response


@bp.app_template_global()
def locale() -> str:
    """The locale in which JavaScript writes dates. German for Luxembourgish: browsers write "2026 M11 22" for lb."""
    return {"lb": "de-LU"}.get(current(), LOCALES[current()].replace("_", "-"))


@bp.get("/saved")
@page_cache.shared(of_data=False)
def saved() -> Response:
    """The empty page of the saved dossiers; site.js fills it from the browser's storage."""
    return htmx.page("public/pwa/saved.html")


@bp.post("/saved/qr")
def code() -> Response:
    """A QR code that copies saved dossiers to another phone. They come in the body and are not stored."""
    dossiers = request.form.get("dossiers", "")
    if not dossiers or not dossiers.isascii():
        abort(400)
    if len(dossiers) > MAX_QR_CHARACTERS:
        return private(make_response(_("That is too much for one code. Please use the link."), 422))
    url = f"{link_to('pwa.saved')}#{dossiers}"
    return private(Response(qr.svg(url, "L"), mimetype="image/svg+xml"))


@bp.get("/offline")
@page_cache.shared()
def offline() -> Response:
    """The page that the service worker shows without a network, if it has not cached the wanted page."""
    return htmx.page("public/pwa/offline.html", procedures=_procedures())


@bp.get("/sw.js")
def worker() -> Response:
    """The service worker script. It changes with the files it caches, so that browsers notice every release."""
    script = render_template("public/pwa/sw.js", release=state().cache(Release, _release))
    response = Response(script, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    # A strong ETag: it must differ between the encodings.
    encoding = request.accept_encodings.best_match(compression.ENCODINGS)
    response.set_etag(f"{hashlib.sha256(script.encode()).hexdigest()[:12]}-{encoding}")
    response.make_conditional(request)
    return response


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    """The web app manifest, in the language of the page that links to it."""
    return _manifest(
        "/",
        name=_("eTracking – follow your paper form"),
        short_name="eTracking",
        description=_("A number for your paper form before you post it, and news of it afterwards."),
        categories=["government", "utilities"],
        shortcuts=[
            _shortcut(_("Find a procedure"), url_for("procedures.index"), "icons/find-96.png"),
            _shortcut(_("My dossiers"), url_for(".saved"), "icons/saved-96.png"),
            _shortcut(_("Look a number up"), url_for("status.new"), "icons/look-up-96.png"),
        ],
        screenshots=[
            _screen("home-narrow", "780x1688", "narrow", _("Find your form, or see where your dossier stands")),
            _screen("status-narrow", "780x1688", "narrow", _("What has happened, what comes next, and who must act")),
            _screen("home-wide", "1280x800", "wide", _("Find your form, or see where your dossier stands")),
        ],
        share_target={
            "action": url_for("status.new"),
            "method": "GET",
            "enctype": "application/x-www-form-urlencoded",
            "params": {"title": "shared", "text": "shared", "url": "shared"},
        },
    )


@bp.get("/desk/manifest.webmanifest")
def desk_manifest() -> Response:
    """The manifest of the desk, a second app beside that of citizens. It is public and holds no secret."""
    name = _("eTracking – desk")
    return _manifest("/desk", name=name, short_name="eT Desk", description=_("Scan or type a number"))


def _manifest(scope: str, **own: Any) -> Response:
    response = jsonify(
        id=scope,
        start_url=scope,
        scope=scope,
        lang=current(),
        dir="ltr",
        display="standalone",
        background_color=BACKGROUND_COLOUR,
        theme_color=THEME_COLOUR,
        icons=[
            {"src": static_url("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
            _picture("icons/icon-192.png", "192x192"),
            _picture("icons/icon-512.png", "512x512"),
            _picture("icons/maskable-512.png", "512x512", purpose="maskable"),
        ],
        **own,
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def _picture(name: str, sizes: str, **more: str) -> dict[str, str]:
    return {"src": static_url(name), "sizes": sizes, "type": "image/png", **more}


def _shortcut(name: str, url: str, icon: str) -> dict[str, Any]:
    return {"name": name, "url": url, "icons": [_picture(icon, "96x96")]}


def _screen(name: str, sizes: str, width: str, label: str) -> dict[str, str]:
    return _picture(f"screenshots/{name}-{current()}.png", sizes, form_factor=width, label=label)


def _procedures() -> list[Listed]:
    """The procedures that a browser may have cached; the offline page shows those that it has."""
    return catalogue.listing().procedures[:MAX_OFFLINE]


def _release() -> Release:
    """The release: its files, and a hash of their content and of the offline page in every language."""
    folder = Path(current_app.static_folder or "static")
    seen = hashlib.sha256()
    for name in CACHED_FILES:
        seen.update((folder / name).read_bytes())
    for language in LANGUAGES:
        with speaking(language):
            seen.update(render_template("public/pwa/offline.html", procedures=_procedures()).encode())
    return Release(seen.hexdigest()[:12], [static_url(name) for name in CACHED_FILES])
