"""`flask --app app db`: the schema of the database."""

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

UPGRADE_LOCK = 0x65547261  # any number, the same in every process of ours

group = AppGroup("db", help="The schema of the database.")


@group.command()
def upgrade() -> None:
    """Bring the database to the newest schema. Safe to repeat, and to run on several machines at once."""
    ours = state().database
    with db.connection_context(), _alone(ours):
        done = Runner(ours, str(MIGRATIONS)).up()
    click.echo(f"database: {', '.join(done) if done else 'up to date'}")


@contextmanager
def _alone(ours: Database) -> Iterator[None]:
    """One upgrader at a time: the others wait, and then find nothing to do."""
    if db.for_update:  # PostgreSQL; the lock goes with the connection of this process
        db.execute_sql("SELECT pg_advisory_lock(%s)", (UPGRADE_LOCK,))
        yield
        return
    folder = os.open(Path(ours.database).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
