"""Which refusals of a request are security events. What a view refuses by a rule of its own, it records itself."""

from flask import Response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import (
    Forbidden,
    HTTPException,
    MethodNotAllowed,
    RequestEntityTooLarge,
    SecurityError,
)

from models.security import events
from models.security.encrypted import UnreadableError
from web import errors


def unreadable(_error: UnreadableError) -> Response:
    """Answer with a page that says so: an operator can mend it, by putting the key back."""
    return errors.show(errors.UnreadablePartError())


def note(error: HTTPException) -> None:
    """Record what the framework or a guard has refused; every error that is answered with a page passes here."""
    if isinstance(error, CSRFError):
        events.record("csrf-refused", _csrf(error.description or ""))
    elif isinstance(error, SecurityError):
        events.record("request-refused", "host")
    elif isinstance(error, MethodNotAllowed):
        events.record("request-refused", "method")
    elif isinstance(error, RequestEntityTooLarge):
        events.record("request-refused", "body")
    elif isinstance(error, Forbidden):
        events.record("route-denied", "right")
    elif error.code == 400 and request.blueprint != "webhooks":
        events.record("request-refused", "malformed")


def _csrf(reason: str) -> str:
    """What was wrong, in the words of flask_wtf.csrf."""
    if "referrer" in reason:
        return "origin"
    return "missing" if reason.endswith("is missing.") else "wrong"
