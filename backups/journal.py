"""The journal of erasures: a file beside the backups, one line of JSON for each erased row. It names no person.

The database that knows of an erasure may be lost; then this file still says what a restored copy must not bring back.
"""

import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from models import Erasure, db
from models.erasure import KEPT_FOR, Entry

NAME = "erasures.jsonl"
BATCH = 1000  # entries of one transaction


def flush(folder: Path) -> int:
    """Append what the database has erased since the last time, bring it to the disk, and mark it. Returns how many.

    A crash in between leaves entries twice in the journal, or a torn line at its end: neither harms.
    """
    written = 0
    if not Erasure.waiting(1):
        return written
    with _locked(folder) as file:
        while entries := Erasure.waiting(BATCH):
            lines = [json.dumps([e.table, e.row, e.made_at.isoformat(), e.at.isoformat()]) + "\n" for e in entries]
            file.write(_line_break(file) + "".join(lines).encode())
            file.flush()
            os.fsync(file.fileno())
            with db.atomic():
                Erasure.mark_journaled(entries)
            written += len(entries)
    return written


def create(folder: Path) -> None:
    """Make the journal, so that an empty one can be told from one that is lost."""
    with _locked(folder):
        return


def read(path: Path) -> Iterator[Entry]:
    """The entries of the journal at `path`; a line that was torn is left out."""
    with path.open("rb") as file:
        for _line, entry, _at in _parsed(file):
            yield entry


def trim(folder: Path, now: dt.datetime) -> None:
    """Remove the entries that are older than any copy. Most times there are none: the first line is the oldest."""
    with _locked(folder) as file:
        file.seek(0)
        kept = [(line, at) for line, _entry, at in _parsed(file)]
        if not kept or kept[0][1] > now - KEPT_FOR - dt.timedelta(days=7):
            return
        part = folder / f".{NAME}"
        part.write_bytes(b"".join(line for line, at in kept if at > now - KEPT_FOR))
        part.replace(folder / NAME)


@contextmanager
def _locked(folder: Path) -> Iterator[BinaryIO]:
    """The journal, open to append, and nobody else's until the end."""
    while True:
        with os.fdopen(os.open(folder / NAME, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600), "r+b", 0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(file.fileno()), os.stat(folder / NAME)):  # not trimmed meanwhile
                yield file
                return


def _line_break(file: BinaryIO) -> bytes:
    """What has to stand before a new line: a break, if the last one was torn."""
    end = file.seek(0, os.SEEK_END)
    return b"\n" if end and os.pread(file.fileno(), 1, end - 1) != b"\n" else b""


def _parsed(file: BinaryIO) -> Iterator[tuple[bytes, Entry, dt.datetime]]:
    for line in file:
        with suppress(ValueError, TypeError):
            table, row, made_at, at = json.loads(line)
            yield line, Entry(table, row, dt.datetime.fromisoformat(made_at)), dt.datetime.fromisoformat(at)
