"""What goes wrong on our side: written to the log, without the address that was asked for or a word of the data."""

import logging
import secrets
import traceback

from flask import request
from werkzeug.exceptions import InternalServerError

log = logging.getLogger("etracking")


def log_fault(error: InternalServerError) -> str:
    """Log what happened under a reference that the visitor can tell the helpdesk; no address, no number."""
    reference = secrets.token_hex(4)
    original = error.original_exception
    log.error("error %s at %s: %s\n%s", reference, request.endpoint, type(original).__name__, _trace(original))
    return reference


def _trace(error: BaseException | None) -> str:
    """Where it happened. Not the error's own text: a database quotes the row in it."""
    return "".join(traceback.format_tb(error.__traceback__)) if error else ""
