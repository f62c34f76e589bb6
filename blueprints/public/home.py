"""The home page."""

from flask import Blueprint, Response

from blueprints.public import catalogue
from web import htmx, page_cache

bp = Blueprint("home", __name__)

MAX_LISTED = 40  # entries; a larger catalogue shows its topics only


@bp.get("/")
@page_cache.shared()
def show() -> Response:
    """Show the home page: look a number up, or find a procedure."""
    groups = catalogue.grouped(catalogue.listing().procedures)
    listed = sum(len(procedures) for _audience, topics in groups for _topic, procedures in topics)
    return htmx.page("public/home/show.html", groups=groups, topics_only=listed > MAX_LISTED)
