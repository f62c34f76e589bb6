"""Log internal errors: the stack trace, but no URL and no data, because both may hold a number or an address."""

import logging
import secrets
import traceback

from flask import request
from werkzeug.exceptions import InternalServerError

log = logging.getLogger("etracking")


def log_error(error: InternalServerError) -> str:
    """Log an internal error and return its reference, which the visitor can tell the helpdesk."""
    reference = secrets.token_hex(4)
    original = error.original_exception
    log.error("error %s at %s: %s\n%s", reference, request.endpoint, type(original).__name__, _trace(original))
    return reference


def _trace(error: BaseException | None) -> str:
    """The stack trace without the error's text: a database error quotes the row."""
    return "".join(traceback.format_tb(error.__traceback__)) if error else ""
