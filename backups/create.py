"""Make a copy: consistent, checked, encrypted, complete or not at all."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from peewee import PeeweeException

from backups import archive, journal, manifest, postgresql, sqlite
from backups.errors import BackupError
from backups.folder import Folder
from backups.manifest import Manifest
from models import Backup, now


class Made(NamedTuple):
    """A new copy, and the older ones that went because of it."""

    path: Path
    size: int  # bytes
    rows: int
    seconds: float
    removed: int
    recorded: bool = True


def create(database: Any, url: str, folder: Folder, recipients: Sequence[str], days: int) -> Made:
    """Copy `database` (at `url`) into `folder`, encrypted to `recipients`; then remove what is older than `days`.

    Raises BackupError, OSError (the disk is full) and what the database raises: then no copy was added or removed.
    """
    started = time.monotonic()
    with folder.locked():
        at = now()
        with _source(database, url, folder) as (facts, parts):
            path = folder.write(at, lambda file: archive.write(file, recipients, parts, facts.sealed))
        removed = len(folder.rotate(at, days))
        made = Made(path, path.stat().st_size, sum(facts.counts.values()), time.monotonic() - started, removed)
        return made._replace(recorded=_record(database, folder, made))


def _record(database: Any, folder: Folder, made: Made) -> bool:
    """Write the journal of erasures, and the success where the monitor reads it. False if the database is locked."""
    try:
        with database.connection_context():
            journal.create(folder.path)
            journal.flush(folder.path)
            Backup.record("created", made.size, made.seconds)
        journal.trim(folder.path, now())
    except (PeeweeException, OSError):
        return False
    return True


@contextmanager
def _source(database: Any, url: str, folder: Folder) -> Iterator[tuple[Manifest, Iterator[bytes]]]:
    """What the copy will say about itself, and its content, both of one instant."""
    at = now()
    if database.for_update:
        with postgresql.snapshot(database) as name:
            yield manifest.look(database, at), postgresql.parts(url, name)
        return
    if not Path(database.database).exists():
        raise BackupError(f"there is no database at {database.database}")
    with sqlite.copied(database, folder.path) as (descriptor, copy):
        yield manifest.look(copy, at), sqlite.parts(descriptor)
