"""Erase rows that hold personal data, and remember which: a restored copy may hold them still.

An entry names no person. It says table, id and the instant at which the row was made: SQLite hands out an id again, so
the id alone could name another row.
"""

import datetime as dt
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from peewee import BigIntegerField, BooleanField, CharField, Expression, Field

from models.base import Base, UTCDateTimeField, db, delete_some, now

KEPT_FOR = dt.timedelta(days=90)  # longer than any copy may be kept, see BACKUP_KEEP
CHUNK = 500  # rows of one statement


class Entry(NamedTuple):
    """One erased row."""

    table: str
    row: int
    made_at: dt.datetime


class Erasure(Base):
    """One erased row, written in the transaction that erased it."""

    table = CharField(max_length=30)
    row = BigIntegerField(index=True)
    made_at = UTCDateTimeField()
    at = UTCDateTimeField(index=True)
    journaled = BooleanField(default=False, index=True)  # copied to the journal beside the backups

    @classmethod
    def waiting(cls, limit: int) -> list["Erasure"]:
        """The oldest entries that are not in the journal yet, at most `limit`."""
        return list(cls.select().where(~cls.journaled).order_by(cls.id).limit(limit))

    @classmethod
    def mark_journaled(cls, entries: "list[Erasure]") -> None:
        """Record that these entries are in the journal."""
        cls.update(journaled=True).where(cls.id.in_([entry.id for entry in entries])).execute()

    @classmethod
    def purge(cls) -> int:
        """Delete some entries that are older than any copy. Returns how many."""
        return delete_some(cls, cls.at < now() - KEPT_FOR)

    @classmethod
    def of(cls, table: str, row: int) -> "list[Erasure]":
        """What is remembered of the rows of `table` that had this id."""
        return list(cls.select().where((cls.table == table) & (cls.row == row)))


def erase(model: type[Base], condition: Expression) -> int:
    """Delete the rows of `model` that match, and record each as erased, in one transaction. Returns how many.

    What belongs to them (ON DELETE CASCADE) goes with them, also when a restore erases them again.
    """
    with db.atomic():
        gone = model.delete().where(condition).returning(model.id, _made_at(model)).tuples().execute()
        at, table = now(), model._meta.table_name
        entries = [{"table": table, "row": row, "made_at": made_at, "at": at} for row, made_at in gone]
        for start in range(0, len(entries), CHUNK):
            Erasure.insert_many(entries[start : start + CHUNK]).execute()
    return len(entries)


def erase_some(model: type[Base], which: Expression, most: int) -> int:
    """Erase at most so many rows that match, in one transaction. Returns how many.

    They are found by a query of its own and looked at again under the lock: no writer waits for the search.
    """
    found = [row.id for row in model.select(model.id).where(which).limit(most)]
    if not found:
        return 0
    with db.atomic():
        return erase(model, model.id.in_(still(model, which, found)))


def still(model: type[Base], which: Expression, found: list[Any]) -> list[Any]:
    """Those of the rows with the ids `found` that still match, locked until the transaction ends."""
    rows = model.select(model.id).where(model.id.in_(found) & which)
    return [row.id for row in (rows.for_update() if db.for_update else rows)]


def erase_again(entries: Iterable[Entry], models: Iterable[type[Base]]) -> int:
    """Erase what these entries name, in a restored copy. Returns how many rows it still held."""
    known = {model._meta.table_name: model for model in models}
    found = 0
    with db.atomic():
        for table, group in groupby(sorted(set(entries)), itemgetter(0)):
            rows = {(row, made_at) for _table, row, made_at in group}
            found += _erase_rows(known[table], rows) if table in known else 0
    return found


def _erase_rows(model: type[Base], rows: set[tuple[int, dt.datetime]]) -> int:
    found, ids = 0, sorted(row for row, _made_at in rows)
    for start in range(0, len(ids), CHUNK):
        there: Any = model.select(model.id, _made_at(model)).where(model.id.in_(ids[start : start + CHUNK])).tuples()
        if same := [row for row, made_at in there if (row, made_at) in rows]:
            found += erase(model, model.id.in_(same))
    return found


def _made_at(model: type[Base]) -> Field:
    """The column that says when a row was made. Raises KeyError for a model without one."""
    fields: dict[str, Any] = model._meta.fields
    return fields["created_at"] if "created_at" in fields else fields["at"]
