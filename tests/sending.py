"""A small app around senders and worker, and one dossier to tell about; for test_senders_*.py and test_worker.py."""

import datetime as dt
import secrets
from pathlib import Path

from flask import Flask
from flask_babel import Babel

import senders
from blueprints import messages
from blueprints.settings import DEFAULTS
from models import MODELS, Authority, Contact, Dossier, Event, Form, Message, Procedure, Topic, db, make_database
from models.catalogue import LANGUAGES

ROOT = Path(__file__).parent.parent
SECRET = "a secret of at least thirty-two characters"
LONG_SITE = "https://tracking.administration.lu:443"  # the longest host that an SMS must have room for
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
EVENTS = {  # kind -> the fields its event has beyond the common ones
    "announced": {},
    "received": {"arrived_on": dt.date(2026, 9, 30), "postmark_on": dt.date(2026, 9, 28), "from_status": "announced"},
    "incomplete": {"details": {"missing": ["Copy of the passport", "Lease"], "until": "2026-12-24"}},
    "examination": {"from_status": "received"},
    "decided": {"from_status": "examination"},
    "closed": {"from_status": "decided"},
    "lapsed": {"from_status": "announced"},
    "withdrawn": {"from_status": "examination"},
    "transferred": {"details": {"from": "housing", "to": "vat"}},
}


def make_app(**settings) -> Flask:
    """The app that the worker runs in. Nothing leaves it but to servers that a test started."""
    app = Flask("sending", root_path=str(ROOT))
    app.config.from_mapping(DEFAULTS)
    app.config.update(SECRET_KEY=SECRET, SITE_URL="https://tracking.example.lu", MAIL_SENDER="noreply@example.lu")
    app.config.update(TESTING=True, BABEL_DEFAULT_TIMEZONE="Europe/Luxembourg")
    app.config.update(settings)
    Babel(app, locale_selector=lambda: "de", default_translation_directories=str(ROOT / "translations"))
    senders.init_app(app)
    app.register_blueprint(messages.bp)
    app.extensions["sheet_pdf"] = lambda dossier, language: PDF + language.encode()
    return app


def make_tables(url: str) -> None:
    """Fresh, empty tables at `url`."""
    db.initialize(make_database(url))
    with db.connection_context():
        db.drop_tables(MODELS)
        db.create_tables(MODELS)


def make_dossier(*contacts: tuple[str, str], language: str = "en") -> Dossier:
    """A dossier announced just now, with its messages queued."""
    form = Form.get_or_none() or _form()
    return Dossier.announce(form, language, secrets.token_hex(16), contacts)


def make_message(kind: str, channel: str = "email", language: str = "en", note: str = "") -> Message:
    """The message of an event of this kind to a confirmed contact, queued; nothing else is."""
    address = "someone@example.org" if channel == "email" else "+352621123456"
    dossier = make_dossier((channel, address), language=language)
    contact = dossier.contacts.get()
    if kind == "announced":
        return Message.get(Message.contact == contact)
    Message.delete().where(Message.contact == contact).execute()
    contact.confirm()
    at = dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC)  # already the 23rd in Luxembourg
    event = Event.create(dossier=dossier, kind=kind, at=at, to_status=kind, note=note, **EVENTS[kind])
    Message.queue(event, Contact.get_by_id(contact.id), dt.datetime.now(dt.UTC))
    return Message.get(Message.event == event)


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
        slug="rent", topic=topic, authority=authority, audiences=["citizens"], tracked=True, position=1, revision="1",
        title={code: f"Rent ({code})" for code in words}, summary={}, sections={}, sources=[], search={},
    )  # fmt: skip
    return Form.create(
        procedure=procedure, slug="form", edition="2026", tracked=True, position=1, revision="1",
        title={code: f"Demande d’aide & loyer ({code})" for code in words},
        enclosures=[{code: f"Payslips ({code})" for code in words}],
    )  # fmt: skip
