"""The home page."""

from flask import Blueprint, Response

from blueprints.public.procedures import grouped
from models import Procedure
from web import htmx
from web.languages import current

bp = Blueprint("home", __name__)


@bp.get("/")
def show() -> Response:
    """Show the home page: look a number up, or find a procedure."""
    return htmx.page("public/home/show.html", groups=grouped(Procedure.find(current())))
