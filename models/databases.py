"""SQLite and PostgreSQL as we open them: how long anybody waits, and which errors mean that the database is away.

In SQLite one writer has the lock, and readers never wait for it. If it is held for long (a backup of the disk, a stuck
process), at most MAX_PATIENT threads of a process wait for it; the others are told at once, so that threads are left
for all that needs no lock.
"""

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cysqlite
import peewee
import psycopg
from playhouse.cysqlite_ext import CySqliteDatabase
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

SHORT_WAIT, LONG_WAIT = 1.0, 4.0  # seconds for the lock of SQLite: everybody, and MAX_PATIENT threads beyond that
WITHOUT_CREATE = cysqlite.SQLITE_OPEN_READWRITE  # type: ignore[attr-defined]
MAX_PATIENT = 2  # threads of a process; with 4 threads, two are left for pages
# Seconds. A network that swallows packets is noticed by TCP_TIMEOUT; a row or table that is locked, by LOCK_TIMEOUT.
CONNECT_TIMEOUT, POOL_TIMEOUT, LOCK_TIMEOUT, TCP_TIMEOUT = 3, 3, 3, 5
ANSWER_TIMEOUT = 5  # seconds that a web process waits for an answer: a server that is frozen would hold all threads
SLOW = 0.5  # seconds: a connection that failed after this is not tried again for PAUSE seconds
PAUSE = 2.0
CLIENT = {
    "connect_timeout": CONNECT_TIMEOUT,
    "tcp_user_timeout": TCP_TIMEOUT * 1000,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
# https://sqlite.org/rescode.html: perm, busy, locked, nomem, readonly, ioerr, corrupt, full, cantopen, protocol, notadb
SQLITE_AWAY = {3, 5, 6, 7, 8, 10, 11, 13, 14, 15, 26}
SQLITE_CODE = re.compile(r"\(code=(\d+), ext=\d+\)$")
# Classes and codes of SQLSTATE: connection, rollback (deadlock), resources (disk, memory, connections), operator
# intervention (shutdown, cancelled), system; lock not available, read-only.
POSTGRESQL_AWAY = ("08", "40", "53", "57", "58", "55P03", "25006")


def is_away(error: BaseException | None) -> bool:
    """True if `error` says that the database cannot be reached or used now; False for a mistake in our queries.

    Looks at what `error` followed from, too: after "disk full" SQLite has rolled back by itself, and the rollback of
    the transaction fails for another reason.
    """
    while isinstance(error, (peewee.DatabaseError, peewee.InterfaceError, psycopg.Error, cysqlite.SqliteError)):
        driver: BaseException = getattr(error, "orig", None) or error
        if isinstance(driver, psycopg.Error) and _postgresql_away(driver):
            return True
        if isinstance(driver, cysqlite.SqliteError) and _sqlite_away(driver):
            return True
        error = driver.__context__ if error.__context__ is driver else error.__context__
    return isinstance(error, MaxConnectionsExceeded)


def _postgresql_away(error: psycopg.Error) -> bool:
    if error.sqlstate is None:  # it comes from the client: no connection, or a lost one
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate.startswith(POSTGRESQL_AWAY)


def _sqlite_away(error: cysqlite.SqliteError) -> bool:
    found = SQLITE_CODE.search(str(error))
    return int(found[1]) in SQLITE_AWAY if found else "unable to open database file" in str(error)


class Noting(peewee.Database):
    """A database that notes for each thread whether it may have saved anything."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._thread = threading.local()
        super().__init__(*args, **options)

    @property
    def may_have_saved(self) -> bool:
        """True if this thread has begun to commit something since the last start()."""
        return getattr(self._thread, "saved", False)

    def start(self) -> None:
        """Begin a request in this thread: nothing is saved yet."""
        self._thread.saved = False

    def commit(self) -> None:
        """Commit the transaction."""
        with self._noting():
            super().commit()

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """Execute a statement; outside a transaction it commits itself."""
        if sql.startswith("SELECT") or self.in_transaction():
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
        with self._noting():
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Note a commit: a server may save what it could not report; in SQLite, one that fails saves nothing."""
        self._thread.saved = self.may_have_saved or (self.for_update and not self.is_closed())
        yield
        self._thread.saved = True


class SQLite(Noting, CySqliteDatabase):
    """SQLite in WAL mode, with one connection a thread."""

    def __init__(self, path: str, **options: Any) -> None:
        self._patient = threading.BoundedSemaphore(MAX_PATIENT)
        self._stuck = False  # somebody waited for SHORT_WAIT, and nobody has had the lock since
        self._locked_at = 0.0  # when a thread of this process had the lock last
        super().__init__(path, timeout=SHORT_WAIT, flags=WITHOUT_CREATE, **options)

    def _connect(self) -> Any:
        """A connection. Raises OperationalError where no file is: SQLite would make a new, empty database."""
        connection = super()._connect()
        self._thread.file = _identity(self.database)
        return connection

    def start(self) -> None:
        """Begin a request in this thread. A file that was replaced is noticed by the next write, else in a second."""
        super().start()
        if time.monotonic() > getattr(self._thread, "looked", 0) + 1:
            self._thread.looked = time.monotonic()
            self.follow_file()

    def follow_file(self) -> None:
        """Close the connection of this thread if its file was removed or replaced: what it writes would be lost."""
        if not self.is_closed() and _identity(self.database) != self._thread.file:
            self.close()

    def begin(self, lock_type: str | None = None) -> None:
        """Begin a transaction with the lock of the writer. Raises OperationalError without it, see MAX_PATIENT."""
        self.follow_file()
        started = time.monotonic()
        try:
            self._begin_within(0.0 if self._stuck else SHORT_WAIT, lock_type)
        except peewee.OperationalError as error:
            if not isinstance(getattr(error, "orig", None), cysqlite.DatabaseLockedError):
                raise
            with self._patience(started, error):
                self._begin_within(LONG_WAIT, lock_type)
        self._stuck, self._locked_at = False, time.monotonic()

    @contextmanager
    def _patience(self, started: float, error: peewee.OperationalError) -> Iterator[None]:
        """Hold a place among the patient; raises `error` if there is none.

        SQLite gives its lock to whoever asks in the right moment. So where other threads of this process had it since
        `started`, nothing is stuck: this one has only been unlucky, and needs no place.
        """
        self._stuck = held = self._locked_at < started
        if held and not self._patient.acquire(blocking=False):
            raise error
        try:
            yield
        finally:
            if held:
                self._patient.release()

    def _begin_within(self, seconds: float, lock_type: str | None) -> None:
        with self._waiting(seconds):
            super().begin(lock_type)  # type: ignore[call-arg]

    @contextmanager
    def _waiting(self, seconds: float) -> Iterator[None]:
        connection = self.connection()  # type: ignore[no-untyped-call]
        connection.set_busy_handler(seconds)
        try:
            yield
        finally:
            connection.set_busy_handler(SHORT_WAIT)


class Impatient(psycopg.Connection[Any]):
    """A connection that is lost once its server has not answered for ANSWER_TIMEOUT."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the answer. Raises OperationalError; what was asked may have been done all the same."""
        started = time.monotonic()
        try:
            return super().wait(gen, interval, ANSWER_TIMEOUT if timeout is None else timeout)
        except psycopg.OperationalError:
            if timeout is None and time.monotonic() - started >= ANSWER_TIMEOUT:
                self.pgconn.finish()
            raise


class ImpatientAdapter(peewee.Psycopg3Adapter):
    """Peewee's adapter of psycopg, with impatient connections."""

    def connect(self, db: PooledPostgresqlDatabase, **params: Any) -> Any:
        """Open a connection to the database `db`."""
        return Impatient.connect(dbname=db.database, **params)


class PostgreSQL(Noting, PooledPostgresqlDatabase):
    """PostgreSQL with a pool of connections, which drops those that were lost before it gives one out.

    With `impatient`, for web processes, a server that does not answer is given up after ANSWER_TIMEOUT. A command may
    ask something that takes minutes.
    """

    def __init__(self, name: str, impatient: bool = False, **options: Any) -> None:
        self._pause_until = 0.0
        if impatient:
            self.psycopg3_adapter = ImpatientAdapter
        options["options"] = f"-c lock_timeout={LOCK_TIMEOUT}s {options.get('options', '')}".strip()
        super().__init__(
            name, prefer_psycopg3=True, max_connections=16, stale_timeout=300, timeout=POOL_TIMEOUT, **CLIENT | options
        )

    def _connect(self) -> Any:
        """A connection. After one that failed slowly, no other thread waits as long: the pool lets in one at a time."""
        started = time.monotonic()
        if started < self._pause_until:
            raise psycopg.OperationalError("the database could not be reached a moment ago")
        try:
            return super()._connect()
        except psycopg.OperationalError:
            if time.monotonic() - started > SLOW:
                self._pause_until = time.monotonic() + PAUSE
            raise


def _identity(path: str) -> tuple[int, int] | None:
    """Which file stands at `path`; None if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
