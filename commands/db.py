"""`flask --app app db`: migrate the database schema."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup
from peewee import Database
from playhouse.migrations import Runner

from models.base import db
from paths import MIGRATIONS
from web.state import state

UPGRADE_LOCK = 0x65547261  # key of the advisory lock: any figure, but the same in every process

group = AppGroup("db", help="The schema of the database.")


@group.command()
def upgrade() -> None:
    """Apply the missing migrations. Safe to repeat, and to run on several machines at once."""
    database = state().database
    with db.connection_context(), _upgrade_lock(database):
        done = Runner(database, str(MIGRATIONS)).up()
    click.echo(f"database: {', '.join(done) if done else 'up to date'}")


@contextmanager
def _upgrade_lock(database: Database) -> Iterator[None]:
    """Lock out other upgrades: they wait, and then find nothing to do."""
    if db.for_update:  # PostgreSQL: an advisory lock, released when this process closes its connection
        db.execute_sql("SELECT pg_advisory_lock(%s)", (UPGRADE_LOCK,))
        yield
        return
    folder = os.open(Path(database.database).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
