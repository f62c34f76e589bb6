"""Nothing starts on a database that is not there, or on a schema that it does not know; `db status` says why."""

import subprocess
from pathlib import Path

import pytest
from playhouse.migrations import Runner

from models import db
from paths import MIGRATIONS, ROOT
from support.commands import run
from support.living import BIN
from support.sending import close, environment
from support.site import running
from support.visitor import Visitor
from web.database import create_file
from web.schema import KNOWN
from web.state import state

NEWER, CONTRACT = "9998_expand_somewhere", "9999_contract_drop_something"
SERVE = ["gunicorn", "--bind", "127.0.0.1:0", "--workers", "1", "--no-control-socket", "app:create_app()"]


def path(app) -> Path:
    """The SQLite file."""
    return Path(state(app).database.database)


def applied(app, *names: str, without: str = "") -> None:
    """Say in the database that migrations were applied, and that one was not."""
    with db.connection_context():
        migrations = Runner(state(app).database, str(MIGRATIONS))
        for name in names:
            migrations.History.create(name=name)
        migrations.History.delete().where(migrations.History.name == without).execute()


def one_missing(app) -> str:
    applied(app, without=KNOWN[-1])
    return f"lacks {KNOWN[-1]}: run `flask --app app db upgrade`"


def newer_release(app) -> str:
    applied(app, CONTRACT)
    return f"newer release ({CONTRACT})"


def no_file(app) -> str:
    path(app).unlink()
    return "there is no database at"


def empty_file(app) -> str:
    path(app).write_bytes(b"")
    return "is empty"


def other_file(app) -> str:
    path(app).write_text("what somebody wrote about databases " * 100)
    return "file is not a database"


def no_folder(app) -> str:
    path(app).unlink()
    path(app).parent.rename(path(app).parent.with_name("not mounted"))
    return "there is no database at"


@pytest.mark.parametrize("broken", [one_missing, newer_release])
def test_commands_and_worker_refuse_a_schema_that_they_do_not_know(either, broken):
    close()
    refuses(either, broken(either))


@pytest.mark.parametrize("broken", [no_file, empty_file, other_file, no_folder])
def test_commands_and_worker_refuse_a_database_that_is_not_there(app, broken):
    close()
    for rest in path(app).parent.glob("etracking.db-*"):
        rest.unlink()
    why = broken(app)
    before = path(app).exists() and path(app).read_bytes()
    refuses(app, why)
    assert (path(app).exists() and path(app).read_bytes()) == before, "and make none"


def test_commands_and_worker_refuse_a_database_without_our_tables(empty):
    if not db.for_update:
        create_file(state(empty).database)
        with db.connection_context():
            db.execute_sql("CREATE TABLE other (id INTEGER)")
    refuses(empty, "no tables of eTracking: is it the right one?")


def refuses(app, why: str) -> None:
    for command in (
        ["catalogue", "load"],
        ["notifications", "send", "--once"],
        ["notifications", "send"],
        ["db", "status"],
    ):
        refused = run(app, *command)
        assert refused.exit_code == 1 and refused.stderr.count("\n") == 1 and why in refused.stderr, command
    assert run(app, "catalogue", "load", "--help").exit_code == 0
    told = run(app, "config", "check")
    assert why in told.stderr and told.stdout == "" and told.exit_code == 1


def test_a_database_of_a_newer_release_that_only_expanded_is_served(either):
    applied(either, NEWER)
    told = run(either, "db", "status").stdout
    assert f"unknown     {NEWER}" in told and "missing" not in told
    assert run(either, "notifications", "send", "--once").exit_code == 0
    assert run(either, "db", "upgrade").stdout == "database: up to date\n"


def test_upgrade_refuses_to_run_below_a_newer_release(either):
    applied(either, CONTRACT, without=KNOWN[-1])
    refused = run(either, "db", "upgrade")
    assert refused.exit_code == 1 and CONTRACT in refused.stderr


def test_a_release_makes_no_new_database(empty):
    refused = run(empty, "db", "upgrade", "--existing")
    assert refused.exit_code == 1 and refused.stdout == ""
    assert run(empty, "db", "upgrade").stdout.startswith("database: NEW, made at ")
    assert run(empty, "db", "upgrade", "--existing").stdout == "database: up to date\n"


def test_status_tells_where_and_how_much_without_the_password(either, dossier):
    url = either.config["DATABASE_URL"].replace("postgres:@", "postgres:not-for-everybody@")
    close()
    told = run(running(url), "db", "status")
    assert f"{len(KNOWN)} applied, the last is {KNOWN[-1]}" in told.stdout and "1 dossiers, 1 events" in told.stdout
    assert "not-for-everybody" not in told.output
    if db.for_update:
        assert "postgresql test_" in told.stdout and " connections used" in told.stdout
        assert told.exit_code == 1 and "fsync is off: a power cut loses" in told.stderr, "as on the server of the tests"
    else:
        assert f"sqlite {path(either)}" in told.stdout and "journal_mode=wal" in told.stdout
        assert told.exit_code == 0 and "free on its disk" in told.stdout


def test_status_tells_a_setting_of_sqlite_that_is_not_right(app):
    state(app).database.pragma("foreign_keys", 0, permanent=True)
    told = run(app, "db", "status")
    assert told.exit_code == 1 and "foreign_keys is 0, not 1" in told.stderr


@pytest.mark.long
@pytest.mark.parametrize("broken", [no_file, newer_release])
def test_a_web_server_ends_with_one_sentence_instead_of_starting_again_and_again(app, broken):
    close()
    why = broken(app)
    ended = subprocess.run(
        [BIN / SERVE[0], *SERVE[1:]], cwd=ROOT, env=environment(app), capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 3 and why in ended.stderr and "Traceback" not in ended.stderr


def test_a_site_that_started_without_its_database_serves_once_the_schema_is_right(empty):
    """Started before PostgreSQL, or while SQLite was locked, it could not look at the schema."""
    visitor = Visitor(empty)
    if not db.for_update:
        create_file(state(empty).database)
    state(empty).schema_pending, state(empty).schema_asked_at = True, 0
    answer = visitor.open("/sign-in")
    assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert visitor.open("/healthz").status_code == 200
    run(empty, "db", "upgrade")
    state(empty).schema_asked_at = 0
    assert visitor.open("/sign-in").status_code == 200 and not state(empty).schema_pending
