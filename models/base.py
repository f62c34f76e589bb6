"""The database (SQLite or PostgreSQL, by URL), the base of all models, and the present time."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from zoneinfo import ZoneInfo

import cysqlite
from peewee import DatabaseProxy, DateTimeField, Model
from playhouse.db_url import parse

from models.databases import PostgreSQL, SQLite

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")

# FULL: a number that a citizen saw survives a power cut; NORMAL may lose the last commits.
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -16000,
    "secure_delete": 1,
}
OPTIMIZE = "PRAGMA optimize = 0x10002"  # SQLite: look at all tables, and renew the statistics of those that have grown
# Older SQLite can corrupt a WAL database that several processes write and checkpoint (fixed in 3.51.3).
SAFE_WAL = (3, 51, 3)

db = DatabaseProxy()
_as_if: ContextVar[dt.datetime | None] = ContextVar("as_if", default=None)  # another present, for sample data


class UTCDateTimeField(DateTimeField):
    """Aware UTC in Python, naive UTC in both databases, so that values compare and sort alike."""

    def db_value(self, value: Any) -> Any:
        if isinstance(value, dt.datetime):
            if value.tzinfo is None:
                raise ValueError("a naive datetime has no place in the database")
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        return super().db_value(value)  # type: ignore[no-untyped-call]

    def python_value(self, value: Any) -> Any:
        value = super().python_value(value)  # type: ignore[no-untyped-call]
        if isinstance(value, dt.datetime) and value.tzinfo is None:
            value = value.replace(tzinfo=dt.UTC)
        return value


class ConflictError(Exception):
    """Somebody was quicker, or the status does not allow this. Nothing was changed."""


class Base(Model):
    """Base of all models."""

    id: Any  # peewee adds it; its stubs do not say so

    class Meta:
        database = db
        legacy_table_names = False


def delete_some(model: type[Base], which: Any, most: int = 1000) -> int:
    """Delete at most so many rows that match, so that no other writer waits long. Returns how many."""
    key: Any = model._meta.primary_key
    return model.delete().where(key.in_(model.select(key).where(which).limit(most))).execute()


def is_first_free(key: Any, rows: Any) -> Any:
    """The condition that `key` is the first of `rows` (a query of keys, in order) which nobody else has locked.

    By `=`, never by IN: PostgreSQL may run what stands in an IN anew for each row, and finds another first one each
    time, as this statement has taken the ones before (its bug 15715). One claim then takes all there is.
    """
    first = rows.limit(1)
    if db.for_update:  # PostgreSQL; on SQLite the IMMEDIATE transaction does the same
        first = first.for_update(skip_locked=True)
    return key == first


def now() -> dt.datetime:
    """The present instant, aware, in UTC."""
    return _as_if.get() or dt.datetime.now(dt.UTC)


@contextmanager
def as_if(moment: dt.datetime) -> Iterator[None]:
    """Let now() and today() say `moment` inside the block, for sample data of earlier days; aware, in UTC."""
    before = _as_if.set(moment)
    try:
        yield
    finally:
        _as_if.reset(before)


def today() -> dt.date:
    """The date on a calendar in Luxembourg: the one that periods and arrivals are counted in."""
    return now().astimezone(LUXEMBOURG).date()


def local_day(at: dt.datetime) -> dt.date:
    """The date on which the instant `at` falls in Luxembourg."""
    return at.astimezone(LUXEMBOURG).date()


def make_database(url: str, impatient: bool = False) -> SQLite | PostgreSQL:
    """A Peewee database for `sqlite:///path` or `postgresql://...`; raises ValueError for anything else.

    Connecting makes no SQLite file: where none is, it raises OperationalError. `impatient`: see PostgreSQL.
    """
    if url.startswith("sqlite:"):
        return _sqlite(parse(url)["database"])
    if url.startswith(("postgresql:", "postgres:")):
        return _postgresql(url, impatient)
    raise ValueError("the database URL must begin with sqlite: or postgresql:")


def _sqlite(path: str) -> SQLite:
    if tuple(map(int, cysqlite.sqlite_version.split("."))) < SAFE_WAL:
        raise RuntimeError(f"SQLite {cysqlite.sqlite_version} may corrupt a WAL database: 3.51.3 or newer is needed")
    # IMMEDIATE: a transaction that reads first and writes later would otherwise fail at once under load.
    return SQLite(path, pragmas=PRAGMAS, lock_type="IMMEDIATE")


def _postgresql(url: str, impatient: bool) -> PostgreSQL:
    options = parse(url, unquote_password=True, unquote_user=True)
    return PostgreSQL(options.pop("database"), impatient, **options)


def optimize() -> None:
    """Renew the statistics by which SQLite plans its queries; PostgreSQL does so by itself."""
    if not db.for_update:
        db.execute_sql(OPTIMIZE)
