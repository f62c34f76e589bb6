"""The home page, the duties of a public service, and what watches over the process."""

import datetime as dt
from email.utils import parseaddr

from flask import Blueprint, Response, current_app, render_template

from blueprints.public.procedures import grouped
from models import Procedure, db, now
from models.dossiers.life import STATUSES
from web import htmx as hx
from web.languages import current
from wording import dossier as words

bp = Blueprint("site", __name__)


@bp.get("/")
def home() -> Response:
    """Look a number up, or find a procedure."""
    return hx.page("public/home/home.html", groups=grouped(Procedure.find(current())))


@bp.get("/help")
def help_page() -> Response:
    """How eTracking works, with and without a printer."""
    meanings = [(words.label(status), words.meaning(status)) for status in STATUSES]
    return hx.page("public/home/help.html", meanings=meanings)


@bp.get("/privacy")
def privacy() -> Response:
    """What is kept, why, and for how long."""
    return hx.page("public/home/privacy.html")


@bp.get("/accessibility")
def accessibility() -> Response:
    """The accessibility statement."""
    return hx.page("public/home/accessibility.html")


@bp.get("/.well-known/security.txt")
def security() -> Response:
    """Whom to tell of a security fault (RFC 9116)."""
    expires = (now() + dt.timedelta(days=180)).replace(microsecond=0).isoformat()
    _name, sender = parseaddr(current_app.config["HELPDESK_EMAIL"] or current_app.config["MAIL_SENDER"])
    return Response(render_template("public/home/security.txt", expires=expires, contact=sender), mimetype="text/plain")


@bp.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> Response:
    """The process can serve: its database answers."""
    db.execute_sql("SELECT 1")
    return Response("ok\n", mimetype="text/plain")
