"""Where a copy of PostgreSQL is unpacked: a database of its own, which is dropped or takes the place of the old one."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from getpass import getuser
from types import TracebackType
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from backups import postgresql
from backups.errors import BackupError
from models import make_database

RESTORE_LOCK = 0x65547262  # first key of the advisory lock: one restore of a database at a time
LOCK = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"  # the second key is the database's: others are not in the way
IN_USE = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""  # autovacuum gives way
PATH = re.compile(r"^(postgres(?:ql)?://[^/?]*)(?:/[^?]*)?")  # what stands before the query of an address


def named(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return PATH.sub(rf"\1/{name}", url, count=1)


class Scratch:
    """A new database on the server, dropped at the end. A drill that is killed leaves it: the next one drops it."""

    magic = b"PGDMP"
    suffix = "verify"

    def __init__(self, url: str, server: str) -> None:
        given = conninfo_to_dict(url)
        self._name = str(given["dbname"])
        self._server = server or named(url, "postgres")
        self._user = str(given.get("user") or getuser())
        self._scratch = f"{self._name}_{self.suffix}"
        self.url = named(url, self._scratch)
        self._opened: list[Any] = []

    def __enter__(self) -> "Scratch":
        try:
            self._admin = psycopg.connect(self._server, autocommit=True)
            self._make()
        except psycopg.errors.InsufficientPrivilege:
            raise BackupError("this user may not make databases: ALTER ROLE ... CREATEDB, or give --server") from None
        except psycopg.Error as error:
            raise BackupError(f"the database server says: {str(error).splitlines()[0]}") from None
        return self

    def _make(self) -> None:
        """Make the database, or let the server go. Raises BackupError if another one fills it just now."""
        with ExitStack() as failed:
            failed.callback(self._admin.close)
            if self._admin.execute(LOCK, (RESTORE_LOCK, self._name)).fetchone() != (True,):
                raise BackupError(f"another restore or drill of {self._name} is running")
            self._do("DROP DATABASE IF EXISTS {}", self._scratch)
            self._do("CREATE DATABASE {} OWNER {} TEMPLATE template0", self._scratch, self._user)
            failed.pop_all()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", self._scratch)
        self._admin.close()

    def _close(self) -> None:
        for database in self._opened:
            database.close_all()

    def _do(self, statement: str, *names: str) -> None:
        self._admin.execute(SQL(statement).format(*map(Identifier, names)))

    @contextmanager
    def filling(self) -> Iterator[Callable[[bytes], Any]]:
        """What hands the next bytes of the dump to pg_restore."""
        with postgresql.running("pg_restore", self.url, "--exit-on-error", "--single-transaction") as (source, _):
            yield source.write

    def database(self) -> Any:
        """The database that the copy was unpacked into."""
        self._opened.append(make_database(self.url))
        return self._opened[-1]


class Place(Scratch):
    """A new database, which takes the name of the one at `url` at the end."""

    suffix = "restoring"

    def refuse_if_used(self) -> None:
        """Raise BackupError if anybody is connected to the database."""
        [count] = self._admin.execute(IN_USE, (self._name,)).fetchone() or (0,)
        if count:
            raise BackupError(f"{self._name} is in use ({count} connections): stop web and worker first")

    def clean(self, database: Any, erased: int) -> None:
        """Write the tables anew, without a trace of what was erased, and count their rows for the planner."""
        database.execute_sql("VACUUM (FULL, ANALYZE)" if erased else "ANALYZE")

    def swap(self) -> str:
        """Give the database's name to the new one; the old one keeps another."""
        self._close()
        self.refuse_if_used()
        aside = f"{self._name}_replaced_{time.strftime('%Y%m%dt%H%M%Sz', time.gmtime())}"
        exists = self._admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (self._name,)).fetchone()
        with self._admin.transaction():
            if exists:
                self._do("ALTER DATABASE {} RENAME TO {}", self._name, aside)
            self._do("ALTER DATABASE {} RENAME TO {}", self._scratch, self._name)
        return aside if exists else ""
