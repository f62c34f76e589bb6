"""The blueprint that all modules of the desk put their views on: its guard, its scope, and how a dossier is found."""

import datetime as dt

from flask import Blueprint, Response, abort, current_app, g

from blueprints.accounts import guard
from models import Dossier, Scope

bp = Blueprint("desk", __name__, url_prefix="/desk")


bp.before_request(guard.by_view)


@bp.before_request
def limit() -> None:
    """What this member of staff may see: every query of the desk begins there."""
    g.scope = Scope(g.staff)


@bp.after_request
def keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def undo_time() -> dt.timedelta:
    """How long what the desk does can be taken back; nobody is told of it earlier."""
    return dt.timedelta(seconds=current_app.config["UNDO_SECONDS"])


def readable(number: str) -> Dossier:
    """The dossier, if this member of staff may see it; another authority's looks like one that does not exist."""
    return g.scope.dossier(number) or abort(404)
