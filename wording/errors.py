"""The words of the error pages: title, what happened, what to do next."""

from flask import request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, TooManyRequests

from web.database import AwayError
from web.errors import UnreadablePartError, said


def text(error: HTTPException) -> dict[str, str]:
    """Title (`title`), what happened (`what`) and what to do (`next`) for `error`."""
    if isinstance(error, CSRFError):
        return _csrf()
    if isinstance(error, TooManyRequests):
        return _texts()[429] | {"next": _wait(error)}
    if isinstance(error, AwayError):
        return _away(error)
    if isinstance(error, UnreadablePartError):
        return _texts()[500] | {
            "title": _("This page cannot be shown right now"),
            "what": _("Something that belongs on it cannot be read. Those who run this site have been told."),
        }
    code = error.code or 500
    if code == 404 and said(error):
        return _texts()[404] | {"what": said(error)}
    return _texts().get(code) or _texts()[400 if code < 500 else 500]


def _csrf() -> dict[str, str]:
    return {
        "title": _("Please send this once more"),
        "what": _("The page was open for too long, or your browser does not keep cookies for this site."),
        "next": _(
            "Go back, load the page again and send it once more. Without cookies there are forms without number."
        ),
    }


def _away(error: AwayError) -> dict[str, str]:
    if request.method in ("GET", "HEAD"):
        return {
            "title": _("Please try again in a moment"),
            "what": _("This page needs our records, and we cannot reach them right now. Nothing is lost."),
            "next": _("Please try again in half a minute. Your paper form stays valid in any case."),
        }
    if error.saved:
        return {
            "title": _("Please see whether it was saved"),
            "what": _("We lost our records for a moment while we were saving. It may have been saved, or not."),
            "next": _("Please wait half a minute and look whether it is there, before you send it once more."),
        }
    return {
        "title": _("Nothing was saved"),
        "what": _("We cannot reach our records right now, so nothing of what you sent was saved."),
        "next": _("Please send it once more in half a minute. Your paper form stays valid in any case."),
    }


def _wait(error: TooManyRequests) -> str:
    seconds = error.retry_after if isinstance(error.retry_after, int) else 60
    return _(
        "Please try again in %(minutes)s minutes. If you are in a hurry, call the helpdesk.",
        minutes=max(seconds // 60, 1),
    )


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
        429: {  # without a next step: that depends on how long
            "title": _("Too many tries"),
            "what": _("To protect everybody’s dossiers we limit how often this can be done."),
            "next": "",
        },
        500: {
            "title": _("Something went wrong on our side"),
            "what": _("It is not your fault. Nothing you sent has been lost that was already confirmed."),
            "next": _("Please try again in a few minutes. Your paper form stays valid in any case."),
        },
        503: {
            "title": _("Too many at once"),
            "what": _("Very many people are signing in at this moment. Nothing was checked, and nothing was changed."),
            "next": _("Please go back and try again in a few seconds."),
        },
    }
