"""Copies of a SQLite database while the service runs. A plain copy has no name on the disk, so none is left behind."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from playhouse.cysqlite_ext import CySqliteDatabase

from backups.archive import PART_BYTES
from backups.errors import BackupError
from backups.folder import UNFINISHED

STEPS = 1000  # of SQLite's machine between two looks at the growing copy


@contextmanager
def nameless(folder: Path) -> Iterator[tuple[Path, int, Any]]:
    """An empty file in `folder`: its path, a descriptor, and a database on it, to be read once the file is filled.

    Whoever has filled it removes its name. The database cannot be written: SQLite refuses to where the name is gone.
    """
    path = folder / f"{UNFINISHED}{os.getpid()}.db"
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    database = CySqliteDatabase(str(path), pragmas={})
    try:
        database.connect()
        yield path, descriptor, database
    finally:
        path.unlink(missing_ok=True)
        database.close()
        os.close(descriptor)


@contextmanager
def copied(database: Any, folder: Path) -> Iterator[tuple[int, Any]]:
    """A consistent copy of `database`, checked: a descriptor of its file and a database on it. Writers do not wait."""
    with nameless(folder) as (path, descriptor, copy):
        with database.connection_context():
            connection = database.connection()
            connection.progress(lambda: _unname(path, descriptor), STEPS)
            try:
                with _undisturbed():
                    database.execute_sql("VACUUM INTO ?", (str(path),))
            finally:
                connection.progress(None, 0)
        path.unlink(missing_ok=True)
        check(copy)
        yield descriptor, copy


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let SIGTERM and Ctrl-C wait: raised inside SQLite's callback, they would leave it with the file."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _unname(path: Path, descriptor: int) -> int:
    """Take the name from the copy as soon as it has content: by then SQLite has opened it."""
    if os.fstat(descriptor).st_size:
        path.unlink(missing_ok=True)
    return 0


def check(database: Any) -> None:
    """Raise BackupError if the file is damaged or a row refers to one that is missing."""
    found = [row[0] for row in database.execute_sql("PRAGMA integrity_check(3)").fetchall()]
    if found != ["ok"]:
        raise BackupError(f"the database is damaged: {'; '.join(found)}")
    if orphans := database.execute_sql("PRAGMA foreign_key_check").fetchall():
        raise BackupError(
            f"the database is damaged: a row of {orphans[0][0]} refers to a row of {orphans[0][2]} that is gone"
        )


def parts(descriptor: int) -> Iterator[bytes]:
    """The content of the file, from its beginning."""
    with closing(os.fdopen(os.dup(descriptor), "rb")) as file:
        file.seek(0)
        while part := file.read(PART_BYTES):
            yield part
