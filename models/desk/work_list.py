"""The dossiers that wait for somebody at the desk: filters, counts and order."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from peewee import SQL, Case, Expression, ModelSelect, Select, fn

from models.base import db, today
from models.catalogue.procedure import Form, Procedure
from models.desk.scope import Scope
from models.desk.tally import Tally
from models.dossiers.codes import find
from models.dossiers.dossier import Dossier
from models.dossiers.kinds import STATUSES, WITH_AUTHORITY
from models.dossiers.listed import EVER, LISTED, NEWEST, OPEN, STATUS
from models.dossiers.number import LENGTH, clean
from models.security.crockford import ALPHABET

DUE = ("overdue", "3", "7", "14")  # and within so many days from today
SORTS = ("due", "changed")
DAY = dt.timedelta(days=1)


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
            number=_begin(asked.get("number", "")),
            sort=sort if sort in SORTS else "due",
        )

    def query(self) -> dict[str, str]:
        """The filters as a query string carries them, without defaults."""
        return {name: value for name, value in vars(self).items() if value != getattr(WorkList, name)}

    def rows(self, scope: Scope) -> "ModelSelect[Dossier]":
        """The dossiers in no order."""
        return self._narrowed(scope, scope.dossiers(), "status", "due", "assignee")

    def page(self, scope: Scope, limit: int, offset: int = 0) -> list[Dossier]:
        """Some of the dossiers, in order: what is due first comes first, what has no date last.

        First their ids, which indexes have in this order, then the rows of these.
        """
        ids = [row[0] for row in self._ids(scope, limit, offset)]
        found = {dossier.id: dossier for dossier in scope.dossiers().where(Dossier.id.in_(ids))} if ids else {}
        return [found[key] for key in ids if key in found]

    def by_status(self, scope: Scope) -> dict[str, int]:
        """{status: count} under the other filters, with "all", and "" for those that an authority works on."""
        if self.number or (self.due and self.assignee):
            query = self._narrowed(scope, scope.dossier_rows(), "due", "assignee")
            pairs: Any = query.select(Dossier.status, fn.COUNT(Dossier.id)).group_by(Dossier.status).tuples()
            found = dict(pairs)
        else:
            found = self._kept_by_status(scope)
        counts = {status: found.get(status, 0) for status in STATUSES}
        return {"": sum(counts[status] for status in WITH_AUTHORITY), "all": sum(counts.values())} | counts

    def at_hand(self, scope: Scope) -> dict[str, int]:
        """Counts for the filters "due" and "assignee", under the other filters."""
        if not self.number:
            return self._kept_at_hand(scope)
        cases = {due: _due(due) for due in DUE} | {"me": _of("me", scope), "nobody": _of("nobody", scope)}
        counts = [fn.COUNT(Case(None, ((case, 1),))) for case in cases.values()]
        found: Any = self._narrowed(scope, scope.dossier_rows(), "status").select(*counts).tuples().get()
        return dict(zip(cases, found, strict=True))

    def _kept_by_status(self, scope: Scope) -> dict[str, int]:
        if self.due:
            return Tally.counts(self._tally(scope, "due").where(Tally.between(*_days(self.due))), Tally.status)
        if self.assignee in ("", "nobody"):
            found = Tally.counts(self._tally(scope, "status"), Tally.status)
            assigned = Tally.counts(self._tally(scope, "assignee"), Tally.status) if self.assignee else {}
            return {status: cases - assigned.get(status, 0) for status, cases in found.items()}
        theirs = self._tally(scope, "assignee").where(Tally.value == str(_key(self.assignee, scope)))
        return Tally.counts(theirs, Tally.status)

    def _kept_at_hand(self, scope: Scope) -> dict[str, int]:
        query = self._tally(scope, "due", "assignee", "status")
        if self.status != "all":
            query = query.where(Tally.status.in_(self._statuses()))
        found = Tally.counts_by_subject(query, Tally.value)
        days = [(dt.date.fromisoformat(day), cases) for day, cases in found["due"].items()]
        counts = {name: sum(cases for day, cases in days if first <= day <= last) for name, first, last in _periods()}
        nobody = sum(found["status"].values()) - sum(found["assignee"].values())
        return counts | {"me": found["assignee"].get(str(scope.staff.id), 0), "nobody": nobody}

    def _tally(self, scope: Scope, *subjects: str) -> "ModelSelect[Tally]":
        """The kept counts of `subjects` in scope, with the chosen procedure."""
        query = scope.tally(*subjects)
        return query.where(Tally.form.in_(self._forms())) if self.procedure else query

    def _ids(self, scope: Scope, limit: int, offset: int) -> Any:
        """Rows in order that begin with the id.

        Each source has an index, from which only its first rows are read; those few are sorted together.
        """
        sources = self._sources(scope)
        if not sources:
            return []
        if len(sources) == 1:
            return sources[0].limit(limit).offset(offset).tuples()
        tops = [source.limit(offset + limit).alias(f"s{place}") for place, source in enumerate(sources)]
        found = reduce(add, [Select([top], [SQL("*")]) for top in tops])  # +: UNION ALL
        order = SQL("listed").asc(), SQL("changed_at").desc(), SQL("id").desc()
        ordered = Select([found.alias("found")], [SQL("*")]).order_by(*(order if self.sort == "due" else order[1:]))
        return ordered.limit(limit).offset(offset).bind(db).tuples().execute()

    def _sources(self, scope: Scope) -> list["ModelSelect[Dossier]"]:
        """Queries that have all dossiers of the list between them, each of them in order."""
        rows = self._narrowed(scope, scope.dossier_rows(), "due", "assignee")
        rows = rows.select(Dossier.id, LISTED.alias("listed"), Dossier.changed_at)
        statuses, by_day = self._statuses(), (LISTED, *NEWEST)
        if self.number:  # the index of numbers finds them
            return [rows.where(Dossier.status.in_(statuses)).order_by(*(by_day if self.sort == "due" else NEWEST))]
        dated = [status for status in statuses if status in WITH_AUTHORITY and self.sort == "due"]
        others = [status for status in statuses if status not in dated and (status in WITH_AUTHORITY or not self.due)]
        open_ = rows.where(STATUS.in_(dated)) if len(dated) < len(WITH_AUTHORITY) else rows
        sources = [open_.where(OPEN & EVER).order_by(*by_day)] if dated else []
        return sources + [rows.where(Dossier.status == status).order_by(*NEWEST) for status in others]

    def _statuses(self) -> tuple[str, ...]:
        return STATUSES if self.status == "all" else (self.status,) if self.status else WITH_AUTHORITY

    def _forms(self) -> "ModelSelect[Form]":
        return Form.select(Form.id).join(Procedure).where(Procedure.slug == self.procedure)

    def _narrowed(self, scope: Scope, query: "ModelSelect[Dossier]", *filters: str) -> "ModelSelect[Dossier]":
        """Those of `query` with the chosen procedure and number, and what else of `filters` is set."""
        if self.procedure:
            query = query.where(Dossier.form.in_(self._forms()))
        if self.number:
            query = query.where(Dossier.begins(self.number))
        if "status" in filters and self.status != "all":
            query = query.where(Dossier.status.in_(self._statuses()))
        if "due" in filters and self.due:
            query = query.where(_due(self.due))
        if "assignee" in filters and self.assignee:
            query = query.where(_of(self.assignee, scope))
        return query


def _periods() -> list[tuple[str, dt.date, dt.date]]:
    return [(due, *_days(due)) for due in DUE]


def _days(due: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of a filter: overdue, or due from today on within so many days."""
    return (dt.date.min, today() - DAY) if due == "overdue" else (today(), today() + int(due) * DAY)


def _due(due: str) -> Expression:
    """Only what an authority works on is due: a clock that is stopped or has ended has no date."""
    return OPEN & LISTED.between(*_days(due))


def _of(assignee: str, scope: Scope) -> Expression:
    return Dossier.assignee.is_null() if assignee == "nobody" else Dossier.assignee == _key(assignee, scope)


def _key(assignee: str, scope: Scope) -> int:
    return scope.staff.id if assignee == "me" else int(assignee)


def _begin(typed: str) -> str:
    """The first characters of a number, in any spelling, or the number in a longer text."""
    return find(typed) or "".join(sign for sign in clean(typed[:64]) if sign in ALPHABET)[:LENGTH]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9
