"""Errors of the API as problem details (RFC 9457)."""

from typing import Any

from flask import Response, g, jsonify
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed, TooManyRequests

from web.database import AwayError
from web.error_log import log_error

PREFIX = "/api/v1"
NOTHING = "The database cannot be reached right now; nothing was changed. Send the same request again later."
MAYBE = (
    "The database was lost while this was answered; something may have been changed. Send the same request again, "
    "with the same Idempotency-Key."
)


class Problem(HTTPException):
    """An error as problem details (RFC 9457); `detail` says in English what to do about it."""

    def __init__(self, code: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.code, self.more = code, more


def set_headers(response: Response) -> Response:
    """Forbid caches to keep the answer; say when the token ends or, with 401, that a bearer token is needed."""
    response.headers["Cache-Control"] = "no-store"
    if ends := g.get("token_expires_at"):
        response.headers["eTracking-Token-Expires"] = ends.isoformat(timespec="seconds")
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="eTracking"'
    return response


def answer(error: HTTPException) -> Response:
    """Answer an error below PREFIX that no view caused, such as an unknown URL."""
    return set_headers(response_to(error))


def response_to(error: HTTPException) -> Response:
    """The response for any error of the API. Internal errors are logged, as for a page."""
    more = getattr(error, "more", {})
    if isinstance(error, InternalServerError):
        more = {"reference": log_error(error)}
    if isinstance(error, AwayError):
        error.description = MAYBE if error.saved else NOTHING
    body = {"status": error.code, "title": error.name, "detail": error.description, **more}
    response = jsonify(body)
    response.status_code, response.content_type = error.code or 500, "application/problem+json"
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    if isinstance(error, TooManyRequests | AwayError):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
