"""The folder of the backups: a new copy appears complete or not at all, and old ones go only after it."""

import datetime as dt
import fcntl
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from backups.errors import BackupError
from web import file_modes

NAME = re.compile(r"etracking-(\d{8}T\d{6}Z)\.age")
STAMP = "%Y%m%dT%H%M%SZ"
UNFINISHED = ".unfinished-"  # begins the name of what is not a copy yet; removed by the next run
ALL_FOR, DAILY_FOR = dt.timedelta(days=1), dt.timedelta(days=7)
LEAST = 7  # copies that stay whatever their age: a clock that ran ahead must not remove them all


class Copy(NamedTuple):
    """One finished copy."""

    at: dt.datetime
    path: Path


class Folder:
    """The folder with the copies of one site."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock out other runs, and remove what a run that was killed has left. Raises BackupError if one is running."""
        file_modes.make_folder(self.path)
        file_modes.close(self.path)
        lock = os.open(self.path / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("another backup is running") from None
        else:
            self._sweep()
            try:
                yield
            finally:
                self._sweep()
        finally:
            os.close(lock)

    def _sweep(self) -> None:
        for left in self.path.glob(f"{UNFINISHED}*"):
            left.unlink(missing_ok=True)

    def copies(self) -> list[Copy]:
        """All finished copies, oldest first."""
        names = [(NAME.fullmatch(path.name), path) for path in self.path.glob("etracking-*.age")]
        return sorted(Copy(_instant(found[1]), path) for found, path in names if found)

    def newest(self) -> Path:
        """The newest copy. Raises BackupError if there is none."""
        if not (copies := self.copies()):
            raise BackupError(f"there is no copy in {self.path}")
        return copies[-1].path

    def write(self, at: dt.datetime, fill: Callable[[BinaryIO], None]) -> Path:
        """Let `fill` write the copy of this instant. It gets its name once it is on the disk and was read again."""
        final = self.path / f"etracking-{at.astimezone(dt.UTC).strftime(STAMP)}.age"
        if final.exists():
            raise BackupError(f"{final.name} is there already")
        unfinished = self.path / f"{UNFINISHED}{final.name}"
        try:
            _write(unfinished, fill)
            unfinished.rename(final)
        finally:
            unfinished.unlink(missing_ok=True)
        sync(self.path)
        return final

    def rotate(self, now: dt.datetime, days: int) -> list[Path]:
        """Remove the copies that are no longer kept; returns them."""
        gone = [copy.path for copy in surplus(self.copies(), now, days)]
        for path in gone:
            path.unlink()
        return gone


def surplus(copies: list[Copy], now: dt.datetime, days: int) -> list[Copy]:
    """The copies to remove: of a day all are kept, of a week the last of each day, of `days` the last of each week.

    A copy from the future (the clock ran ahead) counts as the oldest. The newest LEAST stay in any case.
    """
    past = sorted(copy for copy in copies if copy.at <= now)
    ordered = [copy for copy in copies if copy.at > now] + past
    last = {_period(copy, now): copy for copy in past}  # the later one takes the place
    kept = {copy for copy in last.values() if now - copy.at <= dt.timedelta(days=days)} | set(ordered[-LEAST:])
    return [copy for copy in ordered if copy not in kept]


def _period(copy: Copy, now: dt.datetime) -> tuple[object, ...]:
    age = now - copy.at
    if age <= ALL_FOR:
        return ("all", copy.at)
    return ("day", copy.at.date()) if age <= DAILY_FOR else ("week", *copy.at.isocalendar()[:2])


def _instant(stamp: str) -> dt.datetime:
    return dt.datetime.strptime(stamp, STAMP).replace(tzinfo=dt.UTC)


class _Hashing:
    """A file that knows the SHA-256 of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()
        self.flush = file.flush

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        return self._file.write(data)


def _write(path: Path, fill: Callable[[BinaryIO], None]) -> None:
    """Write, bring to the disk, read again and compare."""
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b") as file:
        hashing = _Hashing(file)
        fill(hashing)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # from the disk, not from memory
        file.seek(0)
        if hashlib.file_digest(file, "sha256").digest() != hashing.digest.digest():
            raise BackupError("the disk does not give back what was written to it")


def sync(folder: Path) -> None:
    """Bring the names in this folder to the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
