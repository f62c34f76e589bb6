"""A real PostgreSQL on this machine, one for all processes of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from models import db

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
SEQUENCES = "SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public'"
SCHEMA = """SELECT format('%s %s %s %s', attrelid::regclass, attname, atttypid::regtype, attnotnull) FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
    UNION SELECT format('%s %s', conrelid::regclass, conname) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION SELECT format('%s %s', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"""
LEAVE = """SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


class Postgresql:
    """A PostgreSQL on this machine, without a password."""

    def __init__(self, url: str) -> None:
        self._head, _, self._tail = url.partition("/postgres?")

    def url(self, name: str = "postgres") -> str:
        """The address of a database."""
        return f"{self._head}/{name}?{self._tail}"

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def create(self, name: str, template: str = "template1") -> None:
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")

    @contextmanager
    def database(self, name: str, template: str = "template1") -> Iterator[str]:
        """The address of a new database, which is dropped in the end."""
        self.create(name, template)
        yield self.url(name)
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


class Copy:
    """The copy of a database that one process has for all its tests.

    To create a database for each test costs a third of a second, to bring this one back to what it was a tenth of that:
    tables that were empty are emptied, sequences set back. Where a test changed anything else, it is copied anew.
    """

    def __init__(self, server: Postgresql, name: str, template: str) -> None:
        self.server, self.name, self.template = server, name, template
        self.create()

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def create(self) -> None:
        self.server.create(self.name, self.template)
        with psycopg.connect(self.url, autocommit=True) as connection:
            tables = [name for (name,) in connection.execute(TABLES)]
            counts = dict(connection.execute(counting(tables, "count(*)")).fetchall())
            self.empty = [name for name in tables if counts[name] == 0]
            self.stocked = [name for name in tables if counts[name] > 0]
            self.sequences = dict(connection.execute(SEQUENCES).fetchall())
            self.made = self._made(connection)

    def drop(self) -> None:
        self.server.run(f"DROP DATABASE {self.name} WITH (FORCE)")

    def restore(self) -> None:
        """Bring it back to what the template holds, without anybody connected to it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(LEAVE)
            same = self._made(connection) == self.made
            if same:
                self._empty(connection)
        if not same:
            self.drop()
            self.create()

    def _made(self, connection: psycopg.Connection) -> list[tuple]:
        """What no test may leave changed: the schema, and the rows that were there from the start."""
        schema = connection.execute(SCHEMA).fetchall()
        return (
            schema + connection.execute(counting(self.stocked, "(count(*), max(xmin::text::bigint))::text")).fetchall()
        )

    def _empty(self, connection: psycopg.Connection) -> None:
        used = connection.execute(counting(self.empty, "count(*)")).fetchall()
        statements = [f'DELETE FROM "{name}"' for name, count in used if count]  # noqa: S608
        now = dict(connection.execute(SEQUENCES).fetchall())
        for name, value in self.sequences.items():
            if now[name] != value:
                statements.append(f"SELECT setval('{name}', {value or 1}, {str(value is not None).lower()})")
        if statements:  # in any order, whatever refers to it, and past the trigger of the audit
            connection.execute("; ".join(["SET session_replication_role = replica", *statements]))


def counting(tables: list[str], what: str) -> str:
    """A query for `what` of each of these tables."""
    return " UNION ALL ".join(f"SELECT '{name}', {what} FROM \"{name}\"" for name in tables)  # noqa: S608


def somebody_waits() -> bool:
    """Whether a connection to the database of this test waits for a lock of another."""
    waiting = """SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = current_database())"""
    return db.execute_sql(waiting).fetchone() is not None
