"""Fixtures of the whole site: a database with the real catalogue, the app on it, visitors and three parties."""

import gc
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import Authority, Dossier, Form, Procedure, Staff, db
from models.security import events
from support.postgresql_server import Copy
from support.production import site as production_site
from support.sending import close
from support.sharing import once
from support.site import account, running, signed_in
from support.stocked import stock
from support.visitor import Visitor

pytest_plugins = ["support.options", "support.outside", "support.rendering", "support.served", "support.camera"]

# What a developer has set for the own site is not for the tests, nor for the processes that they start.
for name in [name for name in os.environ if name.startswith("ETRACKING_")]:
    del os.environ[name]
os.environ["FLASK_SKIP_DOTENV"] = "1"  # the command line of Flask reads .env by itself


def pytest_collection_finish() -> None:
    """All that is loaded by now stays: the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _counts_of_events_wait(monkeypatch) -> None:
    """What was counted is added when a test says so, not by whichever request is the first after ten seconds."""
    monkeypatch.setattr(events._pending, "due_at", math.inf)


@pytest.fixture(scope="session")
def stocked_sqlite(together) -> Path:
    """A SQLite file with the whole catalogue; tests work on copies."""
    path = together / "stocked.db"
    once(together / "sqlite", lambda: stock(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def stocked_postgresql(together, postgresql_server, stocked_sqlite) -> str:
    """The same on PostgreSQL: the name of a database that tests take as their template."""

    def make() -> None:
        postgresql_server.create("stocked")
        app = running(f"sqlite:///{stocked_sqlite}")
        copied = app.test_cli_runner().invoke(args=["db", "copy", "--to", postgresql_server.url("stocked")])
        assert copied.exit_code == 0, copied.output
        close()

    once(together / "postgresql", make)
    return "stocked"


@pytest.fixture
def sqlite_url(stocked_sqlite, tmp_path) -> str:
    shutil.copy(stocked_sqlite, tmp_path / "etracking.db")
    return f"sqlite:///{tmp_path}/etracking.db"


@pytest.fixture(scope="session")
def postgresql_copy(postgresql_server, stocked_postgresql, worker_id) -> Iterator[Copy]:
    copy = Copy(postgresql_server, f"test_{worker_id}", stocked_postgresql)
    yield copy
    copy.drop()


@pytest.fixture
def postgresql_url(postgresql_copy) -> Iterator[str]:
    yield postgresql_copy.url
    postgresql_copy.restore()


@pytest.fixture
def app(sqlite_url):
    """The site on SQLite, which keeps one connection a thread."""
    app = running(sqlite_url)
    db.connect(reuse_if_open=True)  # no app context: requests would share its `g`
    yield app
    close()


@pytest.fixture
def production(sqlite_url):
    """The site in production: https on a host of its own, behind a proxy."""
    app = production_site(sqlite_url)
    db.connect(reuse_if_open=True)
    yield app
    close()


@pytest.fixture(params=["development", "production"])
def profile(request):
    """The site in development and in production, for what must hold in both."""
    return request.getfixturevalue("app" if request.param == "development" else "production")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request):
    """The site on either database, for what must hold on both."""
    app = running(request.getfixturevalue(f"{request.param}_url"))
    db.connect(reuse_if_open=True)  # no app context: requests would share its `g`
    yield app
    close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path, worker_id):
    """The app on a database without a table."""
    if request.param == "sqlite":
        yield running(f"sqlite:///{tmp_path}/empty.db")
        close()
        return
    with request.getfixturevalue("postgresql_server").database(f"empty_{worker_id}") as url:
        yield running(url)
        close()


@pytest.fixture
def visitor(app) -> Visitor:
    """A citizen's browser without JavaScript, in English."""
    return Visitor(app)


@pytest.fixture
def form() -> Form:
    """The rent subsidy's form."""
    return Form.select().join(Procedure).where(Procedure.slug == "rent-subsidy", Form.slug == "application").get()


@pytest.fixture
def dossier(form) -> Dossier:
    """A dossier announced just now; nobody is told."""
    return Dossier.announce(form, "en", "key-of-the-dossier")


@pytest.fixture
def with_mail(form) -> Dossier:
    """A dossier whose citizen is told by mail."""
    return Dossier.announce(form, "en", "key-of-the-one-with-mail", [("email", "somebody@example.org")])


@pytest.fixture
def clerk(form) -> Staff:
    """A clerk of the authority that receives the rent subsidy's form."""
    return account("clerk@example.lu", "clerk", form.procedure.authority)


@pytest.fixture
def other_clerk(form) -> Staff:
    """A clerk of another authority."""
    other = Authority.select().where(Authority.id != form.procedure.authority.id).first()
    return account("other@example.lu", "clerk", other)


@pytest.fixture
def helpdesk() -> Staff:
    return account("helpdesk@example.lu", "helpdesk")


@pytest.fixture
def desk(app, clerk) -> Visitor:
    """The clerk's browser, signed in."""
    return signed_in(app, clerk)
