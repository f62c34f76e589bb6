"""Erase what is due: one small piece at a time, so that neither writers nor a worker that is told to stop wait long."""

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Iterator

from flask import current_app

from backups.aside import put_aside
from models import MODELS, Notification, db, now, retention
from models.sweep import clear_bytes, write_anew
from senders import inbox
from web.state import state

HOUR = 3600.0
PAUSE = 0.02  # seconds at least between two pieces, in which others write; else as long as the piece took
BYTES_EVERY = 900.0  # what citizens erase themselves is gone from the files after that
AGAIN = 5.0  # seconds after which the bytes are tried once more, while readers are in the way

log = logging.getLogger("etracking.retention")


class Erasing:
    """The job of a worker: all rules once an hour, the bytes more often."""

    def __init__(self) -> None:
        self._steps: Iterator[tuple[str, int]] | None = None
        self._counts: Counter[str] = Counter()
        self._begin_at = self._clear_at = 0.0
        self._anew = False  # the file is to be rebuilt, too: once an hour

    def step(self) -> float | None:
        """Do one piece; return the seconds until the next one, or None if there is nothing to do."""
        if self._steps is None and time.monotonic() >= self._begin_at:
            self._steps, self._begin_at = steps(), time.monotonic() + HOUR
        if self._steps is not None:
            return self._erase_next(self._steps)
        if time.monotonic() >= self._clear_at:
            done, self._anew = clear(self._anew), False
            self._clear_at = time.monotonic() + (BYTES_EVERY if done else AGAIN)
        return None

    def _erase_next(self, steps: Iterator[tuple[str, int]]) -> float:
        begun = time.monotonic()
        try:
            with db.connection_context():
                found = next(steps, None)
        except BaseException:
            self._steps = None  # what it did is done; the next run goes on
            raise
        if found:
            self._counts[found[0]] += found[1]
        else:
            tell(self._counts)
            self._steps, self._counts, self._clear_at, self._anew = None, Counter(), 0.0, True
        return pause(begun)


def pause(begun: float) -> float:
    """The seconds to wait after a piece that was begun then: others get half of the time."""
    return max(PAUSE, time.monotonic() - begun)


def steps() -> Iterator[tuple[str, int]]:
    """All that is due by the settings, a piece a step: the name of its rule, and how many rows it was."""
    config = current_app.config
    yield from retention.erase_steps(config, config["AUDIT_DIR"] or config["BACKUP_DIR"])
    if config["INBOX"]:
        kept = retention.days("text", config)
        if gone := inbox.sweep(now() - kept, _is_there):
            yield "inbox", gone


def _is_there(reference: str, at: dt.datetime) -> bool:
    """False if what was written at `at` belongs to a notification that was erased. Ids are given again."""
    key, dots, _rest = reference.partition(".")
    if not dots:
        return True  # of no notification
    return Notification.select().where((Notification.id == int(key)) & (Notification.created_at <= at)).exists()


def clear(anew: bool = False) -> bool:
    """Clear the bytes of what was erased, with `anew` also where pages were split. False if somebody was in the way."""
    with db.connection_context():
        if anew:
            write_anew()
        return clear_bytes(MODELS)


def tell(counts: Counter[str]) -> None:
    """Log how many rows were erased by each rule, no more is known of them; and where nothing is erased."""
    if counts:
        log.info("erased: %s", ", ".join(f"{count} by rule {name}" for name, count in counts.items()))
    with db.connection_context():
        found = put_aside(state().database)
    if found:
        log.warning("nothing is erased in what a restore has put aside, remove it: %s", ", ".join(found))
