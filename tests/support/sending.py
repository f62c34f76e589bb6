"""The app for tests of senders and worker, and dossiers to tell about; for test_senders_*.py and test_worker.py."""

import datetime as dt
import json
import os
import secrets
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from playhouse.migrations import Runner

import senders
from commands import outgoing
from models import MODELS, Authority, Contact, Dossier, Event, Form, Notification, Procedure, Topic, db, now
from models.catalogue.procedure import LANGUAGES
from models.notifications import consent
from paths import MIGRATIONS
from support.site import made
from web.settings import DEFAULTS
from web.state import state
from wording.samples import AT, EVENTS

SETTINGS = DEFAULTS | {
    "SECRET_KEY": "Vq3xW8mZ0pT5-rLkJ7cYbN2dHs9GfA4uRiE6oXwM",
    "SITE_URL": "https://tracking.example.lu",
    "HELPDESK_EMAIL": "helpdesk@example.lu",
    "MAIL_SENDER": "noreply@example.lu",
    "MAIL_SERVER": "127.0.0.1",
    "SMS_FROM_HOUR": 0,
    "SMS_UNTIL_HOUR": 24,  # tests are run at night too
    "TESTING": True,
}
LONG_SITE = "https://tracking.administration.gov.lu"  # the longest address that an SMS must have room for


def make_app(database_url: str, **settings) -> Flask:
    """The app that the worker runs in, with empty tables. Nothing leaves it but to servers that a test started."""
    path = Path(database_url.removeprefix("sqlite:///"))
    if path.is_absolute() and not path.exists():
        path.write_bytes(empty_file())
    return made(SETTINGS | {"DATABASE_URL": database_url} | settings)


@cache
def empty_file() -> bytes:
    """A SQLite file with the tables of today and nothing in them."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "empty.db")
        path.touch()
        create_tables(f"sqlite:///{path}")
        return path.read_bytes()


def create_tables(url: str) -> None:
    """Make the tables of today in the empty database at `url`."""
    database = state(made(SETTINGS | {"DATABASE_URL": url})).database
    with db.connection_context():
        db.create_tables(MODELS)
        Runner(database, str(MIGRATIONS)).fake()
    close()


def environment(app: Flask) -> dict[str, str]:
    """The environment in which another process has the settings of `app`."""
    values = {name: app.config[name] for name in DEFAULTS if name in app.config}
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
    return os.environ | {f"ETRACKING_{name}": text for name, text in texts.items()}


def close() -> None:
    """Give every connection to the database back."""
    db.close()
    if hasattr(db.obj, "close_all"):
        db.close_all()


def make_dossier(*contacts: tuple[str, str], language: str = "en") -> Dossier:
    """A dossier announced just now, with its notifications queued."""
    form = make_form()
    return Dossier.announce(form, language, secrets.token_hex(16), contacts)


def make_message(kind: str, channel: str = "email", language: str = "en", note: str = "") -> Notification:
    """The notification of an event of this kind to a confirmed contact, queued; nothing else is."""
    address = "someone@example.org" if channel == "email" else "+352621123456"
    dossier = make_dossier((channel, address), language=language)
    contact = dossier.contacts.get()
    if kind == "announced":
        return Notification.get(Notification.contact == contact)
    Notification.delete().where(Notification.contact == contact).execute()
    consent.confirm(contact)
    event = Event.create(dossier=dossier, kind=kind, at=AT, to_status=kind, note=note, **EVENTS[kind])
    Notification.queue(event, Contact.get_by_id(contact.id), dt.datetime.now(dt.UTC))
    return Notification.get(Notification.event == event)


def queued(kind: str = "received", channel: str = "email") -> int:
    """The id of a notification waiting to be sent."""
    with db.connection_context():
        return make_message(kind, channel).id


def deliver(notification: Notification) -> str:
    """Write `notification` and send it, as the worker does."""
    return senders.send(notification.channel, outgoing.prepare(notification))


def row(notification: int) -> Notification:
    """The notification with this id, as the database has it now."""
    with db.connection_context():
        return Notification.get_by_id(notification)


def make_due() -> None:
    """Let the time pass that notifications have to wait."""
    with db.connection_context():
        Notification.update(run_at=now() - dt.timedelta(seconds=1)).where(Notification.run_at.is_null(False)).execute()


def make_form() -> Form:
    """The form that the dossiers are about, made once."""
    return Form.get_or_none() or _form()


def _form() -> Form:
    words = dict.fromkeys(LANGUAGES)
    authority = Authority.create(
        slug="housing",
        name={code: f"Guichet d’aides <{code}>" for code in words},
        address=["Guichet des aides", "11, rue de l’Exemple", "L-1234 Luxembourg"],
        window="right",
        phone="+352 00 00 00",
        website="https://housing.example.lu",
    )
    topic = Topic.create(slug="housing", title={}, position=1)
    procedure = Procedure.create(
        slug="rent",
        topic=topic,
        authority=authority,
        audiences=["citizens"],
        tracked=True,
        position=1,
        revision="1",
        title={code: f"Rent ({code})" for code in words},
        summary={},
        sections={},
        sources=[],
        search={},
    )
    return Form.create(
        procedure=procedure,
        slug="form",
        edition="2026",
        tracked=True,
        position=1,
        revision="1",
        title={code: f"Demande d’aide & loyer ({code})" for code in words},
        enclosures=[{code: f"Payslips ({code})" for code in words}],
    )
