"""Write anew what older keys of the ring have encrypted and hashed, so that they can be removed."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from peewee import SQL, IntegrityError, fn

from models.base import db
from models.security import keys
from models.security.encrypted import SealedModel, UnreadableError, encrypted_fields
from models.security.kept_keys import KeptKey

PIECE = 200  # rows of one transaction: nobody waits long
MAX_PASSES = 3  # PostgreSQL passes over rows that somebody else has locked
PREFIX_LENGTH = len(f"{keys.VERSION}.00000000.")


class Piece(NamedTuple):
    """What was done in one transaction."""

    table: str
    written: int


def sealed_models() -> list[type[SealedModel]]:
    """The models with encrypted columns."""
    return sorted(SealedModel.__subclasses__(), key=lambda model: str(model._meta.table_name))


def usage() -> dict[str, Counter[str]]:
    """{id of a key: {table: how many values it has encrypted}}, also of keys that are not in the ring."""
    found: dict[str, Counter[str]] = {}
    for model in sealed_models():
        for field in encrypted_fields(model):
            key_id: Any = fn.SUBSTR(SQL(field.column_name), len(keys.VERSION) + 2, 8)
            query: Any = model.select(key_id, fn.COUNT(SQL("1"))).where(field.is_null(False)).group_by(SQL("1"))
            for named, count in query.tuples():
                found.setdefault(named, Counter())[model._meta.table_name] += count
    return found


def rotate(pause: float = 1.0) -> Iterator[Piece]:
    """Write anew what older keys have encrypted, a piece at each step. Killed, it goes on where it was.

    Safe beside running web processes and workers. After each piece it sleeps `pause` times as long as the piece took,
    so that others get their turn.
    """
    KeptKey.keep_older()
    for model in sealed_models():
        for _pass in range(MAX_PASSES):
            written = 0
            for piece in _through(model, pause):
                written += piece.written
                yield piece
            if not written:
                break


def _through(model: type[SealedModel], pause: float) -> Iterator[Piece]:
    last: Any = None
    while True:
        started = time.monotonic()
        with db.atomic():
            rows = _older(model, last)
            done = [_write_anew(row) for row in rows]
        if not rows:
            return
        last = rows[-1]._pk  # type: ignore[attr-defined]
        yield Piece(model._meta.table_name, done.count(True))
        time.sleep(pause * (time.monotonic() - started))


def _older(model: type[SealedModel], last: Any) -> list[SealedModel]:
    """The next rows with a value that the newest key has not encrypted, locked until the transaction ends."""
    newest = f"{keys.VERSION}.{keys.newest_id()}."
    conditions = [fn.SUBSTR(SQL(f.column_name), 1, PREFIX_LENGTH) != newest for f in encrypted_fields(model)]
    older = conditions[0]
    for condition in conditions[1:]:
        older |= condition
    key: Any = model._meta.primary_key
    query: Any = model.select().where(older if last is None else older & (key > last)).order_by(key).limit(PIECE)
    return list(query.for_update("FOR NO KEY UPDATE SKIP LOCKED") if db.for_update else query)


def _write_anew(row: SealedModel) -> bool:
    """Encrypt and hash the values of `row` with the newest key. False if one of them cannot be read: it stays."""
    changes: dict[str, Any] = {}
    for field in encrypted_fields(type(row)):
        with suppress(UnreadableError):
            changes[field.name] = row.sealed(field.name, getattr(row, field.name))
    readable = len(changes) == len(encrypted_fields(type(row)))
    hashes = row.keyed_hashes() if readable else {}
    if not _put(row, changes | hashes):  # another row has the new hash already: this one is found by its old one
        _put(row, changes)
    return readable


def _put(row: SealedModel, changes: dict[str, Any]) -> bool:
    """Write `changes` of `row`. False if it would be the same as another row."""
    key: Any = row._meta.primary_key
    with suppress(IntegrityError), db.atomic():
        if changes:
            type(row).update(changes).where(key == row._pk).execute()  # type: ignore[attr-defined]
        return True
    return False
