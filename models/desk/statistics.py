"""Statistics of an office: arrivals, stages, ages and deadlines of its dossiers, and states of its notifications."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import Expression, Field, ModelSelect, fn

from models.base import now, today
from models.catalogue.procedure import Authority, Procedure
from models.deadlines.clock import BUCKETS, bucket
from models.desk.scope import Scope
from models.dossiers.dossier import Dossier
from models.dossiers.kinds import STATUSES, WITH_AUTHORITY
from models.dossiers.waiting_times import WaitingTime
from models.notifications.notification import Notification

WEEK = dt.timedelta(weeks=1)
AGE_GROUPS = (7, 14, 30, 60, 90)  # days since arrival, up to and including; the last group is older


class Statistics:
    """Counts over the dossiers in `scope`, of one authority or of all that it shows, over so many weeks until now."""

    def __init__(self, scope: Scope, weeks: int, authority: Authority | None = None) -> None:
        self.scope, self.authority = scope, authority
        monday = today() - dt.timedelta(days=today().weekday())
        self.weeks = [monday - later * WEEK for later in reversed(range(weeks))]

    def by_week(self) -> list[tuple[dt.date, int, int]]:
        """For each week, by its Monday: how many dossiers arrived, and how many were decided. The last still runs."""
        arrived, decided = (self._by_week(day) for day in (Dossier.arrived_on, Dossier.decided_on))
        return [(monday, arrived[monday], decided[monday]) for monday in self.weeks]

    def by_status(self) -> dict[str, int]:
        """How many dossiers are in each status now."""
        found = self._counted(Dossier.status)
        return {status: found.get(status, 0) for status in STATUSES}

    def by_age(self) -> dict[int | None, int]:
        """Arrived and undecided dossiers by days since arrival: a value of AGE_GROUPS, None for more."""
        counts: Counter[int | None] = Counter()
        for day, cases in self._counted(Dossier.arrived_on, self._open).items():
            counts[next((age for age in AGE_GROUPS if (today() - day).days <= age), None)] += cases
        return {age: counts[age] for age in (*AGE_GROUPS, None)}

    def by_deadline(self) -> dict[str, int]:
        """The same by how near the legal deadline is (a key of BUCKETS), or "none" where the clock names no day."""
        counts: Counter[str] = Counter()
        for day, cases in self._counted(Dossier.due_on, self._open).items():
            counts[bucket(day, today()) if day else "none"] += cases
        return {name: counts[name] for name in (*BUCKETS, "none")}

    def by_state(self) -> dict[str, dict[str, int]]:
        """The notifications of the period by their state, and in each by channel."""
        # Both ends are given: with one only, SQLite chooses another index and reads all rows.
        period = now() - len(self.weeks) * WEEK, now()
        recent = self.scope.notification_rows(self.authority).where(Notification.created_at.between(*period))
        counts: dict[str, dict[str, int]] = {}
        for state, channel, cases in _grouped(recent, (Notification.state, Notification.channel)):
            counts.setdefault(state, {})[channel] = cases
        return counts

    def waits(self) -> list[WaitingTime]:
        """How long finished dossiers took, for each procedure with enough cases."""
        query = self.scope.waiting_times()
        return list(query.where(Procedure.authority == self.authority) if self.authority else query)

    @property
    def _open(self) -> Expression:
        return Dossier.status.in_(WITH_AUTHORITY) & Dossier.arrived_on.is_null(False)

    def _by_week(self, day: Field) -> Counter[dt.date]:
        counts: Counter[dt.date] = Counter()
        for on, cases in self._counted(day, day >= self.weeks[0]).items():
            counts[on - dt.timedelta(days=on.weekday())] += cases
        return counts

    def _counted(self, key: Field, which: Expression | None = None) -> dict[Any, int]:
        """How many dossiers there are for each value of `key`."""
        dossiers = self.scope.dossier_rows()
        if self.authority:
            dossiers = dossiers.where(Dossier.authority == self.authority)
        return dict(_grouped(dossiers if which is None else dossiers.where(which), (key,)))


def _grouped(query: "ModelSelect[Any]", keys: Sequence[Field]) -> Iterable[Any]:
    return query.select(*keys, fn.COUNT(query.model.id)).group_by(*keys).tuples()
