"""Rules and stories of a dossier in a few words, for the legal clock."""

import datetime as dt

from models.deadlines import clock
from models.deadlines.clock import Rule
from models.deadlines.facts import Fact

YEAR = 2026


def day(text: str) -> dt.date:
    """A date: month and day of 2026, or with another year before it."""
    return dt.date.fromisoformat(text if len(text) > 5 else f"{YEAR}-{text}")


def rule(length: int = 60, unit: str = "days", **others) -> Rule:
    return Rule(**{"length": length, "unit": unit, "start": "arrival", "missing": "suspend", "source": {}} | others)


def story(words: str) -> list[Fact]:
    """Facts from words like "arrived 03-02, requested 03-16, supplied 04-05"."""
    return [Fact(kind, day(on)) for kind, on in (fact.split() for fact in words.split(", "))]


def asked(start: dt.date, *pauses: tuple[dt.date, dt.date]) -> list[Fact]:
    """What arrived on `start`, with documents asked for and supplied."""
    told = [Fact("arrived", start)]
    for since, until in pauses:
        told += [Fact("requested", since), Fact("supplied", until)]
    return told


def read(words: str, *rules: Rule) -> clock.Reading:
    return clock.read(rules or (rule(),), story(words))
