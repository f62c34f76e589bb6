"""A relay that refuses everybody stops the channel, and costs no citizen's address its good name; on both databases."""

import datetime as dt
from queue import SimpleQueue

import pytest

from commands.worker import Worker
from models import Channel, Contact, Notification, db, now
from models.notifications import timetable
from models.notifications.verdicts import MAX_REFUSED, MAX_REFUSED_BY_POLICY
from support.sending import make_dossier, make_due, row

pytest_plugins = ["support.outside"]


def queue(*names: str) -> dict[str, int]:
    """A first notification for each of these mailboxes; returns their ids."""
    with db.connection_context():
        for name in names:
            make_dossier(("email", f"{name}@example.org"))
        rows = Notification.select(Notification, Contact).join(Contact)
        return {each.contact.address.partition("@")[0]: each.id for each in rows}


def people(count: int, start: int = 0) -> list[str]:
    return [f"reader{index}" for index in range(start, start + count)]


def work_once() -> None:
    Worker().work(SimpleQueue(), once=True)


def try_again() -> None:
    """Let the time pass until the next trial, and until everything is due."""
    make_due()
    allow_trial()
    work_once()


def allow_trial() -> None:
    """Let the time pass until the next trial."""
    with db.connection_context():
        Channel.update(probe_at=now() - dt.timedelta(seconds=1)).where(Channel.probe_at.is_null(False)).execute()


def states() -> list[str]:
    with db.connection_context():
        return [each.state for each in Notification.select().order_by(Notification.id)]


def unreachable() -> int:
    with db.connection_context():
        return Contact.select().where(Contact.failed_at.is_null(False)).count()


def stopped() -> str | None:
    with db.connection_context():
        return Channel.get(Channel.name == "email").cause


@pytest.mark.parametrize(
    ("command", "answer"), [("RCPT", "554 5.7.1 <>: Relay access denied"), ("DATA", "550 relay not permitted")]
)
def test_relay_that_denies_us_is_left_alone_after_two_and_nobody_is_given_up(
    sending_app, mail_server, caplog, command, answer
):
    queue(*people(12))
    mail_server.answers[command] = answer
    work_once()
    assert stopped() == "refusals" and "ALARM: email-stopped" in caplog.text
    assert states().count("queued") == 12 - MAX_REFUSED_BY_POLICY and unreachable() == 0
    for _ in range(3):
        try_again()
    assert stopped() == "refusals" and unreachable() == 0 and "failed" not in states()
    mail_server.answers.clear()
    mail_server.mails.clear()
    try_again()
    try_again()
    assert set(states()) == {"sent"} and stopped() is None and len(mail_server.mails) == 12


def test_server_without_enhanced_codes_that_refuses_everybody_burns_a_handful_that_is_given_back(
    sending_app, mail_server
):
    queue(*people(12))
    mail_server.answers["RCPT"] = "550 no such user here"
    work_once()
    assert stopped() == "refusals" and unreachable() == 0
    assert "failed" not in states() and len(mail_server.mails) == 0
    assert sum(row(key).attempts for key in queue().values()) == MAX_REFUSED
    mail_server.answers.clear()
    try_again()
    try_again()
    assert set(states()) == {"sent"} and len(mail_server.mails) == 12


def test_dead_mailboxes_among_living_ones_are_given_up_one_by_one(sending_app, mail_server):
    names = [name for index in range(3) for name in (f"dead{index}", f"reader{index}")]
    queue(*names)
    mail_server.refuse_mailboxes = "dead"
    work_once()
    assert states() == ["failed", "sent"] * 3 and unreachable() == 3 and stopped() is None


def test_dead_mailboxes_in_a_row_stop_the_channel_once_and_are_then_given_up(sending_app, mail_server):
    queue(*(f"dead{index}" for index in range(MAX_REFUSED + 2)), *people(3))
    mail_server.refuse_mailboxes = "dead"
    work_once()
    assert stopped() == "refusals" and unreachable() == 0
    for _ in range(3):  # two more that are dead, then a reader; the others have to wait for their turn
        allow_trial()
        work_once()
    assert stopped() is None and "failed" not in states()
    try_again()
    assert states() == ["failed"] * (MAX_REFUSED + 2) + ["sent"] * 3


def test_one_dead_mailbox_with_many_dossiers_stops_nothing(sending_app, mail_server):
    with db.connection_context():
        for _ in range(MAX_REFUSED + 1):
            make_dossier(("email", "dead@example.org"))
    mail_server.refuse_mailboxes = "dead"
    work_once()
    assert set(states()) == {"failed"} and stopped() is None


def test_one_recipient_that_a_rule_refuses_stops_nothing_and_is_given_up_when_its_time_is_over(
    sending_app, mail_server
):
    keys = queue("blocked", *people(1))
    mail_server.refuse_mailboxes, mail_server.refusal = (
        "blocked",
        "554 5.7.1 <>: Recipient address rejected: Access denied",
    )
    for _ in range(3):
        make_due()
        work_once()
    assert (row(keys["blocked"]).state, stopped(), unreachable()) == ("deferred", None, 0)
    with db.connection_context():
        long_ago = now() - timetable.GIVE_UP_AFTER["email"] - dt.timedelta(hours=1)
        Notification.update(tried_at=long_ago, failures=99).where(Notification.id == keys["blocked"]).execute()
    make_due()
    work_once()
    assert row(keys["blocked"]).state == "failed" and unreachable() == 1


def test_others_who_were_told_instead_are_not_told_when_the_mail_is_given_back(sending_app, mail_server, sms_provider):
    with db.connection_context():
        for name in people(MAX_REFUSED):
            make_dossier(("email", f"{name}@example.org"), ("sms", "+352621123456"))
        Contact.update(confirmed_at=now()).execute()
        Notification.update(state="cancelled", run_at=None).where(Notification.channel == "sms").execute()
        Channel.trip("sms", "stopped for this test")
    mail_server.answers["RCPT"] = "550 no such user here"
    work_once()
    assert stopped() == "refusals" and unreachable() == 0
    with db.connection_context():
        waiting = Notification.select().where((Notification.channel == "sms") & Notification.run_at.is_null(False))
        assert not waiting.exists()
