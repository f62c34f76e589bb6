"""Choose the language of an answer: ?lang=, else the cookie, else Accept-Language, else German."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, Response, current_app, g, has_request_context, request
from flask_babel import Babel, force_locale, get_locale, get_translations
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import parse_accept_header

from web.state import state

NAMES = {"de": "Deutsch", "fr": "Français", "en": "English", "lb": "Lëtzebuergesch"}
FALLBACK = "de"
VARY = ("Cookie", "Accept-Language")
COOKIE = "lang"


def init_app(app: Flask, locales: Mapping[str, str], kept_filters: Mapping[str, tuple[str, ...]]) -> None:
    """Set Babel up with our language selector; remember ?lang= in a cookie.

    `locales` maps each language to its locale; `kept_filters` maps a blueprint to the query parameters that stay in
    the URL when a visitor changes the language.
    """
    state(app).locales, state(app).kept_filters = locales, kept_filters
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    app.config["BABEL_DEFAULT_TIMEZONE"] = "Europe/Luxembourg"
    Babel(app, locale_selector=lambda: locales[current()])
    app.jinja_env.globals.update(
        language=current, language_name=language_name, language_names=NAMES, language_url=language_url
    )
    app.jinja_env.filters["t"] = in_language
    app.context_processor(sentences)

    @app.after_request
    def remember(response: Response) -> Response:
        chosen = request.args.get("lang")
        if chosen and chosen in locales:
            response.set_cookie(
                COOKIE,
                chosen,
                max_age=31536000,
                samesite="Lax",
                httponly=True,
                secure=app.config["SESSION_COOKIE_SECURE"],
            )
        return response


def language_name(language: str) -> str:
    """The name of a language in the language of the visitor."""
    return str((get_locale() or Locale.parse(FALLBACK)).languages[language])


def sentences() -> dict[str, Any]:
    """The function `_` for one template, with the translations looked up once.

    A page has a hundred sentences, and Babel's own `_` would look up the language for each of them.
    """
    translated = get_translations().gettext

    @pass_eval_context
    def sentence(context: EvalContext, text: str, **values: Any) -> str:
        said = Markup(translated(text)) if context.autoescape else translated(text)  # noqa: S704  (our own words)
        return said % values if values else said

    return {"_": sentence}


def current() -> str:
    """The language of this request; German outside a request (in a command)."""
    if not has_request_context():
        return FALLBACK
    if "language" not in g:
        g.language = _chosen()
    return g.language


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Inside the block, pages are rendered in this language, whichever the visitor reads."""
    before = current()
    g.language = code
    try:
        with force_locale(state().locales[code]):
            yield
    finally:
        g.language = before


def language_url(code: str) -> str:
    """The URL of the present page in another language. Keeps the filters, but not a number that was typed."""
    filters = state().kept_filters.get(request.blueprint or "", ())
    kept = {name: value for name, value in request.args.items() if name in filters}
    return f"{_readable(request.path)}?{urlencode(kept | {'lang': code})}"


def _readable(path: str) -> str:
    """`path` if it answers GET, else the path above it (where `path` only accepts POST)."""
    if request.url_rule and "GET" in (request.url_rule.methods or ()):  # most pages; spares the match below
        return path
    try:
        current_app.url_map.bind("").match(path, "GET")
    except MethodNotAllowed:
        return path.rpartition("/")[0]
    except HTTPException:
        pass
    return path


def in_language(texts: dict[str, str] | None) -> str:
    """Template filter `t`: the text of a catalogue entry in the present language."""
    return texts[current()] if texts else ""


def _chosen() -> str:
    languages = state().locales
    for chosen in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if chosen and chosen in languages:
            return chosen
    return _accepted(request.headers.get("Accept-Language", "")[:200], tuple(languages))


@lru_cache(maxsize=256)  # browsers send only a few different values
def _accepted(header: str, languages: tuple[str, ...]) -> str:
    """The first of `languages` that this Accept-Language header prefers, else the fallback.

    Not best_match(): it gives French for "lb-LU,fr", as an exact match of a later language beats an earlier prefix.
    """
    tags = (tag.split("-")[0].lower() for tag, _quality in parse_accept_header(header, LanguageAccept))
    return next((code for code in tags if code in languages), FALLBACK)
