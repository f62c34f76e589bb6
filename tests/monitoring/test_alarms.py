"""Alarms ring when something is wrong for the service, at any volume, and not for one recipient or the night."""

import datetime as dt
import logging
import socket

import pytest
import time_machine

from commands import alarms
from models import (
    Alarm,
    Backup,
    Channel,
    Delivery,
    Dossier,
    Heartbeat,
    Notification,
    Outcome,
    System,
    now,
    sweep,
)
from models.monitoring import figures
from models.notifications.heartbeat import PROBE
from support.outage import Outage
from support.sending import make_dossier, queued

pytest_plugins = ["support.outside"]
HOUR = dt.timedelta(hours=1)


def dead_port() -> int:
    """A port on which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def names() -> set[str]:
    return {condition.name for condition in alarms.ringing()}


@pytest.mark.parametrize("sending_app", ["sqlite"], indirect=True)
def test_dead_server_rings_within_minutes_at_a_pilots_volume(sending_app):
    sending_app.extensions["mail"].port = dead_port()
    rung = Outage(sending_app, 20).run(40)
    assert set(rung) == {"email-failing", "email-undelivered"}
    assert 10 <= rung["email-failing"] <= 20 and 30 <= rung["email-undelivered"] <= 40


@pytest.mark.parametrize("sending_app", ["sqlite"], indirect=True)
def test_dead_server_rings_for_a_single_mail(sending_app):
    sending_app.extensions["mail"].port = dead_port()
    outage = Outage(sending_app, 0)
    rung = outage.run(40, {0: lambda: queued()})
    assert set(rung) == {"email-failing", "email-undelivered"}


@pytest.mark.parametrize("sending_app", ["sqlite"], indirect=True)
def test_server_that_puts_everybody_off_rings_and_one_full_mailbox_does_not(sending_app, mail_server):
    mail_server.answers["RCPT"] = "452 4.2.2 mailbox full"
    everybody = Outage(sending_app, 20)
    assert "email-failing" in everybody.run(20)


@pytest.mark.parametrize("sending_app", ["sqlite"], indirect=True)
def test_one_full_mailbox_is_no_alarm_as_long_as_others_get_theirs(sending_app, mail_server):
    def full() -> None:
        mail_server.answers["RCPT"] = "452 4.2.2 mailbox full"

    outage = Outage(sending_app, 6)
    assert outage.run(90, {10: full, 20: mail_server.answers.clear}) == {}


@pytest.fixture
def clock(either):
    with either.app_context(), time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False) as clock:
        yield clock


def waiting(count: int, state: str, since: dt.timedelta, next_in: dt.timedelta = HOUR) -> None:
    """Notifications that were tried first so long ago."""
    for _ in range(count):
        dossier = make_dossier(("email", "somebody@example.org"))
        mine = Notification.contact == dossier.contacts.get()
        tried_at = None if state in ("queued", "held") else now() - since
        changes = {"state": state, "created_at": now() - since, "tried_at": tried_at, "run_at": now() + next_in}
        Notification.update(changes).where(mine).execute()


def test_nothing_is_wrong_with_an_empty_service(clock):
    assert names() == set()


def test_what_waits_for_the_morning_the_night_or_an_undo_rings_nothing(clock):
    waiting(5, "held", 12 * HOUR)
    waiting(5, "queued", 12 * HOUR)
    assert names() == set()


def test_worker_that_does_not_run_is_seen_by_what_is_due(clock):
    waiting(1, "queued", HOUR, next_in=-dt.timedelta(minutes=14))
    assert names() == set()
    clock.shift(dt.timedelta(minutes=2))
    assert names() == {"email-undelivered"}


def test_lone_recipient_rings_only_if_nothing_else_was_sent_for_two_hours(clock):
    waiting(1, "deferred", HOUR)
    assert names() == set()
    clock.shift(2 * HOUR)
    assert names() == {"email-undelivered"}
    Channel.record_outcome("email", Outcome.SENT, "")
    assert names() == set()


def test_half_of_an_hours_mails_undelivered_rings_although_others_leave(clock):
    waiting(5, "sent", HOUR)
    waiting(4, "deferred", HOUR)
    Channel.record_outcome("email", Outcome.SENT, "")
    assert names() == set(), "less than half"
    waiting(1, "deferred", HOUR)
    assert names() == {"email-undelivered"}


def test_many_given_up_at_once_or_after_days_ring(clock):
    waiting(9, "failed", HOUR)
    assert names() == set()
    waiting(1, "failed", HOUR)
    assert names() == {"email-given-up"}
    waiting(41, "sent", HOUR)
    assert names() == set(), "a few bad addresses among many are usual"
    clock.shift(73 * HOUR)
    Notification.update(state="failed").execute()
    assert "email-given-up" in names(), "what was tried for three days"


def test_channel_that_is_stopped_rings_by_one_name(clock):
    waiting(3, "queued", HOUR, next_in=-HOUR)
    Channel.trip("email", "535 5.7.8")
    assert [(each.name, "535 5.7.8" in each.text) for each in alarms.ringing()] == [("email-stopped", True)]


def test_hook_that_takes_nothing_rings_after_its_third_attempt(clock, form, with_mail):
    system, _keys = System.add(form.procedure.authority, "Case management", "https://cases.example.lu/news")
    delivery = Delivery.create(system=system, event=with_mail.events.get(), run_at=now() + HOUR, attempts=2)
    assert names() == set()
    Delivery.update(attempts=3).where(Delivery.id == delivery.id).execute()
    assert names() == {"hooks-failing"}
    Delivery.update(state="failed", run_at=now() - 2 * HOUR).execute()
    assert names() == {"hooks-failing"}
    clock.shift(23 * HOUR)
    assert "hooks-failing" not in names(), "it was said for a day"


def test_worker_that_was_killed_rings_and_one_that_was_told_to_leave_does_not(clock):
    for name in ("one:1", "one:2", "other:1"):
        Heartbeat.beat(name)
    clock.shift(dt.timedelta(minutes=3))
    Heartbeat.beat("other:1")
    Heartbeat.beat(PROBE)
    (condition,) = alarms.ringing()
    assert (condition.name, condition.text[:17]) == ("worker-missing", "no worker of one ")
    Heartbeat.beat("one:3")
    assert names() == set(), "started again"
    Heartbeat.stop("one:3")
    Heartbeat.stop("one:2")
    Heartbeat.end_once("one:1")
    clock.shift(dt.timedelta(minutes=3))
    Heartbeat.beat("other:1")
    assert names() == set()


def erased() -> None:
    """The worker has just erased what is due."""
    for name in (sweep.RULES, sweep.BYTES):
        sweep.Sweep.record(name)


def test_erasing_that_nobody_does_rings(clock, dossier):
    clock.shift(5 * HOUR)
    assert names() == set()
    clock.shift(2 * HOUR)
    [condition] = alarms.ringing()
    assert condition.name == "erasure-missed" and "what is due was not erased since" in condition.text
    erased()
    assert names() == set()
    clock.shift(5 * HOUR)
    sweep.Sweep.record(sweep.RULES)
    clock.shift(2 * HOUR)
    assert [each.text.partition(" since")[0] for each in alarms.ringing()] == [
        "bytes of what was erased were not cleared"
    ]


def test_backup_that_is_too_old_or_was_never_made_rings(clock, dossier):
    clock.shift(35 * HOUR)
    erased()
    assert names() == set()
    clock.shift(2 * HOUR)
    assert [each.text for each in alarms.ringing()] == ["there was never a backup"]
    Backup.record("created", 1, 1)
    assert names() == set()
    clock.shift(37 * HOUR)
    erased()
    assert names() == {"backup-old"}


def test_who_makes_backups_in_another_way_is_not_told_of_ours(clock, either, dossier):
    either.config["ALARM_BACKUP_HOURS"] = 0
    Dossier.update(created_at=now() - 100 * HOUR).execute()
    erased()
    assert names() == set()


def test_disk_that_is_nearly_full_rings_on_its_machine(clock, monkeypatch):
    monkeypatch.setattr(figures, "disk_free", lambda _database: (2**30, 2**40))
    (condition,) = alarms.ringing()
    assert condition.name == "disk-full" and condition.machine and "1024 MiB" in condition.text
    monkeypatch.setattr(figures, "disk_free", lambda _database: (2**30, 5 * 2**30))
    assert names() == set(), "a fifth of a small disk is enough"


def rings(caplog) -> list[str]:
    found = [record.getMessage() for record in caplog.records if record.name == "etracking.alarms"]
    caplog.clear()
    return found


def test_alarm_rings_once_for_all_workers_again_while_it_lasts_and_says_when_it_is_over(clock, caplog):
    waiting(1, "queued", HOUR, next_in=-HOUR)
    for _worker in range(3):
        alarms.watch()
    (line,) = rings(caplog)
    assert line.startswith("ALARM: email-undelivered: the oldest is due since 2026-11-24 08:00 UTC")
    clock.shift(dt.timedelta(minutes=14))
    alarms.watch()
    assert rings(caplog) == []
    clock.shift(dt.timedelta(minutes=2))
    for _worker in range(3):
        alarms.watch()
    assert len(rings(caplog)) == 1
    Notification.update(state="sent", run_at=None).execute()
    for _worker in range(3):
        alarms.watch()
    assert rings(caplog) == ["alarm is over: email-undelivered, after 16 minutes"] and not Alarm.select().exists()


def test_alarm_of_the_breaker_is_logged_by_it_and_repeated_by_the_worker(clock, caplog):
    Channel.trip("email", "535 5.7.8")
    alarms.watch()
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL] == [
        "ALARM: email-stopped: every notification waits: 535 5.7.8"
    ]
    clock.shift(dt.timedelta(minutes=16))
    alarms.watch()
    assert len([line for line in rings(caplog) if line.startswith("ALARM: email-stopped: ")]) == 1


def test_alarm_of_another_machine_is_not_ended_by_this_one(clock, caplog):
    Alarm.create(name="disk-full", machine="another", text="", since=now(), rung_at=now())
    alarms.watch()
    assert Alarm.select().count() == 1 and rings(caplog) == []


def test_clock_that_was_a_day_fast_delays_no_ring(clock, caplog):
    waiting(1, "queued", HOUR, next_in=-HOUR)
    Alarm.create(name="email-undelivered", machine="", text="", since=now(), rung_at=now() + 24 * HOUR)
    alarms.watch()
    assert len(rings(caplog)) == 1


def test_command_names_each_alarm_and_ends_with_one(either):
    run = either.test_cli_runner().invoke
    assert run(args=["notifications", "status"]).exit_code == 0
    Channel.trip("sms", "HTTP 402")
    done = run(args=["notifications", "status"])
    assert done.exit_code == 1 and "\nALARM: sms-stopped: every notification waits since " in done.output


def test_channel_that_is_off_is_wrong_only_if_something_waits_for_it(either):
    run = either.test_cli_runner().invoke
    either.config["VONAGE_APPLICATION_ID"] = ""
    Channel.trip("sms", "no SMS account configured")
    done = run(args=["notifications", "status"])
    assert done.exit_code == 0 and "sms    off; 0 due" in done.output and "push   off; 0 due" in done.output
    make_dossier(("sms", "+352621123456"))
    Notification.update(run_at=now() - HOUR).execute()
    done = run(args=["notifications", "status"])
    assert done.exit_code == 1 and "\nALARM: sms-stopped: every notification waits since " in done.output
