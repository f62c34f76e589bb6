"""Log internal errors: what failed and where, but no URL and no data, because both may hold a number or an address."""

import logging

from flask import request
from werkzeug.exceptions import InternalServerError

from web import log_safety, request_id

log = logging.getLogger("etracking")


def log_error(error: InternalServerError) -> str:
    """Log an internal error and return its reference, which the visitor can tell the helpdesk."""
    reference = request_id.reference()
    original = error.original_exception
    failure = log_safety.describe(original)
    fields = {"endpoint": request.endpoint or "", "error": failure, "trace": log_safety.frames(original)}
    log.error("error %s at %s: %s", reference, request.endpoint, failure, extra=fields)
    return reference
