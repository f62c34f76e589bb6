"""Is the process alive, and can it serve? For those that watch over it."""

from flask import Blueprint, Response

from models import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """The process can serve: its database answers."""
    db.execute_sql("SELECT 1")
    return Response("ok\n", mimetype="text/plain")
