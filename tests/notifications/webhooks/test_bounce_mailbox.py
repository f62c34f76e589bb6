"""The mailbox of bounces: read, emptied, and what a person has to read moved to a folder."""

import os
import ssl

import pytest
from peewee import OperationalError

from commands.worker import collect_bounces, take_mail
from models import KeptMail, db
from models.notifications.kept_mail import MAX_KEPT
from models.notifications.returned_mail import Kind
from senders import bounce_mailbox
from support.dovecot import DOVECOT, Dovecot, dovecot
from support.imap_server import Mailbox
from support.webhooks import on_its_way, report, state

AWAY = b"Subject: Automatic reply: news\r\n\r\nBack soon"
LETTER = b"Subject: A question\r\n\r\nDid my papers arrive?"


def reading(app, mailbox: Mailbox | Dovecot, certificate) -> None:
    app.config.update(mailbox.settings, MAIL_CA_FILE=str(certificate), MAIL_TIMEOUT=5)


@pytest.fixture
def bounce(app, form):
    """A notification, and the report that it failed."""
    notification = on_its_way(form, "email")
    with app.app_context():
        return notification, report(notification)


def collect(app, mailbox: Mailbox | Dovecot, certificate) -> dict[Kind, int]:
    with app.app_context():
        reading(app, mailbox, certificate)
        done = bounce_mailbox.collect(take_mail)
    db.connect(reuse_if_open=True)
    return dict(done)


@pytest.mark.parametrize(
    ("able", "prefix"), [("MOVE UIDPLUS NAMESPACE", ""), ("UIDPLUS NAMESPACE", "INBOX."), ("", ""), ("MOVE", "")]
)
def test_mailbox_is_emptied_and_what_is_unclear_moves_to_a_folder(app, certificate, bounce, able, prefix):
    with Mailbox(certificate, AWAY, bounce[1], LETTER, b"", able=able, prefix=prefix) as mailbox:
        assert collect(app, mailbox, certificate) == {"harmless": 1, "failed": 1, "unclear": 2}
        assert not mailbox.mails and mailbox.kept == [LETTER, b""]
        assert collect(app, mailbox, certificate) == {}
    assert state(bounce[0]) == "failed"
    assert [kept.summary["subject"] for kept in KeptMail.listed()] == ["A question", ""]


def test_mail_that_cannot_be_fetched_or_moved_stays_and_stops_no_other(app, certificate, bounce, caplog):
    with Mailbox(certificate, AWAY, LETTER, bounce[1]) as mailbox:
        mailbox.refuses = {"FETCH 11", "MOVE 12"}
        assert collect(app, mailbox, certificate) == {"failed": 1}
        assert set(mailbox.mails) == {11, 12} and caplog.text.count("stays in its mailbox") == 2
        mailbox.refuses = set()
        assert collect(app, mailbox, certificate) == {"harmless": 1, "unclear": 1}
        assert not mailbox.mails and mailbox.kept == [LETTER]
    assert KeptMail.select().count() == 1, "read twice, kept once"


@pytest.mark.parametrize(
    ("command", "said"), [("SEARCH 0", "no bounces read"), ("EXPUNGE 11", "stay in their mailbox")]
)
def test_mailbox_that_may_not_be_searched_or_emptied_stops_no_worker(app, certificate, caplog, command, said):
    with Mailbox(certificate, AWAY) as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        mailbox.refuses = {command}
        with caplog.at_level("INFO"):
            collect_bounces()
        assert said in caplog.text and set(mailbox.mails) == {11}


@pytest.mark.parametrize("command", ["FETCH 12", "STORE 12", "MOVE 13"])
def test_mailbox_that_breaks_off_loses_nothing(app, certificate, bounce, caplog, command):
    with Mailbox(certificate, AWAY, bounce[1], LETTER) as mailbox:
        mailbox.breaks_off = command
        with app.app_context():
            reading(app, mailbox, certificate)
            collect_bounces()
        assert "no bounces read" in caplog.text and len(mailbox.mails) == 3
        mailbox.breaks_off = ""
        assert collect(app, mailbox, certificate) == {"harmless": 1, "failed": 1, "unclear": 1} or command != "FETCH 12"
        assert not mailbox.mails and mailbox.kept == [LETTER] and state(bounce[0]) == "failed"


def test_mail_that_was_flagged_by_somebody_is_read_all_the_same(app, certificate, bounce):
    with Mailbox(certificate, LETTER, bounce[1]) as mailbox:
        mailbox.deleted = {12}
        collect(app, mailbox, certificate)
        assert not mailbox.mails and mailbox.kept == [LETTER] and state(bounce[0]) == "failed"


def test_huge_mail_is_read_at_its_beginning(app, certificate, bounce):
    with Mailbox(certificate, bounce[1] + b"a" * 20_000_000) as mailbox:
        assert collect(app, mailbox, certificate) == {"failed": 1} and not mailbox.mails


def test_too_many_for_a_person_stay_in_the_folder(app, certificate):
    for count in range(MAX_KEPT):
        KeptMail.keep(b"%d" % count, {}, None)
    with Mailbox(certificate, LETTER) as mailbox:
        assert collect(app, mailbox, certificate) == {"unclear": 1}
        assert mailbox.kept == [LETTER] and KeptMail.select().count() == MAX_KEPT


def test_mails_stay_while_the_database_is_away(app, certificate, bounce):
    def away(_mail):
        raise OperationalError("the database is away")

    with Mailbox(certificate, bounce[1]) as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        with pytest.raises(OperationalError):
            bounce_mailbox.collect(away)
        assert len(mailbox.mails) == 1


def test_no_more_than_some_are_read_in_one_go(app, certificate):
    with Mailbox(certificate, *[AWAY] * (bounce_mailbox.MAX_MAILS + 2)) as mailbox:
        assert collect(app, mailbox, certificate) == {"harmless": bounce_mailbox.MAX_MAILS}
        assert collect(app, mailbox, certificate) == {"harmless": 2}


def test_mailbox_that_is_not_who_it_says_it_is_gets_no_password(app, certificate):
    with Mailbox(certificate, b"mail") as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        app.config["MAIL_CA_FILE"] = ""
        with pytest.raises(ssl.SSLCertVerificationError):
            bounce_mailbox.collect(take_mail)


def test_worker_outlives_the_absence_of_the_mailbox(app, certificate, caplog):
    with Mailbox(certificate, b"mail") as mailbox, app.app_context():
        reading(app, mailbox, certificate)
    with app.app_context():
        collect_bounces()
    assert "no bounces read" in caplog.text and "@" not in caplog.text


@pytest.mark.slow
@pytest.mark.skipif(not DOVECOT or os.geteuid() != 0, reason="no Dovecot on this machine, or not root")
@pytest.mark.parametrize("prefix", ["", "INBOX."])
def test_mailbox_of_a_real_server_is_emptied_and_what_is_unclear_is_in_a_folder(app, certificate, bounce, prefix):
    with dovecot(certificate, AWAY, bounce[1], LETTER, bounce[1] + b"a\n" * 5_000_000, prefix=prefix) as mailbox:
        assert collect(app, mailbox, certificate) == {"harmless": 2, "failed": 1, "unclear": 1}
        assert mailbox.read() == [] and collect(app, mailbox, certificate) == {}
        assert [mail.replace(b"\r\n", b"\n") for mail in mailbox.read(".eTracking-kept")] == [
            LETTER.replace(b"\r", b"")
        ]
    assert state(bounce[0]) == "failed" and KeptMail.get().mail["subject"] == "A question"
