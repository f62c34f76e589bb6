"""The legal clock: the deadline of an authority, with the steps that explain it. Pure functions of dates, no database.

The European Convention on the Calculation of Time-Limits (Basel 1972), approved by the law of 30 May 1984, rules what
happens to a period; its articles stand where they are followed. The periods themselves are content of the catalogue.
Neither periods that count backwards (law, art. 3) nor "clear" days (art. 5) occur in it.

A suspension goes from the day documents were asked for to the day they came, and lengthens the period by the days
between. Overlapping ones count once; what begins after the last day changes nothing; the move to a working day comes
once, at the end.
"""

import datetime as dt
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from models.deadlines.facts import NO_END_YET, Fact, Pause, arrival, ending, pauses_of, transfers
from models.deadlines.workdays import DAY, working_day

Unit = Literal["days", "weeks", "months"]

# How near a deadline is, for lists of work: from so many days ahead to so many, both included.
BUCKETS: dict[str, tuple[int | None, int | None]] = {
    "overdue": (None, -1),
    "today": (0, 0),
    "3 days": (1, 3),
    "7 days": (4, 7),
    "14 days": (8, 14),
    "later": (15, None),
}


@dataclass(frozen=True)
class Rule:
    """One version of a form's period. It holds for the clocks that started on `valid_from` or later."""

    length: int
    unit: Unit
    start: Literal["arrival", "completeness"]
    missing: Literal["suspend", "restart", "none"]  # what asking for missing documents does to the period
    source: dict[str, str]  # the law or page that says so, in each language
    transfer: Literal["continue", "restart"] = "continue"
    roll: bool = True  # a last day that is not a working day moves to the next one
    target: int | None = None  # the authority's own aim, shorter than the period, in the same unit
    valid_from: dt.date | None = None  # None: ever since

    @classmethod
    def of(cls, period: Mapping[str, Any]) -> "Rule":
        """The rule from its row in the catalogue."""
        since = period.get("valid_from")
        return cls(**{**period, "valid_from": dt.date.fromisoformat(since) if since else None})


class Started(NamedTuple):
    """The day the period runs from, itself not counted (Convention, art. 3)."""

    on: dt.date
    start: Literal["arrival", "completeness"]


class Waiting(NamedTuple):
    """The period has not started: the dossier is not complete."""

    since: dt.date


class Restarted(NamedTuple):
    """The period began anew."""

    on: dt.date
    cause: Literal["supplied", "transferred"]


class Counted(NamedTuple):
    """The length of the period; Saturdays, Sundays and holidays inside it count (art. 5)."""

    length: int
    unit: Unit
    end: dt.date


class Suspended(NamedTuple):
    """The clock was stopped for some days, which lengthen the period."""

    since: dt.date
    until: dt.date
    days: int
    end: dt.date  # the last day after it


class Stopped(NamedTuple):
    """A suspension that still lasts, or what a restart waits for."""

    since: dt.date
    used: int
    total: int
    end: None = None  # there is no last day yet


class HandedOver(NamedTuple):
    """To another authority; the period goes on."""

    on: dt.date


class Rolled(NamedTuple):
    """The last day is not a working day, so the period ends on the next one (art. 5)."""

    days: tuple[dt.date, ...]
    end: dt.date


Step = Started | Waiting | Restarted | Counted | Suspended | Stopped | HandedOver | Rolled


@dataclass(frozen=True)
class Reading:
    """The state of a dossier's clock. Its dates are taken from its steps, so that the steps always explain them."""

    rule: Rule
    started: dt.date | None  # None: it waits for the dossier to be complete
    ended: dt.date | None  # since when nothing is counted any more: decided, withdrawn, lapsed
    steps: tuple[Step, ...]
    aim: dt.date | None = None  # the last day of the rule's own target

    @property
    def stopped(self) -> dt.date | None:
        """The day on which the clock was stopped, if it is stopped."""
        return next((step.since for step in self.steps if isinstance(step, Stopped | Waiting)), None)

    @property
    def end(self) -> dt.date | None:
        """The last day before any move to a working day; None while the clock is stopped."""
        ends = [step.end for step in self.steps if isinstance(step, Counted | Suspended)]
        return None if self.stopped else ends[-1]

    @property
    def target(self) -> dt.date | None:
        """The day that staff aim at; None while the clock is stopped."""
        return None if self.stopped else self.aim or self.end

    @property
    def deadline(self) -> dt.date | None:
        """The last day for the authority, as a rule; None while the clock is stopped."""
        last = self.steps[-1]
        return last.end if isinstance(last, Rolled) else self.end

    @property
    def total(self) -> int:
        """The length of the period in days, without suspensions."""
        start = self.started
        return (add(start, self.rule.length, self.rule.unit) - start).days if start else 0

    def used(self, on: dt.date) -> int:
        """How many days of the period are used at the end of the day `on`."""
        if not self.started:
            return 0
        until = min(day for day in (on, self.end, self.stopped, self.ended) if day)
        pauses = [step for step in self.steps if isinstance(step, Suspended)]
        lost = sum(max((min(until, pause.until) - pause.since).days, 0) for pause in pauses)
        return max((until - self.started).days - lost, 0)


def add(start: dt.date, length: int, unit: Unit) -> dt.date:
    """The last day of a period that runs from the end of `start` (art. 3 and 4).

    A month ends on the day with the same date, or on its last day where there is none.
    """
    if unit == "months":
        year, month = divmod(start.year * 12 + start.month - 1 + length, 12)
        return dt.date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
    return start + length * (7 if unit == "weeks" else 1) * DAY


def applicable(rules: Sequence[Rule], facts: Sequence[Fact]) -> Rule | None:
    """The version of a period (oldest first) that a dossier keeps: the one valid on the day its clock started."""
    arrived = arrival(facts)
    chosen = None
    for rule in rules:
        started = arrived and (_started(chosen or rule, facts) or arrived)
        if started is None or (rule.valid_from and started < rule.valid_from):
            break
        chosen = rule
    return chosen


def read(rules: Sequence[Rule], facts: Sequence[Fact]) -> Reading | None:
    """The clock after these `facts`, given in the order in which they became known.

    None if nothing has arrived, or no rule was valid when it did.
    """
    rule = applicable(rules, facts)
    if rule is None:
        return None
    first, pauses = _started(rule, facts), pauses_of(facts)
    if first is None:
        return Reading(rule, None, ending(facts), (Waiting(pauses[-1].since),))
    lasting, restarting = _effects(rule, facts, pauses)
    restarts = _restarts(rule, first, restarting, lasting)
    start = restarts[-1].on if restarts else first
    steps = (Started(first, rule.start), *restarts, *_counting(rule, start, facts, lasting))
    aim = _last(rule, rule.target, start, lasting) if rule.target else None
    return Reading(rule, start, ending(facts), steps, aim)


def rolled(end: dt.date) -> list[Rolled]:
    """The step from `end` to the next working day; none if `end` is one."""
    last = working_day(end)
    return [Rolled(tuple(end + later * DAY for later in range((last - end).days)), last)] if last != end else []


def bucket(deadline: dt.date, on: dt.date) -> str:
    """The key of BUCKETS that `deadline` falls into on the day `on` (a date of Luxembourg)."""
    return next(name for name, (_, last) in BUCKETS.items() if last is None or (deadline - on).days <= last)


def _counting(rule: Rule, start: dt.date, facts: Sequence[Fact], pauses: Sequence[Pause]) -> list[Step]:
    """The steps from the day the period runs from to its last day, or to where it is stopped."""
    counted = Counted(rule.length, rule.unit, add(start, rule.length, rule.unit))
    stretched = list(_stretch(start, counted.end, pauses))
    handed = [HandedOver(day) for day in transfers(facts)] if rule.transfer == "continue" else []
    steps: list[Step] = [counted, *sorted([*stretched, *handed], key=lambda step: step[0])]
    end = stretched[-1].end if stretched else counted.end
    return [*steps, *rolled(end)] if end and rule.roll else steps


def _stretch(start: dt.date, end: dt.date, pauses: Iterable[Pause]) -> Iterator[Suspended | Stopped]:
    """The effect of each suspension on a period that would end on `end`; those that begin later have none."""
    total, lost = (end - start).days, 0
    for pause in pauses:
        since = max(pause.since, start)
        if since > end:
            return
        if pause.until == NO_END_YET:
            yield Stopped(since, (since - start).days - lost, total)
            return
        days = (pause.until - since).days
        if days > 0 or since == pause.since:
            end, lost = end + days * DAY, lost + days
            yield Suspended(since, pause.until, days, end)


def _last(rule: Rule, length: int, start: dt.date, pauses: Iterable[Pause]) -> dt.date | None:
    """The last day of `length` units with its suspensions; None while the clock is stopped."""
    end = add(start, length, rule.unit)
    steps = list(_stretch(start, end, pauses))
    return steps[-1].end if steps else end


def _effects(
    rule: Rule, facts: Sequence[Fact], pauses: Sequence[Pause]
) -> tuple[list[Pause], list[tuple[dt.date, Restarted]]]:
    """Under `rule`: the pauses that stop the clock, and the restarts with the day on which the cause of each began."""
    restarting = []
    if rule.transfer == "restart":
        restarting += [(day, Restarted(day, "transferred")) for day in transfers(facts)]
    if rule.missing == "restart":
        restarting += [(since, Restarted(until, "supplied")) for since, until in pauses if until != NO_END_YET]
    stopping = {"suspend": pauses, "restart": [pause for pause in pauses if pause.until == NO_END_YET], "none": ()}
    return list(stopping[rule.missing]), sorted(restarting)


def _restarts(
    rule: Rule, start: dt.date, restarting: Iterable[tuple[dt.date, Restarted]], pauses: Sequence[Pause]
) -> list[Restarted]:
    """The restarts that count: those whose cause began while the period ran."""
    found = []
    for since, restart in restarting:
        end = _last(rule, rule.length, start, pauses)
        if restart.on > start and (end is None or since <= end):
            start = restart.on
            found.append(restart)
    return found


def _started(rule: Rule, facts: Sequence[Fact]) -> dt.date | None:
    """The day the period runs from at first; None while it waits for the dossier to be complete.

    Complete is what arrived with nothing missing, or the last documents asked for before the authority went on. What
    it asks for later finds a clock that runs.
    """
    arrived = arrival(facts)
    if arrived is None or rule.start == "arrival":
        return arrived
    checked = next((index for index, fact in enumerate(facts) if fact.kind == "complete"), len(facts))
    complete = max((pause.until for pause in pauses_of(facts[: checked + 1])), default=arrived)
    return None if complete == NO_END_YET else max(arrived, complete)
