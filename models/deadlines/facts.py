"""Facts for the legal clock (what happened when), and the pauses that follow from them."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

Kind = Literal["arrived", "requested", "supplied", "complete", "transferred", "ended"]

NO_END_YET = dt.date.max  # the end of a pause that still lasts


class Fact(NamedTuple):
    """One event of a dossier that the clock takes into account."""

    kind: Kind
    on: dt.date


class Pause(NamedTuple):
    """A time in which the authority waited for documents."""

    since: dt.date
    until: dt.date


def arrival(facts: Iterable[Fact]) -> dt.date | None:
    """The day of the first arrival, if there was one."""
    return next((fact.on for fact in facts if fact.kind == "arrived"), None)


def pauses_of(facts: Iterable[Fact]) -> list[Pause]:
    """The pauses, each from a request for documents to its answer, oldest first; overlapping ones are joined."""
    asked: list[dt.date] = []
    found: list[Pause] = []
    for fact in facts:
        if fact.kind == "requested":
            asked.append(fact.on)
        answered = {"supplied": asked[:1], "complete": asked[:]}.get(fact.kind, [])
        found += [Pause(since, max(since, fact.on)) for since in answered]
        del asked[: len(answered)]
    return _joined([*found, *(Pause(since, NO_END_YET) for since in asked)])


def _joined(pauses: Iterable[Pause]) -> list[Pause]:
    joined: list[Pause] = []
    for pause in sorted(pauses):
        if joined and pause.since <= joined[-1].until:
            joined[-1] = Pause(joined[-1].since, max(joined[-1].until, pause.until))
        else:
            joined.append(pause)
    return joined


def transfers(facts: Iterable[Fact]) -> list[dt.date]:
    """The days of the hand-overs to another authority."""
    return [fact.on for fact in facts if fact.kind == "transferred"]


def ending(facts: Iterable[Fact]) -> dt.date | None:
    """The day on which the clock ended, if it has."""
    ended = None
    for fact in facts:
        if fact.kind == "ended":
            ended = ended or fact.on
        elif fact.kind in ("arrived", "supplied"):  # paper that came after all
            ended = None
    return ended


def handled(facts: Sequence[Fact], decided_on: dt.date) -> int | None:
    """The days from arrival to decision, without those on which the authority waited for documents.

    None if nothing ever arrived. What the period's own rule makes of missing documents plays no part in it.
    """
    arrived = arrival(facts)
    if arrived is None:
        return None
    waits = [min(pause.until, decided_on) - max(pause.since, arrived) for pause in pauses_of(facts)]
    return (decided_on - arrived).days - sum(max(wait.days, 0) for wait in waits)
