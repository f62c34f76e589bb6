"""Information pages: help, privacy, accessibility, security.txt."""

import datetime as dt
from email.utils import parseaddr

from flask import Blueprint, Response, current_app, render_template

from models import now
from models.dossiers.kinds import STATUSES
from web import htmx, page_cache
from wording import retention as retention_words
from wording.kinds import label, meaning

bp = Blueprint("information", __name__)


@bp.get("/help")
@page_cache.shared(of_data=False)
def help_page() -> Response:
    """Show how eTracking works, with and without a printer."""
    meanings = [(label(status), meaning(status)) for status in STATUSES]
    return htmx.page("public/information/help.html", meanings=meanings)


@bp.get("/privacy")
@page_cache.shared(of_data=False)
def privacy() -> Response:
    """Show who keeps what data, why and for how long, from the table of what is erased."""
    return htmx.page("public/information/privacy.html", lines=retention_words.lines(current_app.config))


@bp.get("/accessibility")
@page_cache.shared(of_data=False)
def accessibility() -> Response:
    """The accessibility statement."""
    return htmx.page("public/information/accessibility.html")


@bp.get("/.well-known/security.txt")
def security() -> Response:
    """The contact for reports of vulnerabilities (RFC 9116)."""
    expires = (now() + dt.timedelta(days=180)).replace(microsecond=0).isoformat()
    _name, contact = parseaddr(current_app.config["HELPDESK_EMAIL"] or current_app.config["MAIL_SENDER"])
    text = render_template("public/information/security.txt", expires=expires, contact=contact)
    return Response(text, mimetype="text/plain")
