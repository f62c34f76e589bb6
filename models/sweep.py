"""Clear the bytes of what was erased from the files of the database; and when erasing was last done, for the alarm."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress

from peewee import CharField, OperationalError

from models.base import Base, UTCDateTimeField, db, now

RULES = "rules"  # all that was due was erased
MAX_REBUILT = 64 * 2**20  # bytes, of which VACUUM takes about a second
BYTES = "bytes"  # what was erased is gone from the files of the database, too


class Sweep(Base):
    """The latest success of one part of the erasing: RULES or BYTES."""

    name = CharField(primary_key=True, max_length=8)
    at = UTCDateTimeField()

    @classmethod
    def record(cls, name: str) -> None:
        """Record that this part has just been done."""
        cls.insert(name=name, at=now()).on_conflict(conflict_target=[cls.name], preserve=[cls.at]).execute()

    @classmethod
    def last(cls, name: str) -> dt.datetime | None:
        """When this part was done last; None if never."""
        row = cls.get_or_none(cls.name == name)
        return row.at if row else None


def clear_bytes(models: Iterable[type[Base]]) -> bool:
    """Clear the bytes of erased rows of `models`. False if readers or another writer were in the way: try again.

    SQLite has overwritten them in its pages already (secure_delete); here the pages in the write-ahead log go to the
    file, and the log is cut to nothing. PostgreSQL removes the dead rows (VACUUM); docs/operating.md says what remains.
    """
    if db.for_update:
        names = ", ".join(f'"{model._meta.table_name}"' for model in models)
        db.execute_sql(f"VACUUM (SKIP_LOCKED, INDEX_CLEANUP ON) {names}")
        done = True
    else:
        done = _cut_log()
    if done:
        Sweep.record(BYTES)
    return done


def write_anew() -> None:
    """Rebuild the file of SQLite: where it splits a page, it leaves copies of the rows that it moves, erased ones too.

    Not a large one, for nobody can write meanwhile; docs/operating.md says what remains. Nor while somebody writes, or
    without room for it: the next hour does it.
    """
    if db.for_update:
        return
    pages, size = (db.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    if pages * size <= MAX_REBUILT:
        with suppress(OperationalError):
            db.execute_sql("VACUUM")


def _cut_log() -> bool:
    try:
        busy = db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except OperationalError:
        return False
    return not busy
