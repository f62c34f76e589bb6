"""The work list: the dossiers to work on, with their due dates and assignees."""

from typing import Any

from flask import Response, g, request, url_for

from blueprints.accounts.guard import needs
from blueprints.desk.blueprint import bp
from models import WorkList, today
from models.desk import disclosure
from models.desk.bulk_move import MAX_DOSSIERS
from models.desk.work_list import DUE
from models.dossiers.kinds import IN_BULK
from web import htmx

PAGE_ROWS = 25
MAX_PAGE = 10_000  # so that the offset always fits into an integer of the database


@bp.get("")
@needs("look")
def index() -> Response:
    """Show the field for a number, the filters, and the dossiers."""
    if g.staff.may("see-all"):
        disclosure.listed(g.staff, "dossiers")
    return show(WorkList.of(request.args), request.args.get("page", 1, type=int))


def show(chosen: WorkList, page: int = 1, status: int = 200, error: str = "") -> Response:
    """Show one page of the list. `error` says why the ticked rows could not be moved; they stay ticked."""
    page = min(max(page, 1), MAX_PAGE)
    colleagues = list(g.scope.colleagues())
    rows = chosen.page(g.scope, PAGE_ROWS + 1, (page - 1) * PAGE_ROWS)
    by_status, at_hand = chosen.by_status(g.scope), chosen.at_hand(g.scope)
    return htmx.page(
        "desk/index.html",
        status,
        dossiers=rows[:PAGE_ROWS],
        more=len(rows) > PAGE_ROWS,
        page=page,
        first=(page - 1) * PAGE_ROWS,
        chosen=chosen,
        matching=by_status[chosen.status],
        by_status=by_status,
        at_hand=at_hand,
        dues=DUE,
        narrowed=set(chosen.query()) - {"due"} - ({"assignee"} if chosen.assignee in ("me", "nobody") else set()),
        procedures=list(g.scope.procedures()),
        colleagues=colleagues,
        names={colleague.id: colleague.email for colleague in colleagues},
        today=today(),
        moves=IN_BULK if g.staff.may("move") else (),
        most=MAX_DOSSIERS,
        error=error,
        every="ticked" in request.args,
        ticked=request.form.getlist("dossier"),
        act=request.form.get("act"),
        handed_over="handed_over" in request.args,
        assigned=request.args.get("assigned", type=int),
    )


@bp.app_template_global()
def list_url(chosen: WorkList, **changes: Any) -> str:
    """The URL of the list with some filters changed; the others stay."""
    return url_for("desk.index", **(chosen.query() | changes))
