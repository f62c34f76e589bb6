"""Statistics for the head of an office: charts, tables, CSV."""

from flask import Response, abort, g, request

from blueprints.accounts.guard import needs
from blueprints.desk import export, tables
from blueprints.desk.blueprint import bp
from models import Audit, Authority, Dossier, WorkList
from models.desk.statistics import Statistics
from web import htmx

PERIOD_WEEKS = (4, 13, 52)  # the periods to choose from, in weeks


@bp.get("/numbers")
@needs("look")
def numbers() -> Response:
    """Show the statistics of one's own authority; with the right to see all, of all or of one."""
    authority = _authority()
    weeks = _weeks()
    return htmx.page(
        "desk/numbers.html",
        tables=tables.tables(Statistics(g.scope, weeks, authority)),
        chosen={"weeks": weeks, "authority": authority.slug if authority else None},
        periods=PERIOD_WEEKS,
        authorities=list(g.scope.authorities()),
    )


@bp.get("/numbers/<name>.csv")
@needs("look")
def numbers_csv(name: str) -> Response:
    """One of the tables as CSV."""
    found = tables.tables(Statistics(g.scope, _weeks(), _authority()))
    table = next((table for table in found if table.name == name), None) or abort(404)
    Audit.record(g.staff, "export", what=table.name)
    return export.answer(f"etracking-{table.name}", table.columns, table.rows)


@bp.get("/dossiers.csv")
@needs("look")
def dossiers_csv() -> Response:
    """The work list as CSV, with its filters: all rows, without personal data."""
    found = WorkList.of(request.args).rows(g.scope)
    Audit.record(g.staff, "export", what="dossiers")
    return export.answer(
        "etracking-dossiers", tables.DOSSIER_COLUMNS, map(tables.dossier, export.in_pieces(found, Dossier.id))
    )


def _weeks() -> int:
    """The period asked for, in weeks; a quarter of a year by default."""
    asked = request.args.get("weeks", type=int)
    return asked if asked in PERIOD_WEEKS else PERIOD_WEEKS[1]


def _authority() -> Authority | None:
    """The authority asked for, or None for all that this account may see; 404 for another."""
    slug = request.args.get("authority")
    if not slug:
        return None
    return g.scope.authorities().where(Authority.slug == slug).first() or abort(404)
