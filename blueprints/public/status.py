"""The status page of a dossier, for anyone who has its number; and the forms that look a number up."""

from collections.abc import Hashable
from contextlib import suppress
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _

from blueprints.public import captcha, contacts, lookups, status_page
from blueprints.public.forms import PostedForm
from models import ConflictError, today
from models.dossiers.codes import Scanned, codes, existing, find
from models.dossiers.number import clean, grouped
from models.notifications.version_key import VersionKey
from models.security.crockford import check_character
from web import errors, htmx
from web.compression import Page
from web.languages import current
from web.page_cache import page_response
from web.responses import camera, private
from web.state import LRUCache, state
from wording.kinds import label

bp = Blueprint("status", __name__)

MAX_SHOWN = 300  # characters of what was typed
MAX_COUNTED = 40  # characters; more are a text, and not a number that is too long
MAX_BYTES = 6 * 1024 * 1024  # of rendered status pages
LOOK_UP_SCOPE = "look-up/number"  # of the CAPTCHA


class StatusPages(LRUCache[tuple[Hashable, ...], Page]):
    """Cache of rendered status pages. The key holds the version of the dossier, so no page is ever stale."""

    def __init__(self) -> None:
        super().__init__(MAX_BYTES, weight=lambda page: page.weight)


@bp.get("/t")
def new() -> Response:
    """Ask for a number; with a number in the URL, or in a text that another app shared, redirect to its page."""
    shared = "\n".join(request.args.getlist("shared"))  # text from another app of the phone, with a number in it
    typed = request.args.get("number") or shared
    if typed == shared and shared.strip() and not codes(shared):
        error = _("There is no eTracking number in what you shared. You can type it here.")
        return private(htmx.page("public/status/look_up.html", 404, typed="", error=error))
    return _look_up(typed)


@bp.post("/t")
def look_up() -> Response:
    """Redirect to the page of the typed number, in any spelling, or show the error beside the field."""
    return _look_up(request.form.get("number", ""))


def _look_up(typed: str) -> Response:
    if not typed.strip():
        return htmx.page("public/status/look_up.html", typed="", error="")
    found = existing(typed, lambda number: _exists(number, typed))
    return htmx.goto(status_of(found[0])) if len(found) == 1 else unknown(typed)


def _exists(number: str, typed: str) -> bool:
    """Look up one reading of what was `typed`. Each is a guess, and a miss is counted.

    If the first one closes look-ups, the others are not tried: nobody is asked for a CAPTCHA of what they did not type.
    """
    try:
        return lookups.version_key(number) is not None
    except lookups.BlockedError:
        if number == find(typed):
            raise
        return False


def status_of(read: Scanned) -> str:
    """The page of what a code means: of its dossier, or of all those in one envelope."""
    if len(read.numbers) > 1:
        return url_for("envelopes.show", numbers=read.numbers)
    return url_for("status.show", number=read.numbers[0])


@bp.get("/scan")
def scan_page() -> Response:
    """Scan a QR code with the camera or from a picture. The browser does it all; no picture is sent."""
    return camera(htmx.page("public/status/scan.html", host=urlsplit(current_app.config["SITE_URL"]).netloc))


@bp.get("/t/<number:number>")
@bp.get("/T/<number:number>", endpoint="scanned")
@bp.get("/t/<number:number>/<round:round_>", endpoint="follow_up")
@bp.get("/T/<number:number>/<round:round_>", endpoint="scanned_follow_up")
def show(number: str, round_: int = 0) -> Response:
    """Show the status page. The QR code of a follow-up sheet (of any round) leads here too."""
    seen = lookups.version_key(number)
    if seen is None:
        return unknown(grouped(number))
    fresh = "new" in request.args
    pages, key = state().cache(StatusPages), (number, seen, current(), today(), htmx.headers().part)
    uncached = fresh or seen.missed or seen.held
    page = None if uncached else pages.get(key)
    if page is None:
        page = Page(_render(seen, fresh).encode())
        if not uncached:
            pages.put(key, page)
    return _answer(page)


@bp.post("/t/<number:number>")
def pay(number: str) -> Response:
    """Look the number up for a solved CAPTCHA, while look-ups without one are closed (see models/security/lookups)."""
    error, _key = captcha.verify(request.form, LOOK_UP_SCOPE)
    if error:
        return _price(number, 422, error)
    if lookups.version_key(number, paid=True) is None:
        return unknown(grouped(number))
    return htmx.follow(url_for(".show", number=number))


@bp.app_errorhandler(lookups.BlockedError)
def blocked(error: lookups.BlockedError) -> Response:
    """429: ask for a solved CAPTCHA, if one opens the number; files and programs get the plain error page."""
    if not error.payable or "." in request.path:
        return errors.show(error)
    if htmx.headers():  # a part of a page could not load the script of the CAPTCHA
        return htmx.goto(url_for(".show", number=error.number))
    response = _price(error.number, 429)
    response.headers["Retry-After"] = str(error.retry_after)
    return response


@bp.get("/t/<number:number>.json")
def data(number: str) -> Response:
    """The status as JSON, for the saved dossiers of the app. It holds nothing that the page does not show."""
    dossier = lookups.dossier(number)
    return private(
        jsonify(
            number=number,
            procedure=dossier.form.procedure.title[current()],
            form=dossier.form.title[current()],
            authority=dossier.authority.name[current()],
            status=dossier.status,
            label=label(dossier.status),
            version=dossier.version,
            changed=dossier.changed_at.isoformat(),
            events=[{"kind": event.kind, "at": event.at.isoformat()} for event in dossier.history.standing],
        )
    )


@bp.post("/t/<number:number>/posted")
def report_posted(number: str) -> Response:
    """Record that the citizen posted the papers today. Anyone who has the number may do this."""
    dossier, answer = lookups.dossier(number), PostedForm()
    if not answer.validate():
        page = htmx.page(
            "public/status/show.html", 422, push=url_for(".show", number=number), **status_page.context(dossier, answer)
        )
        return private(page)
    with suppress(ConflictError):  # reported twice, or scanned in the meantime: the status page shows it anyway
        dossier.post(today(), answer.registered.data)
    return htmx.follow(url_for(".show", number=number))


@bp.post("/t/<number:number>/address/<row:contact>")
def correct_address(number: str, contact: int) -> Response:
    """Correct an address that was mistyped at the registration, if nothing ever arrived there."""
    dossier = lookups.dossier(number)
    wrong = next((each for each in status_page.unreached(dossier) if each.contact.id == contact), None)
    if wrong is None or wrong.correction is None:
        abort(409)
    answer = wrong.correction.__class__(meta=status_page.NO_SESSION)
    if answer.validate() and not (
        problem := contacts.given(wrong.contact, "exchange", wrong.contact.channel, answer.address.data)
    ):
        return htmx.follow(url_for(".show", number=number))
    if not answer.address.errors:
        answer.address.errors = [problem]
    context = status_page.context(dossier, PostedForm(formdata=None))
    context["unreached"] = [
        each._replace(correction=answer) if each.contact == wrong.contact else each for each in context["unreached"]
    ]
    return private(htmx.page("public/status/show.html", 422, push=url_for(".show", number=number), **context))


def unknown(typed: str) -> Response:
    """404, the same for unknown and malformed numbers; keeps the typed number and helps to correct it."""
    return private(htmx.page("public/status/look_up.html", 404, typed=typed[:MAX_SHOWN], error=why(typed)))


def _price(number: str, status: int, error: str | None = None) -> Response:
    """The page that asks for a CAPTCHA. Who has to wait for a pass without scripts gets 429 and a ticket on it."""
    offer = captcha.offer(LOOK_UP_SCOPE)
    context = {"captcha": offer, "captcha_error": error, "number": number}
    response = private(make_response(render_template("public/status/price.html", **context), status))
    if place := offer["place"]:
        response.status_code, response.headers["Retry-After"] = 429, str(place.seconds)
    return response


def not_found(number: str, _rest: str) -> Response:
    """The 404 page for paths below /t/."""
    return unknown(number)


def why(typed: str) -> str:
    """Why there is no dossier with this number, as far as its spelling shows. Makes no look-up."""
    number = clean(typed[:MAX_SHOWN])
    found = codes(typed)
    if len(found) > 1 and not found[0].doubtful:
        return _("There is more than one eTracking number in it. Please type one of them.")
    if len(number) > MAX_COUNTED:
        return _("There is no eTracking number in it. One has 13 characters, as in K7Q2-MX4P-9TRWY.")
    if len(number) != 13:
        return _("An eTracking number has 13 characters; this has %(count)s.", count=len(number))
    try:
        wrong = check_character(number[:-1]) != number[-1]
    except KeyError:
        return _("There is a character in it that no eTracking number has. Please compare it with your sheet.")
    if wrong:
        return _("At least one character is wrong: the last one checks the others. Please compare it with your sheet.")
    return _("We know no dossier with this number. Please compare it with your sheet.")


def _render(key: VersionKey, fresh: bool) -> str:
    dossier = lookups.with_key(key)
    name = "public/status/_show.html" if htmx.headers().part else "public/status/show.html"
    return render_template(name, **status_page.context(dossier, PostedForm(formdata=None), fresh, key.missed))


def _answer(page: Page) -> Response:
    response = page_response(page)
    response.set_etag(page.etag, weak=True)
    response.make_conditional(request)
    return private(response)
