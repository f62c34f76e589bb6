"""Where a copy of SQLite is unpacked: a file without a name for a drill, one beside the database for a restore."""

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import cysqlite

from backups import sqlite
from backups.errors import BackupError
from backups.folder import sync
from models import make_database

BUSY = re.compile(r"\(code=[56], ")  # SQLITE_BUSY, SQLITE_LOCKED
MAGIC = b"SQLite format 3\0"
BESIDE = ("-wal", "-shm")  # what SQLite keeps beside a database


class Nameless:
    """A file without a name, so that nothing is left of it whatever happens."""

    magic = MAGIC

    def __init__(self, folder: Path) -> None:
        self._folder, self._stack = folder, ExitStack()

    def __enter__(self) -> None:
        path, self._descriptor, self._database = self._stack.enter_context(sqlite.nameless(self._folder))
        path.unlink()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @contextmanager
    def filling(self) -> Iterator[Callable[[bytes], Any]]:
        """What writes the next bytes of the file."""
        with os.fdopen(os.dup(self._descriptor), "wb") as file:
            yield file.write

    def database(self) -> Any:
        """The database in the file, to be read."""
        return self._database


class Place:
    """A file beside the database at `path`, which takes its place at the end."""

    magic = MAGIC

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.restoring")

    def __enter__(self) -> "Place":
        self._lock = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the same that `db upgrade` takes
        except BlockingIOError:
            os.close(self._lock)
            raise BackupError("another restore or `db upgrade` is running") from None
        self._remove_part()  # of a restore that was killed
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove_part()
        os.close(self._lock)

    def _remove_part(self) -> None:
        for suffix in ("", *BESIDE):
            Path(f"{self._part}{suffix}").unlink(missing_ok=True)

    def refuse_if_used(self) -> None:
        """Raise BackupError if another process has the database open."""
        with alone(self._path):
            return

    @contextmanager
    def filling(self) -> Iterator[Callable[[bytes], Any]]:
        """What writes the next bytes of the file."""
        with os.fdopen(os.open(self._part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file.write

    def database(self) -> Any:
        """The database in the file."""
        self._database = make_database(f"sqlite:///{self._part}")
        return self._database

    def clean(self, database: Any, erased: int) -> None:
        """Write the file anew, without a trace of what was erased, and in one piece."""
        if erased:
            database.execute_sql("VACUUM")
        database.execute_sql("PRAGMA journal_mode = DELETE")

    def swap(self) -> str:
        """Put the file into the place of the database, which stays under another name. There is one at any moment."""
        self._database.close()
        with self._part.open("rb") as file:
            os.fsync(file.fileno())
        self._give_to(self._path if self._path.exists() else self._path.parent)
        if not self._path.exists():
            self._part.rename(self._path)
            sync(self._path.parent)
            return ""
        aside = f"{self._path}.replaced-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
        with alone(self._path):
            for suffix in filter(lambda suffix: Path(f"{self._path}{suffix}").exists(), BESIDE):  # of a damaged one
                os.rename(f"{self._path}{suffix}", f"{aside}{suffix}")
            os.link(self._path, aside)
            self._part.replace(self._path)
        sync(self._path.parent)
        return aside

    def _give_to(self, owner: Path) -> None:
        """Give the file the owner and rights of what was there: a restore may be run by root, the service is not."""
        there = owner.stat()
        with suppress(PermissionError):
            os.chown(self._part, there.st_uid, there.st_gid)
        if owner.is_file():
            self._part.chmod(there.st_mode & 0o777)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep all other processes off the database at `path`. Raises BackupError if one has it open.

    A process keeps its place in a WAL for as long as it is connected, so idle ones are noticed, too. Whatever is no
    database any more, nobody uses.
    """
    if not path.exists():
        yield
        return
    connection = cysqlite.connect(str(path), timeout=0)
    try:
        if not _seize(connection):
            raise BackupError(f"{path} is in use: stop web and worker first")
        yield
    finally:
        if connection.in_transaction:
            connection.rollback()
        connection.close()


def _seize(connection: Any) -> bool:
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
        connection.execute("BEGIN EXCLUSIVE")
    except cysqlite.DatabaseError as error:
        return not BUSY.search(str(error))
    return mode == "delete"
