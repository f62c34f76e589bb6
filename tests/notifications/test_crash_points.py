"""SIGKILL at every numbered step of registration, move, claim, send and receipt, on both databases.

Nothing is lost, nothing is half done, and a notification is repeated only if it was handed over and not yet written down.
"""

import secrets
from queue import SimpleQueue

import pytest

from commands.worker import Worker
from models import Contact, Dossier, Event, Notification, Procedure, System, base, db, now
from models.notifications.announce import Contacts
from support.crasher import Crasher
from support.living import PATIENCE
from support.sending import close, make_dossier, make_form, queued, row
from support.site import DURABLE
from web.database import create_file

pytest_plugins = ["support.outside"]
# Sending takes a hundred steps, the others up to forty: each of them by night, every third by day.
STRIDE = pytest.mark.parametrize("stride", [3, pytest.param(1, marks=pytest.mark.slow)])


@pytest.fixture
def crash(sending_app):
    sending_app.config |= {"MAIL_LEASE": 0, "SMS_LEASE": 0}  # nobody waits for the dead
    with db.connection_context():
        make_dossier()
    crasher = Crasher(sending_app)
    yield crasher
    crasher.process.stdin.close()
    crasher.process.wait(PATIENCE)
    crasher.process.stdout.close()


def recover() -> None:
    Worker().work(SimpleQueue(), once=True)
    close()  # the connections of its threads, too: settle() counts them


def forget_messages() -> None:
    with db.connection_context():
        Notification.delete().execute()


def steps(stride: int = 1):
    """1, 2, 3 ... far more than anything takes: who has lived through one stops asking for the next."""
    return range(1, 1000, stride)


def test_what_was_committed_survives_a_power_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(base, "PRAGMAS", DURABLE)
    database = base.make_database(f"sqlite:///{tmp_path}/test.db")
    create_file(database)
    with database.connection_context():
        told = [database.execute_sql(f"PRAGMA {name}").fetchone() for name in ("journal_mode", "synchronous")]
    assert told == [("wal",), (2,)], "2 is FULL"


@pytest.mark.long
def test_registration_is_whole_or_not_there_and_a_number_that_was_seen_exists(crash):
    for step in steps():
        key = secrets.token_hex(8)
        end, seen = crash("register", step, key=key)
        with db.connection_context():
            numbers = [dossier.number for dossier in Dossier.select().where(Dossier.key == key)]
            assert set(seen) <= set(numbers) and len(numbers) <= 1
            count = Dossier.select().count() - 1  # but the one of the fixture, which has no contacts
            assert (Event.select().count() - 1, Contact.select().count(), Notification.select().count()) == (
                count,
                2 * count,
                2 * count,
            )
        assert crash("register", 0, key=key) == ("lived", seen or crash("register", 0, key=key)[1]), "sent once more"
        with db.connection_context():
            assert Dossier.select().where(Dossier.key == key).count() == 1
        if end == "lived":
            break
    assert step > 10


@pytest.mark.long
def test_move_is_whole_or_not_there(crash):
    for step in steps():
        with db.connection_context():
            dossier = make_dossier(("email", "someone@example.org"), ("sms", "+352621123456"))
        end, _said = crash("move", step, key=dossier.key)
        with db.connection_context():
            stored = Dossier.get_by_id(dossier.id)
            events = [event.kind for event in stored.events.order_by(Event.id)]
            told = (
                Notification.select().join(Event).where((Event.dossier == stored) & (Event.kind == "received")).count()
            )
            confirmed = stored.contacts.where(Contact.confirmed_at.is_null(False)).count()
        assert (stored.status, stored.version, events, told, confirmed) in (
            ("announced", 1, ["announced"], 0, 0),
            ("received", 2, ["announced", "received"], 2, 2),
        )
        if end == "lived":
            assert stored.status == "received"
            break
    assert step > 10


@pytest.mark.long
@STRIDE
def test_request_of_a_system_is_answered_as_the_one_that_was_lost(crash, stride):
    with db.connection_context():
        token = System.add(make_form().procedure.authority, "registry")[1].token
    for step in steps(stride):
        with db.connection_context():
            dossier = make_dossier()
        order = {"token": token, "number": dossier.number, "key": f"request-{step}"}
        end, said = crash("ask", step, **order)
        lived, again = crash("ask", 0, **order)
        assert lived == "lived" and said in ([], again) and again[0].startswith("201 ")
        with db.connection_context():
            assert [event.kind for event in dossier.events.order_by(Event.id)] == ["announced", "received"]
        if end == "lived":
            break
    assert step > 15


@pytest.mark.long
@STRIDE
def test_mail_is_never_lost_and_repeated_only_if_nobody_knew_that_it_had_left(crash, mail_server, stride):
    for step in steps(stride):
        notification = queued()
        end, _said = crash("work", step)
        left, state = len(mail_server.mails), row(notification).state  # the server may still be reading one more
        assert (state == "sent") <= (left == 1) and left <= 1
        recover()
        assert row(notification).state == "sent"
        assert len(mail_server.mails) == 1 or (state == "sending" and len(mail_server.mails) == 2)
        assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1
        mail_server.mails.clear()
        forget_messages()
        if end == "lived":
            break
    assert step > 30


@pytest.mark.long
@STRIDE
def test_sms_is_never_lost_and_repeated_once_at_most(crash, sms_provider, stride):
    for step in steps(stride):
        notification = queued(channel="sms")
        end, _said = crash("work", step)
        left, state = len(sms_provider.posts), row(notification).state
        assert (state == "sent") <= (left == 1) and left <= 1
        recover()
        assert row(notification).state == "sent"
        assert len(sms_provider.posts) == 1 or (state == "sending" and len(sms_provider.posts) == 2)
        sms_provider.posts.clear()
        forget_messages()
        if end == "lived":
            break
    assert step > 20


@pytest.mark.long
@STRIDE
def test_receipt_is_taken_whole_with_all_that_follows_or_not_at_all(crash, stride):
    with db.connection_context():
        Procedure.update(sms=["decided"]).execute()
    for step in steps(stride):
        failed = bounced()
        end, _said = crash("receipt", step, reference=str(failed), outcome="never")
        assert state_of(failed) in (("sent", False, 0), ("failed", True, 1))
        crash("receipt", 0, reference=str(failed), outcome="never")
        assert state_of(failed) == ("failed", True, 1)
        if end == "lived":
            break
    assert step > 6


def bounced() -> int:
    """The id of a mail that was sent; its dossier has a contact by SMS that was not told."""
    with db.connection_context():
        dossier = make_dossier(("email", "someone@example.org"), ("sms", "+352621123456"))
        Notification.delete().execute()
        Contact.update(confirmed_at=now()).execute()
        event = Event.create(dossier=dossier, kind="received", at=now(), to_status="received")
        Contacts().tell(event, event.at)
        notification = Notification.get()
        notification.put(state="sent", run_at=None, attempts=1)
        return notification.id


def state_of(notification: int) -> tuple[str, bool, int]:
    """Its state, whether its contact counts as not reached, and how many others are told instead."""
    with db.connection_context():
        stored = Notification.get_by_id(notification)
        instead = (
            Notification.select().where((Notification.event == stored.event) & (Notification.id != stored.id)).count()
        )
        return stored.state, stored.contact.failed_at is not None, instead
