"""One page for every error: what happened, in plain words, and a way on."""

from flask import Flask, Response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError, TooManyRequests

from blueprints.api import problems
from web.error_log import log_fault


def init_app(app: Flask) -> None:
    """Answer every HTTP error, and anything that went wrong, with our page."""
    app.register_error_handler(HTTPException, show)
    app.log_exception = lambda _error: None  # it names the address, with the number in it; see faults.py


def show(error: HTTPException) -> Response:
    """The page of `error`; its headers (Allow, Retry-After) stay."""
    code = error.code or 500
    if request.path.startswith(f"{problems.PREFIX}/"):  # no view of it was reached: programs read no pages
        return problems.keep_nothing(problems.response_to(error))
    if code == 404 and not _said(error) and (help_page := _help(request.path)):
        return help_page
    if code < 400 or isinstance(error, SecurityError):  # a redirect of the router; a host whose pages are not ours
        return error.get_response()
    reference = log_fault(error) if isinstance(error, InternalServerError) else ""
    name = "_error.html" if request.htmx.part else "error.html"
    response = error.get_response()
    response.data = render_template(name, code=code, text=_text(error), reference=reference)
    response.content_type = "text/html; charset=utf-8"
    return response


def _help(path: str) -> Response | None:
    """For a number nobody knows, or a receipt that is not ours: the page that helps to correct it."""
    from blueprints.public import envelopes, receipts, status

    under, _slash, typed = path[1:].partition("/")
    number, _slash, rest = typed.partition("/")
    if under in ("t", "T") and number:
        return status.unknown(number)
    if under in ("e", "E") and number:
        return envelopes.unknown(number)
    if under in ("r", "R") and number:
        return receipts.unknown(number, rest)
    return None


def _said(error: HTTPException) -> str:
    """What a view of ours had to say about it; not what Werkzeug says of every such error."""
    return error.description or "" if error.description != type(error).description else ""


def _text(error: HTTPException) -> dict[str, str]:
    if isinstance(error, CSRFError):
        return {
            "title": _("Please send this once more"),
            "what": _("The page was open for too long, or your browser does not keep cookies for this site."),
            "next": _(
                "Go back, load the page again and send it once more. Without cookies there are forms without number."
            ),
        }
    if isinstance(error, TooManyRequests):
        minutes = max(int(error.retry_after or 60) // 60, 1)
        wait = _("Please try again in %(minutes)s minutes. If you are in a hurry, call the helpdesk.", minutes=minutes)
        return _texts()[429] | {"next": wait}
    if error.code == 404 and _said(error):
        return _texts()[404] | {"what": _said(error)}
    return _texts().get(error.code or 500) or _texts()[400 if (error.code or 500) < 500 else 500]


def _texts() -> dict[int, dict[str, str]]:
    return {
        400: {
            "title": _("We could not read that"),
            "what": _("What your browser sent was not complete."),
            "next": _("Please go back and try once more."),
        },
        403: {
            "title": _("This page is not open to you"),
            "what": _("Your account is not allowed to see this page."),
            "next": _("If you need it for your work, ask your administrator."),
        },
        404: {
            "title": _("This page does not exist"),
            "what": _("The address may be mistyped, or the page has moved."),
            "next": _("You can find every procedure from the home page."),
        },
        405: {
            "title": _("This does not work here"),
            "what": _("The address exists, but it cannot be used in this way."),
            "next": _("Please start again from the home page."),
        },
        409: {
            "title": _("Somebody was quicker"),
            "what": _("The dossier has changed in the meantime, so nothing of yours was saved."),
            "next": _("Look at it again, then decide once more."),
        },
        410: {
            "title": _("This link no longer works"),
            "what": _("It was for one use only, or its time is over."),
            "next": _("Please start again from the home page."),
        },
        413: {
            "title": _("That is too much text"),
            "what": _("We accept at most 64 kilobytes at once."),
            "next": _("Please go back and shorten what you typed."),
        },
        429: {
            "title": _("Too many tries"),
            "what": _("To protect everybody’s dossiers we limit how often this can be done."),
            "next": "",  # depends on how long
        },
        500: {
            "title": _("Something went wrong on our side"),
            "what": _("It is not your fault. Nothing you sent has been lost that was already confirmed."),
            "next": _("Please try again in a few minutes. Your paper form stays valid in any case."),
        },
    }
