"""What happens to a database on a bad day: it is gone, locked by another process, read-only or full."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from models import db

LOCK = """
import sys, cysqlite
connection = cysqlite.Connection(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE form SET position = position")
print("locked", flush=True)
sys.stdin.read()
"""

# A transaction that adds an event loses its connection at the moment of its commit.
ENDS_ITSELF = """
CREATE FUNCTION ends_itself() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER ends_itself AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ends_itself()"""


@contextmanager
def gone() -> Iterator[None]:
    """The file is not there; PostgreSQL throws everybody out and lets nobody in."""
    with _file_gone() if not db.for_update else _nobody_let_in():
        yield


@contextmanager
def _file_gone() -> Iterator[None]:
    db.close()
    here = Path(db.database)
    elsewhere = here.rename(here.with_suffix(".gone"))
    try:
        yield
    finally:
        elsewhere.rename(here)


@contextmanager
def _nobody_let_in() -> Iterator[None]:
    options = db.connect_params | {"dbname": "postgres"}
    with psycopg.connect(**options, autocommit=True) as server:
        server.execute(f"ALTER DATABASE {db.database} ALLOW_CONNECTIONS false")
        thrown_out(server)
        try:
            yield
        finally:
            server.execute(f"ALTER DATABASE {db.database} ALLOW_CONNECTIONS true")


def restarted() -> None:
    """PostgreSQL ends every connection, as when it is restarted."""
    with psycopg.connect(**db.connect_params | {"dbname": "postgres"}, autocommit=True) as server:
        thrown_out(server)


def thrown_out(server: psycopg.Connection) -> None:
    server.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", [db.database])


@contextmanager
def locked() -> Iterator[None]:
    """Another process writes for as long as the block lasts."""
    with _tables_locked() if db.for_update else _file_locked():
        yield


@contextmanager
def _file_locked() -> Iterator[None]:
    command = [sys.executable, "-c", LOCK, db.database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline() == "locked\n"
        yield
        writer.stdin.close()


@contextmanager
def _tables_locked() -> Iterator[None]:
    with psycopg.connect(**db.connect_params | {"dbname": db.database}) as writer:
        writer.execute("LOCK TABLE dossier, event, contact, notification, counter, used IN EXCLUSIVE MODE")
        yield


@contextmanager
def read_only() -> Iterator[None]:
    db.execute_sql("SET default_transaction_read_only = on" if db.for_update else "PRAGMA query_only = 1")
    yield
    db.execute_sql("SET default_transaction_read_only = off" if db.for_update else "PRAGMA query_only = 0")


@contextmanager
def full() -> Iterator[None]:
    """No file may grow: what SQLite writes is refused by the system."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
