"""What the clock reads in the history of a dossier."""

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Event
from models.base import LUXEMBOURG
from models.deadlines import clock
from models.deadlines.facts import Fact, pauses_of
from models.dossiers.history import History
from support.clock import day, rule, story


def event(kind: str, at: str = "2026-03-02T10:00+01:00", arrived: str = "", **details) -> Event:
    return Event(
        kind=kind, at=dt.datetime.fromisoformat(at), arrived_on=day(arrived) if arrived else None, details=details
    )


def test_history_is_read_as_facts():
    history = [
        event("announced", "2026-02-20T10:00+01:00"),
        event("posted", "2026-02-21T10:00+01:00", on="2026-02-21"),
        event("received", "2026-03-04T10:00+01:00", "03-02"),
        event("incomplete", "2026-03-16T10:00+01:00", until="2026-04-16", missing=["passport"]),
        event("supplied", "2026-04-06T10:00+02:00", "04-05"),
        event("examination", "2026-04-07T10:00+02:00"),
        event("transferred", "2026-04-08T10:00+02:00"),
        event("decided", "2026-05-01T10:00+02:00"),
        event("closed", "2026-05-03T10:00+02:00"),
    ]
    assert History(history).facts == [
        Fact("arrived", day("03-02")),
        Fact("requested", day("03-16")),
        Fact("supplied", day("04-05")),
        Fact("complete", day("04-07")),
        Fact("transferred", day("04-08")),
        Fact("ended", day("05-01")),
        Fact("ended", day("05-03")),
    ]


def test_second_arrival_brings_the_documents():
    told = History([event("received", arrived="03-02"), event("incomplete"), event("received", arrived="03-09")]).facts
    assert [fact.kind for fact in told] == ["arrived", "requested", "supplied"]


def test_corrected_arrival_recomputes_everything():
    history = [
        event("received", "2026-03-04T10:00+01:00", "03-04"),
        event("incomplete", "2026-03-16T10:00+01:00"),
        event("supplied", "2026-04-05T10:00+02:00", "04-05"),
        event("corrected", "2026-04-06T10:00+02:00", "03-02"),
        event("corrected", "2026-04-07T10:00+02:00", "03-03"),
    ]
    assert clock.read([rule()], History(history[:3]).facts).deadline == day(
        "05-26"
    )  # the 23rd is a Saturday, then Whit Monday
    assert clock.read([rule()], History(history[:4]).facts).deadline == day("05-21")
    assert clock.read([rule()], History(history).facts).deadline == day("05-22")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_where_the_server_stands_does_not_matter(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        instants = ["2026-03-15T23:00+00:00", "2026-03-16T22:59:59+00:00", "2026-03-16T12:00-07:00"]
        assert [History([event("incomplete", at)]).facts[0].on for at in instants] == [day("03-16")] * 3
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.times(), st.times())
def test_time_of_day_does_not_matter(asked_at, decided_at):
    def local(date: str, at: dt.time) -> str:
        return dt.datetime.combine(day(date), at, LUXEMBOURG).astimezone(dt.UTC).isoformat()

    told = History([event("incomplete", local("03-29", asked_at)), event("decided", local("10-25", decided_at))]).facts
    assert [fact.on for fact in told] == [day("03-29"), day("10-25")]  # both nights in which the hour changes


def test_open_requests_are_open():
    assert pauses_of(story("requested 03-16")) == [(day("03-16"), clock.NO_END_YET)]
