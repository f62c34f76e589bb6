"""Whether this release can run on the schema of a database: its migrations are there, and none that it must not meet.

Migrations expand, then contract: an older release runs on a newer schema unless a migration that it does not know has
`contract` in its name (docs/architecture.md, "Migrations").
"""

import logging
import sys
import time
from pathlib import Path
from typing import NamedTuple

from flask import Flask, request
from peewee import Database, DatabaseError, OperationalError, PeeweeException
from werkzeug.exceptions import ServiceUnavailable

from paths import MIGRATIONS
from web.state import state

# Read once: a release that is unpacked over a running process must not change what this process knows.
KNOWN = tuple(sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py")))
HISTORY = "schema_migration"  # table of playhouse.migrations.Runner
CONTRACT = "contract"
UPGRADE = "`flask --app app db upgrade`"
ASK_AGAIN_SECONDS = 1.0  # between two looks at a schema that could not be read at start
BOOT_ERROR = 3  # exit code that tells gunicorn to stop instead of starting the worker again and again

log = logging.getLogger("etracking")


class Schema(NamedTuple):
    """The migrations that a database has seen, against those of this release."""

    applied: frozenset[str]

    @property
    def missing(self) -> list[str]:
        """Migrations of this release that were not applied yet."""
        return [name for name in KNOWN if name not in self.applied]

    @property
    def unknown(self) -> list[str]:
        """Migrations of another release."""
        return sorted(self.applied.difference(KNOWN))

    @property
    def contracting(self) -> list[str]:
        """Migrations of a newer release that took away what this release needs."""
        return [name for name in self.unknown if CONTRACT in name]

    @property
    def problem(self) -> str:
        """Why this release cannot run on it, in one sentence; empty if it can."""
        if not self.applied:
            return f"the database has no tables of eTracking: is it the right one? {UPGRADE} makes them"
        if self.contracting:
            return f"the schema belongs to a newer release ({', '.join(self.contracting)}): start that release"
        if self.missing:
            return f"the schema lacks {', '.join(self.missing)}: run {UPGRADE}"
        return ""


def read(database: Database) -> Schema:
    """The schema of a database that is connected. Raises PeeweeException if it cannot be read."""
    if not database.table_exists(HISTORY):
        return Schema(frozenset())
    rows = database.execute_sql(f"SELECT name FROM {HISTORY}").fetchall()  # type: ignore[no-untyped-call]  # noqa: S608
    return Schema(frozenset(name for (name,) in rows))


def missing_file(database: Database) -> str:
    """Why the SQLite file cannot be the database, in one sentence; empty if it may be, and for PostgreSQL."""
    if database.for_update or database.database == ":memory:":
        return ""
    path = Path(database.database).absolute()
    if not path.is_file():
        return f"there is no database at {path}: is its disk mounted? {UPGRADE} makes a new one"
    if path.stat().st_size == 0:
        return f"the database at {path} is empty: is it the right file? {UPGRADE} makes a new one in it"
    return ""


def problem(database: Database) -> str:
    """Why this release cannot run on `database`, in one sentence; empty if it can.

    Raises PeeweeException if the database cannot be asked now: PostgreSQL is away, SQLite is locked.
    """
    if why := missing_file(database):
        return why
    try:
        with database.connection_context():
            return read(database).problem
    except DatabaseError as error:
        if database.for_update or isinstance(error, OperationalError) and "locked" in str(error):
            raise
        return f"the database at {Path(database.database).absolute()} cannot be read: {first_line(error)}"


def is_foreign(database: Database, error: BaseException) -> bool:
    """True if `error` came of a query to a database that has not, or no longer, the tables of this release."""
    if not isinstance(error, DatabaseError):
        return False
    try:
        return bool(read(database).problem)
    except PeeweeException:
        return False


def first_line(error: BaseException) -> str:
    """The first line of the text of an error of the database's connection, which names host and reason."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def require(app: Flask, at_once: bool) -> None:
    """Serve nothing before the schema is known to be right; with `at_once`, end this process if it is not.

    If the database cannot be asked now, the process starts all the same, and asks again at the next request.
    """
    kept = state(app)
    kept.schema_pending = True
    if not at_once:
        return
    try:
        kept.schema_problem = problem(kept.database)
        kept.schema_pending = False
    except PeeweeException as error:
        log.warning("the database cannot be reached yet: %s", first_line(error))
    if kept.schema_problem:
        log.critical("not started: %s", kept.schema_problem)
        sys.exit(BOOT_ERROR)


def init_app(app: Flask, always: tuple[str, ...]) -> None:
    """Answer 503 while the schema is not the right one; the paths in `always` are answered all the same.

    A database that was exchanged for another while this process runs counts as away.
    """
    kept = state(app)
    away = kept.is_away
    kept.is_away = lambda error: away(error) or is_foreign(kept.database, error)

    @app.before_request
    def refuse_unknown() -> None:
        if state().schema_pending and request.path not in always and _still_wrong(app):
            raise ServiceUnavailable(retry_after=10)


def _still_wrong(app: Flask) -> bool:
    """Look at the schema again, at most once a second. False while the database is away: its queries tell that."""
    kept = state(app)
    if time.monotonic() >= kept.schema_asked_at + ASK_AGAIN_SECONDS:
        kept.schema_asked_at = time.monotonic()
        try:
            kept.schema_problem = problem(kept.database)
            kept.schema_pending = bool(kept.schema_problem)
        except PeeweeException:
            kept.schema_problem = ""
    return bool(kept.schema_problem)
