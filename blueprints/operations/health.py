"""Health checks for monitoring: is the process alive, and can it serve?"""

from flask import Blueprint, Response

from models import db

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Liveness: the process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """Readiness: the database answers."""
    db.execute_sql("SELECT 1")
    return Response("ok\n", mimetype="text/plain")
