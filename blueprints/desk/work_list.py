"""The dossiers that are waiting."""

from flask import Response, g, request
from peewee import fn

from models.life import STATUSES

from .. import hx
from . import bp

PAGE = 25
PAGES = 10_000  # beyond it, a database has no number for the row to begin at


@bp.get("")
def index() -> Response:
    """The field for scanner and keyboard, and the dossiers that changed last."""
    status = request.args.get("status", "")
    page = min(max(request.args.get("page", 1, type=int), 1), PAGES)
    dossiers = g.scope.dossiers()
    row = dossiers.model
    counts = dict(dossiers.select(row.status, fn.COUNT(row.id)).group_by(row.status).tuples())
    if status in STATUSES:
        dossiers = dossiers.where(row.status == status)
    rows = list(dossiers.order_by(row.changed_at.desc()).limit(PAGE + 1).offset((page - 1) * PAGE))
    return hx.page(
        "desk/index.html",
        dossiers=rows[:PAGE],
        more=len(rows) > PAGE,
        page=page,
        status=status,
        counts=counts,
        statuses=STATUSES,
        handed_over="handed_over" in request.args,
    )
