"""Error pages: what happened, in plain words, and what to do next."""

from urllib.parse import urlsplit

from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError, ServiceUnavailable

from web import htmx
from web.database import AwayError
from web.error_log import log_error
from web.state import ErrorAnswer, ErrorNote, ErrorText, HelpPage, state

SECRETS = {"password", "again", "code", "credential"}  # fields that no page repeats


class UnreadablePartError(ServiceUnavailable):
    """What a page cannot do without cannot be decrypted."""


def init_app(app: Flask, text: ErrorText, note: ErrorNote) -> None:
    """Answer every HTTP error and every exception with our error page.

    `text` gives its title and sentences; `note` is called with each of them.
    """
    state(app).error_text, state(app).note_error = text, note
    app.register_error_handler(HTTPException, show)
    app.log_exception = lambda exc_info: None  # type: ignore[method-assign]  # Flask's logs the URL; see error_log.py


def on_unknown(app: Flask, under: str, page: HelpPage) -> None:
    """Register `page` as the 404 page below /`under`/; it is called with the next part of the path and the rest.

    A 404 with its own description, from a view, is shown instead.
    """
    state(app).help_pages[under] = page


def on_prefix(app: Flask, prefix: str, answer: ErrorAnswer) -> None:
    """Register `answer` for all errors below `prefix`, for programs that cannot read a page (the API)."""
    state(app).error_answers[prefix] = answer


def show(error: HTTPException, repeat: bool = True) -> Response:
    """Answer with the page of `error`, and keep its headers (Allow, Retry-After).

    Without `repeat` it does not offer to send once more what was typed.
    """
    code = error.code or 500
    note(error)
    for prefix, answer in state().error_answers.items():
        if request.path.startswith(prefix):
            return answer(error)
    if code == 404 and not said(error) and (help_page := _help_page(request.path)):
        return help_page
    if isinstance(error, SecurityError):  # a host name that is not ours, under which no page could name an address
        return Response("There is no site of this name here.\n", 400, mimetype="text/plain")
    if code < 400:  # a redirect of the router
        return make_response(error.get_response())
    return _page(error, code, repeat)


def note(error: HTTPException) -> None:
    """Have `error` counted, also where another answer than show() takes its place."""
    state().note_error(error)


def from_own_page() -> bool:
    """True if the form of this request stood on a page of this site, as the browser tells it.

    No browser lets another site leave out Origin when it sends a form. What sends none of these is no browser.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    told = request.headers.get("Origin") or request.referrer
    return site == "same-origin" and (told is None or urlsplit(told)[:2] == (request.scheme, request.host))


def said(error: HTTPException) -> str:
    """The description that a view gave to abort(); empty if it is only Werkzeug's default."""
    return error.description or "" if error.description != type(error).description else ""


def _page(error: HTTPException, code: int, repeat: bool) -> Response:
    away, stale = isinstance(error, AwayError), isinstance(error, CSRFError) and from_own_page()
    name = "error.html" if not htmx.headers().part else "_away.html" if away else "_error.html"
    reference = log_error(error) if isinstance(error, InternalServerError) else ""
    response = make_response(error.get_response())
    response.data = render_template(
        name,
        code=code,
        text=state().error_text(error),
        reference=reference,
        away=away,
        typed=_typed() if away or (stale and repeat) else None,
    )
    response.content_type = "text/html; charset=utf-8"
    if away:
        response.headers["Cache-Control"] = "no-store"
        if htmx.headers().part:  # what was typed stays where it is
            htmx.beside(response, "[data-toast]")
    return response


def _typed() -> list[tuple[str, str]] | None:
    """The fields of the form that was sent, to send it once more; None without a form, or with a secret in it.

    Its CSRF token is a new one.
    """
    if request.method != "POST" or request.files or SECRETS & set(request.form):
        return None
    sent = request.form.items(multi=True)
    return [(name, generate_csrf() if name == "csrf_token" else value) for name, value in sent]


def _help_page(path: str) -> Response | None:
    """The 404 page registered for this path, or None. The first part may be in capitals, as in a QR code."""
    under, _slash, below = path[1:].partition("/")
    typed, _slash, rest = below.partition("/")
    page = state().help_pages.get(under.lower())
    return page(typed, rest) if page and typed else None
