"""When a notification may leave: SMS wake nobody, also in the nights that have an hour too few or too many."""

import datetime as dt

import pytest
import time_machine

from models import Notification, Outcome
from models.base import LUXEMBOURG
from models.notifications import outbox
from models.notifications.timetable import Hours, midnight, next_morning
from support.outbox import EMAIL, SMS, move, told

# Summer time begins on 29 March 2026 and ends on 25 October; in between lies a night like any other.
NIGHTS = [dt.date(2026, 3, 28), dt.date(2026, 7, 1), dt.date(2026, 10, 24)]


def at(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour, minute), LUXEMBOURG)


@pytest.fixture
def clock(either, form):
    with time_machine.travel(at(NIGHTS[1], 12), tick=False) as clock:
        yield clock


@pytest.mark.parametrize("day", NIGHTS)
def test_sms_that_falls_due_at_night_leaves_next_morning_at_a_minute_of_its_own(clock, form, clerk, day):
    clock.move_to(at(day, 19, 59))
    move(told(form, clerk, SMS, EMAIL), "received", clerk, hold=dt.timedelta(minutes=10))
    for hour, minute in ((20, 9), (23, 59)):
        clock.move_to(at(day, hour, minute))
        assert outbox.claim("worker", "sms") is None
    assert outbox.claim("worker", "email").kind == "received", "a mail wakes nobody"
    waiting = Notification.get((Notification.channel == "sms") & (Notification.kind == "received"))
    assert (waiting.state, waiting.attempts, waiting.tried_at) == ("held", 0, None)
    leaves = waiting.run_at.astimezone(LUXEMBOURG)
    assert (leaves.date(), leaves.hour, leaves.minute) == (day + dt.timedelta(days=1), 8, waiting.contact_id % 60)
    clock.move_to(leaves)
    assert outbox.claim("worker", "sms").id == waiting.id


def test_night_is_over_before_eight_for_nobody(clock, form, clerk):
    clock.move_to(at(NIGHTS[2] + dt.timedelta(days=1), 2, 30))  # the hour that comes twice
    told(form, clerk, SMS, kinds=["received"])
    assert outbox.claim("worker", "sms") is None
    assert Notification.get(Notification.kind == "received").run_at >= at(NIGHTS[2] + dt.timedelta(days=1), 8)


@pytest.mark.parametrize("day", NIGHTS)
def test_days_are_those_of_luxembourg_however_long_they_are(day):
    last = at(day + dt.timedelta(days=1), 23, 30)
    assert midnight(last) == at(day + dt.timedelta(days=1), 0)
    assert next_morning(last, contact=7) == at(day + dt.timedelta(days=2), 8, 7)
    assert [Hours(2, 4).include(at(day + dt.timedelta(days=1), hour)) for hour in (1, 3, 4)] == [False, True, False]


def test_outage_of_a_day_ends_with_the_latest_news_once(clock, form, clerk):
    """Nobody could be told of three steps: when the mail server is back, each citizen gets one mail, the newest."""
    for _ in range(5):
        clock.shift(1)
        told(form, clerk, kinds=["received"])
    for step in ("examination", "decided"):
        for notification in list(Notification.select().where(Notification.kind == "received")):
            move(notification.event.dossier, step, clerk)
        while notification := outbox.claim("worker", "email"):
            notification.record_outcome(Outcome.DOWN, "mail server not reached")
        clock.shift(12 * 3600)
    sent = []
    while notification := outbox.claim("worker", "email"):
        notification.record_outcome(Outcome.SENT)
        sent.append((notification.contact_id, notification.kind))
    assert len(dict(sent)) == len(sent) == 5 and {kind for _contact, kind in sent} == {"decided"}
    assert not Notification.select().where(Notification.run_at.is_null(False)).exists()
