"""One log line for each request: what was asked by the name of its page, never by its URL, and how it went."""

import logging
import time

from flask import Flask, Response, g, request

log = logging.getLogger("etracking.access")


def init_app(app: Flask) -> None:
    """Log every request, if ACCESS_LOG is set. Must run before whatever else acts before or after requests."""
    if app.config["ACCESS_LOG"]:
        app.before_request(_start)
        app.after_request(_log)


def _start() -> None:
    g.started = time.perf_counter()


def _log(response: Response) -> Response:
    """Log method, page, status, milliseconds and bytes."""
    spent = round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1)
    method = (
        request.method if request.method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE") else "other"
    )
    fields = {
        "method": method,
        "endpoint": request.endpoint or "",
        "status": response.status_code,
        "milliseconds": spent,
        "bytes": response.content_length,
    }
    log.info("%s %s %d", method, fields["endpoint"] or "-", response.status_code, extra=fields)
    return response
