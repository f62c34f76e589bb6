"""The errors of the interface, as RFC 9457 writes them."""

from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException, InternalServerError, TooManyRequests

from web.error_log import log_error

PREFIX = "/api/v1"


class Problem(HTTPException):
    """An error as RFC 9457 writes it; `detail` says in English what to do about it."""

    def __init__(self, code: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.code, self.more = code, more


def keep_nothing(response: Response) -> Response:
    """No cache keeps an answer; who has no token is told how one is sent."""
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="eTracking"'
    return response


def answer(error: HTTPException) -> Response:
    """An error below PREFIX that no view of the interface has answered."""
    return keep_nothing(response_to(error))


def response_to(error: HTTPException) -> Response:
    """Every error of the interface; what went wrong on our side is logged like that of a page."""
    more = getattr(error, "more", {})
    if isinstance(error, InternalServerError):
        more = {"reference": log_error(error)}
    body = {"status": error.code, "title": error.name, "detail": error.description, **more}
    response = jsonify(body)
    response.status_code, response.content_type = error.code or 500, "application/problem+json"
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response
