"""The dossiers that wait for somebody at the desk: filters, counts and order."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from peewee import Case, Expression, ModelSelect, fn

from models.base import today
from models.catalogue.procedure import Form, Procedure
from models.desk.scope import Scope
from models.dossiers.dossier import Dossier
from models.dossiers.kinds import STATUSES, WITH_AUTHORITY
from models.dossiers.number import LENGTH, clean
from models.security.crockford import ALPHABET

DUE = ("overdue", "3", "7", "14")  # and within so many days from today
SORTS = ("due", "changed")


@dataclass(frozen=True)
class WorkList:
    """Filters and order of the work list. An empty filter lets everything through.

    Its status is one of STATUSES, "all", or empty: what has arrived and is not decided.
    """

    status: str = ""
    procedure: str = ""
    due: str = ""
    assignee: str = ""  # me, nobody, or the id of a colleague
    number: str = ""  # its first characters, in any spelling
    sort: str = "due"

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "WorkList":
        """The list that `asked` describes; what makes no sense in it is left out."""
        status, due, sort = (asked.get(name, "") for name in ("status", "due", "sort"))
        assignee = asked.get("assignee", "")
        return cls(
            status=status if status in (*STATUSES, "all") else "",
            procedure=asked.get("procedure", "").replace("\0", "")[:60],  # PostgreSQL takes no NUL
            due=due if due in DUE else "",
            assignee=assignee if assignee in ("me", "nobody") or _is_id(assignee) else "",
            number="".join(sign for sign in clean(asked.get("number", "")[:64]) if sign in ALPHABET)[:LENGTH],
            sort=sort if sort in SORTS else "due",
        )

    def query(self) -> dict[str, str]:
        """The filters as a query string carries them, without defaults."""
        return {name: value for name, value in vars(self).items() if value != getattr(WorkList, name)}

    def rows(self, scope: Scope) -> "ModelSelect[Dossier]":
        """The dossiers, in order: what is due first comes first, what has no date last."""
        newest = (Dossier.changed_at.desc(), Dossier.id.desc())
        order = newest if self.sort == "changed" else (Dossier.due_on.asc(nulls="last"), *newest)
        return self._narrowed(scope, scope.dossiers(), "status", "due", "assignee").order_by(*order)

    def by_status(self, scope: Scope) -> dict[str, int]:
        """{status: count} under the other filters, with "all", and "" for those that an authority works on."""
        query = self._narrowed(scope, scope.dossier_rows(), "due", "assignee").select(
            Dossier.status, fn.COUNT(Dossier.id)
        )
        pairs: Any = query.group_by(Dossier.status).tuples()
        found = dict(pairs)
        counts = {status: found.get(status, 0) for status in STATUSES}
        return {"": sum(counts[status] for status in WITH_AUTHORITY), "all": sum(counts.values())} | counts

    def at_hand(self, scope: Scope) -> dict[str, int]:
        """Counts for the filters "due" and "assignee", under the other filters."""
        cases = {due: _due(due) for due in DUE} | {"me": _of("me", scope), "nobody": _of("nobody", scope)}
        counts = [fn.COUNT(Case(None, ((case, 1),))) for case in cases.values()]
        found: Any = self._narrowed(scope, scope.dossier_rows(), "status").select(*counts).tuples().get()
        return dict(zip(cases, found, strict=True))

    def _narrowed(self, scope: Scope, query: "ModelSelect[Dossier]", *filters: str) -> "ModelSelect[Dossier]":
        """Those of `query` with the chosen procedure and number, and what else of `filters` is set."""
        if self.procedure:
            of_procedure = Form.select(Form.id).join(Procedure).where(Procedure.slug == self.procedure)
            query = query.where(Dossier.form.in_(of_procedure))
        if self.number:
            query = query.where(Dossier.begins(self.number))
        if "status" in filters and self.status != "all":
            query = query.where(Dossier.status.in_([self.status] if self.status else WITH_AUTHORITY))
        if "due" in filters and self.due:
            query = query.where(_due(self.due))
        if "assignee" in filters and self.assignee:
            query = query.where(_of(self.assignee, scope))
        return query


def _due(due: str) -> Expression:
    """Overdue, or due from today on within so many days. A clock that is stopped or has ended has no date."""
    if due == "overdue":
        return Dossier.due_on < today()
    return Dossier.due_on.between(today(), today() + dt.timedelta(days=int(due)))


def _of(assignee: str, scope: Scope) -> Expression:
    if assignee == "nobody":
        return Dossier.assignee.is_null()
    return Dossier.assignee == (scope.staff.id if assignee == "me" else int(assignee))


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9
