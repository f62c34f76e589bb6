"""Internal errors in the log: a stack trace, but no URL and no data."""

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
    """The stack. Not the error's own text: a database quotes the row in it."""
    return "".join(traceback.format_tb(error.__traceback__)) if error else ""
