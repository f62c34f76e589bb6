"""The desk: open the post, keep the clock, help on the telephone. Closed to everybody who is not signed in.

Its modules see dossiers only through `g.scope` (models.Scope): none of them can ask for another authority's.
"""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, abort, current_app, g, url_for

from models import Dossier, Scope
from web import htmx as hx
from wording import dossier as words

bp = Blueprint("desk", __name__, url_prefix="/desk")


@bp.before_request
def guard() -> Response | None:
    """Nobody gets past here without a session."""
    if g.staff is None:
        return hx.goto(url_for("accounts.sign_in"))
    g.scope = Scope(g.staff)
    return None


@bp.after_request
def keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.context_processor
def labels() -> dict[str, Any]:
    return {"label": words.label}


def undo_time() -> dt.timedelta:
    """How long what the desk does can be taken back; nobody is told of it earlier."""
    return dt.timedelta(seconds=current_app.config["UNDO_SECONDS"])


def readable(number: str) -> Dossier:
    """The dossier, if this member of staff may see it; another authority's looks like one that does not exist."""
    return g.scope.dossier(number) or abort(404)


def writable(number: str) -> Dossier:
    """The same for those who may move it: the helpdesk looks and explains, it does not decide."""
    only_clerks()
    return readable(number)


def only_clerks() -> None:
    """403 for those who look and explain, but do not decide."""
    if g.staff.role == "helpdesk":
        abort(403)


# They put their views on bp.
from blueprints.desk import arrivals, audit, bulk, dossiers, helpdesk, numbers, post_bag, scan, texts, work_list  # noqa: E402, F401
