"""python -m bench.disk: the bytes of a dossier in SQLite's file after a full life, once the time of its texts is over.

A life: two contacts, announced, posted, received, examined, decided, closed; each is told of each step by a real
letter. The file is vacuumed before and after: the free space in its pages comes back by itself as they are used again.
"""

import datetime as dt
import os
import secrets
import tempfile

from app import create_app
from bench.serving import prepare, settings
from commands import outgoing
from models import Dossier, Form, Move, Notification, Outcome, Staff, Tally, db, now, today
from models.base import as_if
from models.notifications import outbox
from models.notifications.texts import erase_texts

DOSSIERS = 100
WEEK = dt.timedelta(days=7)
STEPS = {
    "posted": 3,
    "received": 5,
    "examination": 8,
    "decided": 40,
    "closed": 50,
}  # days after the number was given out


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(settings(folder))
        form, path = prepare(), f"{folder}/bench.db"
        clerk = Staff.create(
            email="clerk@example.lu",
            role="clerk",
            authority=form.procedure.authority,
            password_hash="",
            created_at=now(),
        )
        before = size(path)
        with create_app().app_context():
            live(form, clerk)
        told, whole = Notification.select().count(), size(path)
        assert sum(iter(lambda: erase_texts(WEEK), 0)) == told == 10 * DOSSIERS
        Tally.merge()
        left = size(path)
        print(f"bytes per dossier after a full life: {(left - before) / DOSSIERS:,.0f} of 4,096", end="")
        print(f"; {(whole - before) / DOSSIERS:,.0f} while the texts are kept")
        db.close()


def live(form: Form, clerk: Staff) -> None:
    """Bring the dossiers through their lives, which began sixty days ago."""
    start = now() - dt.timedelta(days=60)
    with as_if(start):
        dossiers = [
            Dossier.announce(form, "de", secrets.token_urlsafe(18), addresses(place)) for place in range(DOSSIERS)
        ]
        send()
    for step, days in STEPS.items():
        with as_if(start + dt.timedelta(days=days)):
            for dossier in dossiers:
                go_on(dossier, step, clerk)
            send()


def addresses(place: int) -> list[tuple[str, str]]:
    """A mail address and a mobile number."""
    return [("email", f"citizen.{place}@example.org"), ("sms", f"+352621{place:06}")]


def go_on(dossier: Dossier, step: str, clerk: Staff) -> None:
    """Make one step."""
    if step == "posted":
        dossier.post(today())
        return
    arrived_on = today() if step == "received" else None
    dossier.move(Move(step, by=clerk, version=dossier.version, arrived_on=arrived_on))


def send() -> None:
    """Write every letter that is due and record that it left, as a worker does."""
    for channel in ("email", "sms"):
        while notification := outbox.claim("worker.example.lu:12345", channel):
            letter = outgoing.write(notification)
            notification.keep_text(letter.kept(notification.contact.token))
            notification.record_outcome(Outcome.SENT, provider_id=secrets.token_hex(8) if channel == "sms" else "")


def size(path: str) -> int:
    """The bytes of the file without free pages, everything in it."""
    db.execute_sql("VACUUM")
    db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return os.path.getsize(path)


if __name__ == "__main__":
    main()
