"""Health checks for monitoring: is the process alive, and can it do its work?"""

import hmac
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, request

from blueprints.operations.readiness import ALL, WEB, Readiness
from web.state import state

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Liveness: the process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """Readiness: 200, or 503 with a line for each check. `?only=web` leaves out what other processes have to do.

    What is wrong is told to this machine and to whoever has METRICS_TOKEN; others hear only that something is.
    """
    problems = state().cache(Readiness).problems(current_app._get_current_object())  # type: ignore[attr-defined]
    names = WEB if request.args.get("only") == "web" else ALL
    if not any(problems[name] for name in names):
        return _text("ok\n", 200)
    told = "".join(f"{name}: {problems[name] or 'ok'}\n" for name in names)
    return _text(told if _from_here() or _has_token() else "not ready\n", 503)


def _text(text: str, status: int) -> Response:
    return Response(text, status, {"Cache-Control": "no-store"}, mimetype="text/plain")


def _from_here() -> bool:
    """True if this machine asks, and no proxy for somebody else."""
    direct = "X-Forwarded-For" not in request.headers and "Forwarded" not in request.headers
    return direct and ip_address(request.remote_addr or "::1").is_loopback  # no address: a socket of this machine


def _has_token() -> bool:
    token = current_app.config["METRICS_TOKEN"]
    given = request.headers.get("Authorization", "").encode()
    return bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())
