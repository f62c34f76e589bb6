"""The id of a request: in its response, in its log lines, and as the reference on an error page."""

import re
import secrets

from flask import Flask, Response, current_app, has_request_context, request

HEADER = "X-Request-ID"
KEY = "etracking.request_id"
# Hexadecimal, as nginx makes it: no room for a number, an address or a line break.
SANE = re.compile(r"[0-9a-f-]{16,64}")
REFERENCE_LENGTH = 8  # characters of it that a visitor tells the helpdesk on the telephone


def init_app(app: Flask) -> None:
    """Return the id in the header of every response."""
    app.after_request(_add)


def current() -> str:
    """The id of this request; empty outside of one. From our proxy if it gives one, else made here."""
    if not has_request_context():
        return ""
    environ = request.environ
    if KEY not in environ:
        environ[KEY] = _given() or secrets.token_hex(16)
    return str(environ[KEY])


def reference() -> str:
    """What a visitor tells the helpdesk: the first characters of the id, enough to find it in the log."""
    return current()[:REFERENCE_LENGTH]


def _given() -> str:
    """The id that our proxy gave; empty if there is no proxy, because anybody else may send anything."""
    given = request.headers.get(HEADER, "") if current_app.config["PROXY_HOPS"] else ""
    return given if SANE.fullmatch(given) else ""


def _add(response: Response) -> Response:
    response.headers[HEADER] = current()
    return response
