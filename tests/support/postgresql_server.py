"""A real PostgreSQL on this machine, one for all processes of a run."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from models import db


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


def somebody_waits() -> bool:
    """Whether a connection to the database of this test waits for a lock of another."""
    waiting = """SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database WHERE datname = current_database())"""
    return db.execute_sql(waiting).fetchone() is not None
