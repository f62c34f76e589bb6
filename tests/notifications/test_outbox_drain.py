"""Many workers at once: a backlog leaves once and whole; and so it does if they are killed all the time."""

import secrets
from collections import Counter
from pathlib import Path

import pytest

from models import Contact, Dossier, Event, Notification, db, now
from models.notifications.timetable import MAX_REPEATS
from models.security import signed_links
from senders import inbox
from support.crasher import Crasher
from support.sending import make_dossier

pytest_plugins = ["support.outside"]
BATCH = 500


@pytest.fixture
def crash(sending_app, tmp_path):
    """Notifications go to the inbox, which answers at once."""
    sending_app.config |= {
        "MAIL_LEASE": 60,
        "SMS_LEASE": 60,
        "INBOX": True,
        "INBOX_DIR": str(tmp_path / "inbox"),
        "SITE_URL": "http://localhost",
    }
    crasher = Crasher(sending_app)
    yield crasher
    crasher.process.stdin.close()
    crasher.process.wait()
    crasher.process.stdout.close()


def arrived(app) -> Counter:
    """How often each notification is in the inbox, by its id."""
    names = (path.name for path in Path(app.config["INBOX_DIR"]).iterdir() if inbox.NAME.fullmatch(path.name))
    return Counter(int(name.split("-")[1].split(".")[0]) for name in names)


def backlog(rows: int) -> None:
    """So many notifications that are due, each to a contact of its own."""
    with db.connection_context():
        common = {field: getattr(make_dossier(), field) for field in ("form", "authority", "language")}
        for _ in range(0, rows, BATCH):
            fill(min(rows, BATCH), common)


def contact(dossier: int) -> dict:
    """The values of a contact that has confirmed its address."""
    row = Contact(dossier=dossier, channel="email", language="en", address_hash="", created_at=now())
    encrypted = {"address": "a@example.org", "link": signed_links.new_link()}
    sealed = {name: row.sealed(name, value) for name, value in encrypted.items()}
    return row.__data__ | sealed | {"confirmed_at": now()}


def fill(rows: int, common: dict) -> None:
    at = now()
    with db.atomic():
        keys = [secrets.token_hex(6) for _ in range(rows)]
        Dossier.insert_many(
            [{"number": key, "key": key, "created_at": at, "changed_at": at} | common for key in keys]
        ).execute()
        dossiers = [row for (row,) in Dossier.select(Dossier.id).where(Dossier.number.in_(keys)).tuples()]
        Contact.insert_many([contact(key) for key in dossiers]).execute()
        Event.insert_many(
            [{"dossier": key, "kind": "decided", "at": at, "to_status": "decided"} for key in dossiers]
        ).execute()
        joined = Event.select(Event.id, Contact.id).join(Contact, on=Contact.dossier == Event.dossier)
        Notification.insert_many(
            [
                {
                    "event": event,
                    "contact": contact,
                    "channel": "email",
                    "kind": "decided",
                    "created_at": at,
                    "run_at": at,
                }
                for event, contact in joined.where(Event.dossier.in_(dossiers)).tuples()
            ]
        ).execute()


@pytest.mark.long
@pytest.mark.parametrize("rows", [BATCH, pytest.param(100_000, marks=pytest.mark.slow)])
def test_eight_workers_send_a_backlog_once(sending_app, crash, rows):
    rows = rows if db.for_update else rows // 4  # SQLite has one writer at a time, however many workers there are
    backlog(rows)
    assert crash("together", 0, workers=8)[0] == "lived"
    sent = arrived(sending_app)
    assert len(sent) == rows and set(sent.values()) == {1}
    with db.connection_context():
        states = Counter(notification.state for notification in Notification.select(Notification.state))
        assert states == {"sent": rows} and Notification.select().where(Notification.attempts != 1).count() == 0


@pytest.mark.slow
def test_thousand_kills_under_load_lose_nothing_and_tell_nobody_of_what_was_rolled_back(sending_app, crash):
    backlog(BATCH)
    assert crash("storm", 0, kills=1000)[0] == "lived"
    with db.connection_context():
        Notification.update(run_at=now()).where(Notification.run_at.is_null(False)).execute()
    assert crash("together", 0, workers=4)[0] == "lived"
    sent = arrived(sending_app)
    with db.connection_context():
        rows = {notification.id: notification for notification in Notification.select()}
        numbers = {dossier.number for dossier in Dossier.select(Dossier.number)}
    unsure = [
        row for row in rows.values() if row.state == "unknown"
    ]  # SMS whose worker was killed twice: staff sees them
    assert all(row.channel == "sms" and row.unknowns > MAX_REPEATS["sms"] for row in unsure)
    assert {row.state for row in rows.values()} <= {"sent", "superseded", "unknown"}
    assert set(sent) <= set(rows), "of a cause that was rolled back"
    assert {key for key, row in rows.items() if row.state == "sent"} <= set(sent), "lost"
    twice = {key for key, times in sent.items() if times > 1}
    assert all(rows[key].unknowns for key in twice), "repeated without a reason"
    assert all(times <= 2 for key, times in sent.items() if rows[key].channel == "sms")
    told = {
        entry.subject.rpartition("(")[2].strip(")").replace("-", "")
        for entry in inbox.entries(10**6)
        if "(" in entry.subject
    }
    assert told <= numbers
