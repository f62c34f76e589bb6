"""Statistics of an office: arrivals, stages, ages and deadlines of its dossiers, and states of its notifications."""

import datetime as dt
from collections import Counter

from peewee import ModelSelect

from models.base import today
from models.catalogue.procedure import Authority, Procedure
from models.deadlines.clock import BUCKETS, bucket
from models.desk.scope import Scope
from models.desk.tally import Tally
from models.dossiers.kinds import STATUSES, WITH_AUTHORITY
from models.dossiers.waiting_times import WaitingTime
from models.notifications.channel import CHANNELS

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
        arrived, decided = (self._by_week(subject) for subject in ("arrived", "decided"))
        return [(monday, arrived[monday], decided[monday]) for monday in self.weeks]

    def by_status(self) -> dict[str, int]:
        """How many dossiers are in each status now."""
        found = Tally.counts(self._tally("status"), Tally.status)
        return {status: found.get(status, 0) for status in STATUSES}

    def by_age(self) -> dict[int | None, int]:
        """Arrived and undecided dossiers by days since arrival: a value of AGE_GROUPS, None for more."""
        counts: Counter[int | None] = Counter()
        for day, cases in self._open("arrived").items():
            counts[next((age for age in AGE_GROUPS if (today() - day).days <= age), None)] += cases
        return {age: counts[age] for age in (*AGE_GROUPS, None)}

    def by_deadline(self) -> dict[str, int]:
        """The same by how near the legal deadline is (a key of BUCKETS), or "none" where the clock names no day."""
        counts: Counter[str] = Counter()
        for day, cases in self._open("due").items():
            counts[bucket(day, today())] += cases
        counts["none"] = sum(self._open("arrived").values()) - counts.total()
        return {name: counts[name] for name in (*BUCKETS, "none")}

    def by_state(self) -> dict[str, dict[str, int]]:
        """The notifications of the period by their state, and in each by channel."""
        recent = self._tally(*CHANNELS).where(Tally.between(self.weeks[0], dt.date.max))
        counts: dict[str, dict[str, int]] = {}
        for channel, states in Tally.counts_by_subject(recent, Tally.status).items():
            for state, cases in states.items():
                counts.setdefault(state, {})[channel] = cases
        return counts

    def waits(self) -> list[WaitingTime]:
        """How long finished dossiers took, for each procedure with enough cases."""
        query = self.scope.waiting_times()
        return list(query.where(Procedure.authority == self.authority) if self.authority else query)

    def _open(self, subject: str) -> dict[dt.date, int]:
        """{day: cases} of `subject` for what an authority works on."""
        found = Tally.counts(self._tally(subject).where(Tally.status.in_(WITH_AUTHORITY)), Tally.value)
        return {dt.date.fromisoformat(day): cases for day, cases in found.items()}

    def _by_week(self, subject: str) -> Counter[dt.date]:
        counts: Counter[dt.date] = Counter()
        recent = self._tally(subject).where(Tally.between(self.weeks[0], dt.date.max))
        for day, cases in Tally.counts(recent, Tally.value).items():
            on = dt.date.fromisoformat(day)
            counts[on - dt.timedelta(days=on.weekday())] += cases
        return counts

    def _tally(self, *subjects: str) -> "ModelSelect[Tally]":
        rows = self.scope.tally(*subjects)
        return rows.where(Tally.authority == self.authority.id) if self.authority else rows
