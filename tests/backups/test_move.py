"""A SQLite database moves to PostgreSQL by one command, all of it or nothing, and the service goes on there."""

import subprocess
import sys

import psycopg
import pyotp
import pytest

from models import MODELS, Audit, Contact, Dossier, Move, Note, Staff, db, today
from models.staff import codes
from support.commands import run
from support.sending import close
from support.site import running
from support.visitor import Visitor


@pytest.fixture
def target(postgresql_server, worker_id):
    """An empty database."""
    with postgresql_server.database(f"moved_{worker_id}") as url:
        yield url
        close()


@pytest.fixture
def full(sqlite_url, tmp_path):
    """A site on SQLite with many dossiers, staff, an authenticator app, a note and a contact that was erased."""
    app = running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"))
    assert run(app, "demo").exit_code == 0
    db.connect(reuse_if_open=True)
    clerk = Staff.select().where(Staff.role == "clerk").first()
    codes.Totp.create(staff=clerk, secret=pyotp.random_base32(), last_step=0)
    Note.write(Dossier.select().first(), clerk, "An umlaut: ä, a tab:\t, a backslash: \\N, a line\nbreak, and 😀")
    Contact.select().first().erase()
    yield app
    close()


def rows() -> dict[str, list]:
    return {model._meta.table_name: sorted(model.select().dicts(), key=repr) for model in MODELS}


def tables(url: str) -> list:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()


def test_everything_arrives_and_the_service_goes_on(full, target, form):
    before, seal, number = rows(), Audit.select().order_by(Audit.id.desc()).get().seal, Dossier.get().number
    done = run(full, "db", "copy", "--to", target)
    assert done.exit_code == 0 and f"last seal of the audit log: {seal}" in done.stdout, done.stderr
    close()
    moved = running(target, INBOX=True, INBOX_DIR=full.config["INBOX_DIR"])
    db.connect(reuse_if_open=True)
    assert rows() == before
    assert run(moved, "audit", "verify", seal).exit_code == 0
    db.connect(reuse_if_open=True)
    assert Visitor(moved).get(f"/t/{number}").status == 200
    dossier = Dossier.announce(form, "en", "a new one", [("email", "new@example.org")])
    clerk = Staff.select().where(Staff.authority == dossier.authority).first()
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert Dossier.get_by_id(dossier.id).status == "received" and Audit.verify()[0] is None
    assert codes.Totp.get().readable
    with pytest.raises(Exception, match="only ever added to"):
        Audit.update(action="nothing").execute()


def test_database_that_holds_rows_is_no_target(full, target):
    assert run(full, "db", "copy", "--to", target).exit_code == 0
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("DELETE FROM note")
    refused = run(full, "db", "copy", "--to", target)
    assert refused.exit_code == 1 and "the target is not empty" in refused.stderr
    with psycopg.connect(target) as connection:
        assert connection.execute("SELECT count(*) FROM note").fetchone() == (0,)


def test_row_that_does_not_fit_leaves_the_target_as_it_was(full, target):
    Staff.update(email="somebody@example.org" + "m" * 300).where(Staff.id == 1).execute()
    refused = run(full, "db", "copy", "--to", target)
    assert refused.exit_code == 1 and refused.stderr.startswith("Error: staff: value too long"), refused.stderr
    assert "somebody" not in refused.stderr and tables(target) == []


def test_schema_of_a_newer_release_is_not_copied(full, target):
    db.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2026-11-30')")
    refused = run(full, "db", "copy", "--to", target)
    assert refused.exit_code == 1 and "another schema than this release" in refused.stderr and tables(target) == []


def test_database_in_use_is_not_copied(full, target):
    path = full.config["DATABASE_URL"].removeprefix("sqlite:///")
    code = "import cysqlite, sys; c = cysqlite.connect(sys.argv[1]); c.execute('SELECT 1 FROM staff'); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        refused = run(full, "db", "copy", "--to", target)
        other.kill()
    assert refused.exit_code == 1 and "stop web and worker first" in refused.stderr and tables(target) == []


@pytest.mark.parametrize("url", ["sqlite:///other.db", "mysql://localhost/etracking"])
def test_only_postgresql_is_a_target(app, url):
    refused = run(app, "db", "copy", "--to", url)
    assert refused.exit_code == 1 and "to postgresql://" in refused.stderr
