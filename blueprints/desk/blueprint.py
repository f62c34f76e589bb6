"""The blueprint of all desk modules, with its guard, its scope and the look-up of a dossier."""

from flask import Blueprint, Response, abort, g

from blueprints.accounts import guard
from models import Dossier, Scope

bp = Blueprint("desk", __name__, url_prefix="/desk")


bp.before_request(guard.by_view)


@bp.before_request
def limit() -> None:
    """Set g.scope, what this account may see. Every query of the desk starts from it."""
    g.scope = Scope(g.staff)


@bp.after_request
def keep_nothing(response: Response) -> Response:
    """Forbid caches to keep a page of the desk."""
    response.headers["Cache-Control"] = "no-store"
    return response


def readable(number: str) -> Dossier:
    """The dossier if this account may see it; else 404, as for an unknown number."""
    return g.scope.dossier(number) or abort(404)
