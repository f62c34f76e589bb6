"""A clock that ran a day ahead, or behind, delays nothing once it is right; on both databases."""

import datetime as dt
from queue import SimpleQueue

import pytest
import time_machine

from commands import worker
from models import Counter, Delivery, Notification, Outcome, Tries, Used, db, now
from models.notifications import outbox
from models.notifications.timetable import Hours
from models.systems.system import System
from support.sending import make_message, queued, row

pytest_plugins = ["support.outside"]
START, DAY, HOUR = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC), dt.timedelta(days=1), dt.timedelta(hours=1)
ALL_DAY = Hours(0, 24)


@pytest.fixture
def clock(sending_app):
    with time_machine.travel(START, tick=False) as clock, db.connection_context():
        yield clock


@pytest.fixture
def right_again(clock):
    """Turns a clock that ran ahead back, and does what every worker does first."""

    def turn_back(by: dt.timedelta = DAY) -> None:
        clock.shift(-by)
        worker.reclaim()
        db.connect(reuse_if_open=True)

    return turn_back


def claimed(kind: str = "received", channel: str = "email") -> Notification:
    make_message(kind, channel)
    return outbox.claim("worker", channel, dt.timedelta(minutes=1), ALL_DAY)


def waits(notification: Notification) -> dt.timedelta:
    return row(notification.id).run_at - now()


def test_claim_of_a_worker_that_died_while_the_clock_ran_ahead_is_taken_over_after_its_lease(clock, right_again):
    clock.shift(DAY)
    notification = claimed()
    right_again()
    assert waits(notification) <= dt.timedelta(minutes=1)
    clock.shift(dt.timedelta(seconds=61))
    worker.reclaim()
    assert row(notification.id).state == "unknown"


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("outcome", [Outcome.LATER, Outcome.UNKNOWN])
def test_pause_after_a_failure_lasts_no_longer_than_it_does_by_a_right_clock(clock, right_again, channel, outcome):
    clock.shift(DAY)
    notification = claimed(channel=channel)
    notification.record_outcome(outcome, "busy")
    right_again()
    assert waits(notification) <= dt.timedelta(minutes=1.2), "its first pause"


def test_what_was_queued_is_due_at_once_and_what_can_be_undone_after_the_time_for_that(clock, right_again):
    clock.shift(DAY)
    at_once, later = make_message("received"), make_message("examination")
    Notification.update(state="held", run_at=now() + dt.timedelta(minutes=10)).where(
        Notification.id == later.id
    ).execute()
    right_again()
    assert waits(at_once) <= dt.timedelta()
    assert dt.timedelta(minutes=9) < waits(later) <= dt.timedelta(minutes=10)


def test_morning_that_a_fast_clock_meant_is_not_waited_for(clock, right_again):
    notification = make_message("received")
    clock.shift(DAY)
    Notification.update(state="held", run_at=now() + DAY).where(Notification.id == notification.id).execute()
    right_again()
    assert waits(notification) <= dt.timedelta()


def test_plausible_waits_are_left_alone(clock, right_again):
    tomorrow, busy = make_message("received"), claimed("examination")
    busy.record_outcome(Outcome.LATER, "busy")
    Notification.update(state="held", run_at=now() + dt.timedelta(hours=23)).where(
        Notification.id == tomorrow.id
    ).execute()
    before = [waits(tomorrow), waits(busy)]
    right_again(dt.timedelta())
    assert [waits(tomorrow), waits(busy)] == before


def test_messages_of_a_day_that_is_still_to_come_do_not_count_as_those_of_today(clock, right_again):
    clock.shift(DAY)
    told_tomorrow = claimed()
    told_tomorrow.record_outcome(Outcome.SENT)
    fields = ("event", "contact", "channel", "kind", "created_at", "sent_at", "tried_at")
    for kind in ("examination", "incomplete"):
        event = type(told_tomorrow.event).create(
            dossier=told_tomorrow.event.dossier, kind=kind, at=now(), to_status=kind
        )
        values = {name: getattr(told_tomorrow, name) for name in fields} | {"event": event, "kind": kind}
        Notification.create(state="sent", **values | {"sent_at": now()})
    right_again()
    event = type(told_tomorrow.event).create(
        dossier=told_tomorrow.event.dossier, kind="decided", at=now(), to_status="decided"
    )
    Notification.queue(event, told_tomorrow.contact, now())
    assert outbox.claim("worker", "email", hours=ALL_DAY).kind == "decided"


def test_everything_leaves_within_its_normal_time(sending_app, mail_server, sms_provider):
    with time_machine.travel(START + DAY, tick=True):
        waiting = [queued(), queued("decided", "sms")]
        mail_server.answers["RCPT"] = "450 4.2.0 busy"
        sms_provider.answer = 503
        worker.Worker().work(SimpleQueue(), once=True)
    mail_server.answers.clear()
    sms_provider.answer = "ok"
    with time_machine.travel(START, tick=True):
        worker.reclaim()
    with time_machine.travel(START + dt.timedelta(minutes=2), tick=True):
        worker.Worker().work(SimpleQueue(), once=True)
    assert {row(notification).state for notification in waiting} == {"sent"}


def test_clock_that_ran_behind_delays_nothing_and_gives_nothing_up(clock):
    clock.shift(-4 * DAY)
    notification = claimed()
    notification.record_outcome(Outcome.LATER, "busy")
    clock.shift(4 * DAY)
    worker.reclaim()
    db.connect(reuse_if_open=True)
    again = outbox.claim("worker", "email", hours=ALL_DAY)
    again.record_outcome(Outcome.LATER, "busy")
    assert row(notification.id).state == "deferred"


def test_lease_of_what_is_being_sent_is_not_lost_when_the_clock_jumps(clock):
    notification = claimed()
    clock.shift(DAY)
    worker.reclaim([notification.id])
    db.connect(reuse_if_open=True)
    assert row(notification.id).state == "sending"


def test_limits_of_a_window_that_is_still_to_come_are_not_used_up(clock, right_again):
    clock.shift(DAY)
    assert [Counter.hit("one", HOUR), Counter.hit_rolling("two", DAY), Counter.add("bill", 8, now() + 60 * DAY)] == [
        1,
        1,
        8,
    ]
    clock.shift(-DAY)
    Counter.purge()
    clock.shift(DAY)
    assert [Counter.peek("one", HOUR), Counter.hit_rolling("two", DAY), Counter.total("bill")] == [0, 1, 8]


def test_lock_out_and_marks_do_not_outlast_their_time(clock):
    clock.shift(DAY)
    for _ in range(6):
        Tries.take("password")
    Used.mark("few say yes", HOUR)
    assert Tries.take("password") > 0
    clock.shift(-DAY)
    assert Tries.take("password") == 0 and Used.until("few say yes", HOUR) is None


def test_delivery_to_a_system_waits_no_longer_than_its_pause(clock, right_again):
    clock.shift(DAY)
    event = make_message("received").event
    system, _keys = System.add(event.dossier.authority, "Cases", "https://cases.example.lu")
    delivery = Delivery.create(system=system, event=event, run_at=now() + dt.timedelta(minutes=10))
    right_again()
    assert Delivery.get_by_id(delivery.id).run_at <= now()
