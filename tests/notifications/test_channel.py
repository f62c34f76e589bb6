"""A channel that rests, rests for every worker, and comes back by itself; SMS never leave faster than they may."""

import datetime as dt
import logging
from queue import SimpleQueue

import pytest
import time_machine

from commands import worker
from models import Channel, Notification, Outcome, db, now
from models.notifications import channel
from models.notifications.channel import ERROR_WINDOW, MAX_ERRORS, TRIAL_INTERVAL
from support.sending import queued, row

pytest_plugins = ["support.outside"]
START = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock(either):
    with time_machine.travel(START, tick=False) as clock:
        yield clock


def admitted(name: str) -> str:
    return Channel.of(name).admit()


def work_once() -> None:
    worker.Worker().work(SimpleQueue(), once=True)


def fail(times: int, outcome: Outcome = Outcome.DOWN) -> None:
    for _ in range(times):
        Channel.record_outcome("email", outcome, "mail server not reached")


def test_channel_nobody_complained_of_is_open(clock):
    assert admitted("email") == admitted("sms") == "closed"


@pytest.mark.parametrize("outcome", [Outcome.DOWN, Outcome.UNKNOWN])
def test_breaker_opens_at_fifty_errors_within_a_minute_and_for_its_own_channel_only(clock, caplog, outcome):
    fail(MAX_ERRORS - 1, outcome)
    assert admitted("email") == "closed"
    fail(1, outcome)
    assert admitted("email") == "open" and admitted("sms") == "closed"
    alarms = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert [record.getMessage().split(":")[0] for record in alarms] == ["ALARM"], "one alarm, not fifty"


def test_errors_of_another_minute_do_not_add_up(clock):
    fail(MAX_ERRORS - 1)
    clock.shift(ERROR_WINDOW + dt.timedelta(seconds=1))
    fail(MAX_ERRORS - 1)
    assert admitted("email") == "closed"


@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in (Outcome.DOWN, Outcome.UNKNOWN, Outcome.ACCOUNT)])
def test_what_is_one_recipients_or_one_texts_affair_stops_no_channel(clock, outcome):
    fail(MAX_ERRORS * 2, outcome)
    assert admitted("email") == "closed"


def test_one_probe_at_a_time_and_its_answer_decides(clock):
    Channel.trip("email", "535 5.7.8")
    assert admitted("email") == "open"
    clock.shift(TRIAL_INTERVAL)
    assert [admitted("email") for _ in range(3)] == ["half-open", "open", "open"]
    Channel.record_outcome("email", Outcome.ACCOUNT, "535 5.7.8", trial=True)
    assert admitted("email") == "open"
    clock.shift(TRIAL_INTERVAL)
    assert admitted("email") == "half-open"
    Channel.record_outcome("email", Outcome.UNWRITTEN, "could not be written", trial=True)
    assert admitted("email") == "open", "the provider was not asked: nothing is proved"
    clock.shift(TRIAL_INTERVAL)
    assert admitted("email") == "half-open"
    Channel.record_outcome("email", Outcome.NEVER, "550 5.1.1", trial=True)
    assert admitted("email") == "closed", "a server that refuses one recipient works"


def test_probe_whose_worker_died_is_followed_by_the_next(clock):
    Channel.trip("sms", "HTTP 402")
    clock.shift(TRIAL_INTERVAL)
    assert admitted("sms") == "half-open"
    clock.shift(TRIAL_INTERVAL)
    assert admitted("sms") == "half-open"


@pytest.mark.long
def test_sms_of_all_workers_are_at_most_twenty_five_in_any_second(clock):
    sent = []
    for _ in range(1500):
        if not Channel.take_slot("sms"):
            sent.append(now())
        clock.shift(0.001)
    assert 35 <= len(sent) <= 38, "and no slower than that"
    assert all(later - at >= dt.timedelta(seconds=1) for at, later in zip(sent, sent[25:], strict=False))


def test_clock_that_was_an_hour_fast_for_a_moment_holds_nothing_up(clock):
    clock.shift(dt.timedelta(hours=1))
    Channel.trip("sms", "HTTP 402")
    assert Channel.take_slot("sms") == 0
    clock.shift(-dt.timedelta(hours=1))
    assert admitted("sms") == "half-open" and admitted("sms") == "open"
    assert Channel.take_slot("sms") == 0


def test_server_that_lets_everybody_wait_for_its_answer_is_left_alone_after_a_few(clock):
    for _ in range(4):
        assert admitted("email") == "closed"
        Channel.record_outcome("email", Outcome.DOWN, "mail server not reached: TimeoutError", spent=15)
        clock.shift(15)
    assert admitted("email") == "open", "meanwhile no SMS has to wait for a dead mail server"


def test_operator_reads_the_latest_reason_why_a_channel_rests(clock):
    fail(MAX_ERRORS)
    Channel.record_outcome("email", Outcome.ACCOUNT, "535 5.7.8", trial=True)
    assert Channel.get().why == "535 5.7.8"


def test_wait_says_when_to_ask_again_and_mail_need_not_wait(clock):
    assert Channel.take_slot("sms") == 0
    assert 0 < Channel.take_slot("sms") <= 0.04
    assert [Channel.take_slot("email") for _ in range(100)] == [0] * 100


@pytest.mark.long
def test_refused_account_stops_the_channel_and_costs_no_message_an_attempt(sending_app, sms_provider, caplog):
    sms_provider.answer = 402
    waiting = [queued(channel="sms") for _ in range(3)]
    work_once()
    work_once()
    assert len(sms_provider.posts) == 1
    assert [(row(m).state, row(m).failures, row(m).unknowns) for m in waiting] == [
        ("deferred", 0, 0),
        ("queued", 0, 0),
        ("queued", 0, 0),
    ]
    assert "ALARM: sms-stopped" in caplog.text and "352" not in caplog.text
    sms_provider.answer = "ok"
    with db.connection_context():
        Channel.update(probe_at=now()).execute()
    work_once()
    assert {row(m).state for m in waiting} == {"sent"} and "sms works again" in caplog.text


def test_operator_sees_what_waits_and_why_and_sends_again_what_was_given_up(sending_app, mail_server):
    def run(*arguments: str, code: int = 0) -> str:
        done = sending_app.test_cli_runner().invoke(args=["notifications", *arguments])
        assert done.exit_code == code, done.output
        return done.output

    given_up, _due = queued(), queued(channel="sms")
    with db.connection_context():
        Notification.update(state="failed", run_at=None).where(Notification.id == given_up).execute()
        Channel.trip("sms", "SMS refused: HTTP 402, low-balance")
    email, sms, push, alarm = run("status", code=1).splitlines()
    assert (email, push) == ("email  open; 0 due, 1 given up", "push   off; 0 due, 0 given up")
    assert sms.startswith("sms    stopped at 20") and sms.endswith(
        "UTC: SMS refused: HTTP 402, low-balance; 1 due, 0 given up"
    )
    assert alarm.startswith("ALARM: sms-stopped: every notification waits since 20")
    assert run("repeat", "email") == "1 notification to send again\n" and run("repeat", "push").startswith(
        "0 notifications"
    )
    work_once()
    assert row(given_up).state == "sent" and len(mail_server.mails) == 1


@pytest.mark.long
def test_server_that_is_down_is_left_alone_by_every_worker(sending_app, mail_server, sms_provider, monkeypatch):
    monkeypatch.setattr(channel, "MAX_ERRORS", 5)
    mail_server.answers["MAIL"] = "421 4.3.2 closing"
    waiting, other = [queued() for _ in range(8)], queued(channel="sms")
    work_once()
    work_once()
    assert sum(row(m).attempts for m in waiting) == 5 and row(other).state == "sent"
    mail_server.answers.clear()
    with db.connection_context():
        Channel.update(probe_at=now()).execute()
        Notification.update(run_at=now()).where(Notification.run_at.is_null(False)).execute()
    work_once()
    assert {row(m).state for m in waiting} == {"sent"}


def test_channel_keeps_failures_in_a_row_since_when_and_the_last_success(clock):
    Channel.record_outcome("email", Outcome.SENT, "")
    clock.shift(60)
    fail(2, Outcome.DOWN)
    clock.shift(60)
    fail(1, Outcome.LATER)
    fail(1, Outcome.UNWRITTEN)  # nobody was asked
    kept = Channel.get()
    assert (kept.failures, kept.failing_since) == (3, START + dt.timedelta(seconds=60))
    assert kept.last_success_at == START
    Channel.record_outcome("email", Outcome.SENT, "")
    kept = Channel.get()
    assert (kept.failures, kept.failing_since, kept.last_success_at) == (0, None, START + dt.timedelta(seconds=120))
