"""Export the oldest part of the audit log to a file, and cut it off: the rest goes on proving that it is whole."""

import datetime as dt
import json
import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from models.base import db, now
from models.staff.audit import FIRST_SEAL, Audit
from models.staff.audit_cut import AuditCut

ACTION = "cut"  # the row of the log that records a cut
ROWS_AT_ONCE = 1000  # of one transaction
EVERY = dt.timedelta(days=1)  # between two cuts, so that there is one file a day at most

log = logging.getLogger("etracking.retention")


class BrokenChainError(Exception):
    """A row was changed or removed. Nothing is exported or cut: what is there is evidence."""


def cut(folder: str, period: dt.timedelta) -> int:
    """Export what is older than `period` into `folder`, and delete some of what was cut. Returns how many rows went.

    Killed at any moment, the next call goes on: the file is complete before the cut is recorded, and the cut is
    recorded before a row goes. Without a folder nothing is cut.
    """
    if not folder:
        return 0
    latest = AuditCut.latest()
    if latest is None or latest.at < now() - EVERY:
        try:
            _export(Path(folder), latest, now() - period)
        except BrokenChainError as error:
            log.error("the audit log is not cut: row %s was changed or removed; see `audit verify`", error)
            return 0
    return _delete()


def _export(folder: Path, latest: AuditCut | None, before: dt.datetime) -> None:
    first = latest.last_id + 1 if latest else 1
    last = _last(before)
    if last < first:
        return
    path = folder / f"audit-{first}-{last}.jsonl"
    rows = Audit.select().where(Audit.id.between(first, last)).order_by(Audit.id)
    seal = write(path, _whole(rows.iterator(), first, latest.seal if latest else FIRST_SEAL))
    with db.atomic():
        Audit.lock()
        AuditCut.create(last_id=last, seal=seal, at=now(), file=path.name)
        Audit.record(None, ACTION, first=first, last=last, seal=seal)
    log.info("audit log: rows %d to %d are in %s", first, last, path.name)


def _last(before: dt.datetime) -> int:
    """The last row of the oldest part: all rows up to it are older than `before`."""
    newer = Audit.select(Audit.id).where(Audit.at >= before).order_by(Audit.id).first()
    newest = Audit.select(Audit.id).order_by(Audit.id.desc()).first()
    return int(newer.id - 1 if newer else newest.id if newest else 0)


def _whole(rows: Iterable[Audit], first: int, seal: str) -> Iterator[Audit]:
    """The rows, as long as the chain holds. Raises BrokenChainError."""
    for expected, row in enumerate(rows, first):
        if row.id != expected or row.seal != row.compute_seal(seal):
            raise BrokenChainError(expected)
        seal = row.seal
        yield row


def write(path: Path, rows: Iterable[Audit]) -> str:
    """Write one line of JSON for each row, complete or not at all; returns the seal of the last one."""
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    part, seal = path.with_name(f".{path.name}.part"), ""
    with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        for row in rows:
            seal = row.seal
            file.write(json.dumps(_content(row), separators=(",", ":")) + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return seal


def _content(row: Audit) -> dict[str, Any]:
    return {
        "id": row.id,
        "at": row.at.isoformat(),
        "staff": row.staff,
        "action": row.action,
        "dossier": row.dossier,
        "details": row.details,
        "seal": row.seal,
    }


def read(lines: Iterable[str]) -> Iterator[Audit]:
    """The rows of an export. Raises ValueError or KeyError for a line that is none."""
    for line in lines:
        content = json.loads(line)
        yield Audit(**content | {"at": dt.datetime.fromisoformat(content["at"])})


def verify(lines: Iterable[str]) -> tuple[int, str]:
    """Check an export: how many rows, and the seal of the last one. Raises BrokenChainError.

    The first row is believed, unless the export begins with row 1; the last seal has to be that of a cut.
    """
    count, before = 0, Audit(id=0, seal=FIRST_SEAL)
    for count, row in enumerate(read(lines), 1):
        follows = row.seal == row.compute_seal(before.seal) and row.id == before.id + 1
        if not follows and (count > 1 or row.id == 1):
            raise BrokenChainError(row.id)
        before = row
    return count, before.seal if count else ""


def _delete() -> int:
    latest = AuditCut.latest()
    if latest is None:
        return 0
    oldest = Audit.select(Audit.id).where(Audit.id <= latest.last_id).order_by(Audit.id).limit(ROWS_AT_ONCE)
    with db.atomic():
        return Audit.delete().where(Audit.id.in_(oldest)).execute()
