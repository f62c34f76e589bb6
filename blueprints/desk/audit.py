"""The audit log for administrators, as a page and as a CSV file."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import Response, g, request
from peewee import ModelSelect

from blueprints.accounts.guard import needs
from blueprints.desk import export
from blueprints.desk.blueprint import bp
from models import Audit, Dossier
from models.base import LUXEMBOURG
from models.desk import disclosure
from models.dossiers.codes import find
from web import htmx
from wording import audit as audit_words

PAGE_ROWS = 50
MAX_ID = 2**31 - 1  # the largest id of a row


@dataclass(frozen=True)
class Filter:
    """Which acts to show. Invalid values are ignored, but an invalid number matches nothing."""

    who: int = 0
    action: str = ""
    number: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Filter":
        """The filter in a query string."""
        return cls(
            _whole(asked.get("who", "")),
            asked.get("action", "")[:30],
            asked.get("number", "").strip()[:64],
            *(_day(asked.get(name, "")) for name in ("since", "until")),
        )

    def query(self) -> dict[str, Any]:
        """The filter as parameters for url_for()."""
        return {name: value for name, value in vars(self).items() if value}

    def narrow(self, rows: "ModelSelect[Audit]") -> "ModelSelect[Audit]":
        """The `rows` that match. Days are in Luxembourg time, first and last day included."""
        if self.who:
            rows = rows.where(Audit.staff == self.who)
        if self.action:
            rows = rows.where(Audit.action == self.action)
        if self.number:
            rows = rows.where(Dossier.number == (find(self.number) or ""))
        if self.since:
            rows = rows.where(Audit.at >= _midnight(self.since))
        if self.until:
            rows = rows.where(Audit.at < _midnight(self.until) + dt.timedelta(days=1))
        return rows


@bp.get("/audit")
@needs("audit")
def audit() -> Response:
    """Show the audit log, the latest act first."""
    chosen, before = Filter.of(request.args), _whole(request.args.get("before", ""))
    rows = chosen.narrow(g.scope.audit())
    found = list((rows.where(Audit.id < before) if before else rows).order_by(Audit.id.desc()).limit(PAGE_ROWS + 1))
    disclosure.listed(g.staff, "audit")
    return htmx.page(
        "desk/audit.html",
        chosen=chosen,
        rows=[(row, audit_words.deed(row.action), audit_words.details(row.details)) for row in found[:PAGE_ROWS]],
        older=chosen.query() | {"before": found[PAGE_ROWS - 1].id} if len(found) > PAGE_ROWS else None,
        later=before,
        staff=list(g.scope.staff_accounts()),
        deeds=audit_words.deeds(),
    )


@bp.get("/audit.csv")
@needs("audit")
def audit_csv() -> Response:
    """The log as CSV, oldest first, with the seal of every row. It names no person: `staff` is the id of an account."""
    rows = Filter.of(request.args).narrow(g.scope.audit())
    Audit.record(g.staff, "export", what="audit")
    return export.answer("etracking-audit", ("id", "at", "staff", "action", "dossier", "details", "seal"), _cells(rows))


def _cells(rows: "ModelSelect[Audit]") -> Iterator[tuple[Any, ...]]:
    for row in export.in_pieces(rows, Audit.id):
        yield row.id, row.at.isoformat(), row.staff, row.action, row.dossier, row.details, row.seal


def _whole(text: str) -> int:
    return min(int(text), MAX_ID) if text.isascii() and text.isdecimal() and len(text) < 20 else 0


def _day(text: str) -> str:
    with suppress(ValueError):
        day = dt.date.fromisoformat(text)
        return day.isoformat() if dt.MINYEAR < day.year < dt.MAXYEAR else ""  # so that the next day exists too
    return ""


def _midnight(day: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), LUXEMBOURG)
