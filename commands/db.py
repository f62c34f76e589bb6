"""`flask --app app db`: migrate the schema of the database, and tell what is there."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup
from peewee import Database, PeeweeException
from playhouse.migrations import Runner

from backups.errors import BackupError
from backups.move import move
from backups.sqlite_place import alone
from models import Contact, Dossier, Event, Notification, make_database
from models.base import PRAGMAS, db
from paths import MIGRATIONS
from web import database as storage
from web import schema
from web.state import state

UPGRADE_LOCK = 0x65547261  # key of the advisory lock: any figure, but the same in every process
COUNTED = {"dossiers": Dossier, "events": Event, "contacts": Contact, "notifications": Notification}
SYNCHRONOUS = ("off", "normal", "full", "extra")  # what the figures of SQLite's pragma mean

group = AppGroup("db", help="The schema of the database.")


@group.command()
@click.option("--existing", is_flag=True, help="Refuse to make a new database where none is (for a release).")
def upgrade(existing: bool) -> None:
    """Apply the missing migrations. Safe to repeat, and to run on several machines at once.

    Makes a new database where none is, and says so.
    """
    database = state().database
    place = _place(database)
    if schema.missing_file(database):
        if existing:
            raise click.ClickException(f"there is no database at {place}, and --existing makes no new one")
        storage.create_file(database)
    with _reached(), db.connection_context(), _upgrade_lock(database):
        before = schema.read(database)
        if before.contracting or existing and not before.applied:
            raise click.ClickException(before.problem)
        done = Runner(database, str(MIGRATIONS)).up()
    if not before.applied and done:
        click.echo(f"database: NEW, made at {place}: there was none")
    click.echo(f"database: {', '.join(done) if done else 'up to date'}")


@group.command()
def status() -> None:
    """Tell place, schema, size and settings of the database. Fails if anything is not as it has to be."""
    database = state().database
    click.echo(f"database    {_place(database)}")
    if why := schema.missing_file(database):
        raise click.ClickException(why)
    with _reached(), db.connection_context():
        found = schema.read(database)
        problems = [found.problem] if found.problem else []
        click.echo(f"migrations  {len(found.applied)} applied, the last is {max(found.applied, default='none')}")
        _list("missing", found.missing)
        _list("unknown", found.unknown)
        problems += _postgresql() if db.for_update else _sqlite(database)
        if not found.missing:
            click.echo(
                "rows        " + ", ".join(f"{model.select().count()} {name}" for name, model in COUNTED.items())
            )
    if problems:
        raise click.ClickException("; ".join(problems))
    click.echo("all is as it has to be")


@group.command()
@click.option("--to", "url", required=True, help="postgresql://user@host/name; the password may be in PGPASSWORD.")
def copy(url: str) -> None:
    """Copy the SQLite database into an empty one of PostgreSQL. Stop web and worker first.

    Then set ETRACKING_DATABASE_URL to it and start them again; the SQLite file stays as it is.
    """
    source = state().database
    if source.for_update or not url.startswith(("postgresql://", "postgres://")):
        raise click.ClickException("this copies from sqlite:///... (ETRACKING_DATABASE_URL) to postgresql://...")
    source.close()
    try:
        with _reached(), alone(Path(source.database)):
            pass
        with _reached():
            facts = move(source, make_database(url))
    except BackupError as error:
        raise click.ClickException(f"{error}; nothing was copied") from None
    for table, count in facts.counts.items():
        click.echo(f"{table:20} {count:9,}")
    click.echo(f"copied and compared; last seal of the audit log: {facts.audit or 'none'}")


def _list(name: str, migrations: list[str]) -> None:
    if migrations:
        click.echo(f"{name:11} {', '.join(migrations)}")


def _sqlite(database: Database) -> list[str]:
    """Print size and pragmas of a SQLite database; return what is wrong with them."""
    path = Path(database.database).absolute()
    size = sum(file.stat().st_size for file in (path, Path(f"{path}-wal")) if file.exists())
    click.echo(f"size        {_megabytes(size)}, {_megabytes(shutil.disk_usage(path.parent).free)} free on its disk")
    has = {name: str(db.execute_sql(f"PRAGMA {name}").fetchone()[0]) for name in PRAGMAS}
    has["synchronous"] = SYNCHRONOUS[int(has["synchronous"])]
    click.echo(f"sqlite      {'.'.join(map(str, database.server_version))}, ", nl=False)
    click.echo(", ".join(f"{name}={has[name]}" for name in ("journal_mode", "synchronous", "foreign_keys")))
    return [f"{name} is {has[name]}, not {value}" for name, value in PRAGMAS.items() if has[name] != str(value)]


def _postgresql() -> list[str]:
    """Print size, version and connections of a PostgreSQL database; return what is wrong with them."""

    def ask(query: str) -> str:
        return str(db.execute_sql(query).fetchone()[0])

    click.echo(f"size        {_megabytes(int(ask('SELECT pg_database_size(current_database())')))}")
    used = ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    click.echo(f"postgresql  {ask('SHOW server_version')}, {used} of {ask('SHOW max_connections')} connections used")
    durable = {name: ask(f"SHOW {name}") for name in ("fsync", "full_page_writes", "synchronous_commit")}
    return [f"{name} is off: a power cut loses what was written" for name, value in durable.items() if value == "off"]


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _place(database: Database) -> str:
    """Where the database is, without its password."""
    if not database.for_update:
        return f"sqlite {Path(database.database).absolute()}"
    given = database.connect_params
    host = f"{given.get('host') or 'localhost'}:{given.get('port') or 5432}"
    return f"postgresql {database.database} at {host} as {given.get('user') or 'the user of this process'}"


@contextmanager
def _reached() -> Iterator[None]:
    """Turn errors of the database, which may be away or locked, into one sentence."""
    try:
        yield
    except PeeweeException as error:
        raise click.ClickException(f"the database refused: {schema.first_line(error)}") from None


@contextmanager
def _upgrade_lock(database: Database) -> Iterator[None]:
    """Lock out other upgrades: they wait, and then find nothing to do."""
    if db.for_update:  # PostgreSQL: an advisory lock, released when this process closes its connection
        db.execute_sql("SET lock_timeout = 0")  # the other one may take minutes
        db.execute_sql("SELECT pg_advisory_lock(%s)", (UPGRADE_LOCK,))
        db.execute_sql("RESET lock_timeout")
        yield
        return
    folder = os.open(Path(database.database).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
