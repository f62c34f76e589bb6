"""Whether this process can do its work: one line for each check, within a few seconds whatever hangs.

The checks run in a thread of their own: a database or a disk that does not answer must not hold the request.
"""

import datetime as dt
import shutil
import threading
import time
from pathlib import Path

from flask import Flask

from models import Channel, db, now
from models.monitoring import figures
from models.notifications.heartbeat import MAX_AHEAD, PROBE, Heartbeat
from paths import ROOT
from web import schema
from web.state import state

WEB = ("disk", "database", "schema")  # what a web process needs to answer
ALL = (*WEB, "worker", "notifications")
LIMIT = 2.5  # seconds for all checks together
FRESH = 2.0  # seconds that an answer is kept: balancers ask every second
NOTIFICATIONS_FRESH = 20.0  # the oldest notification is looked for less often: in a backlog that takes time
MAX_SHARE = 0.05  # of a small disk, this share has to be free instead of READY_FREE_MB

Problems = dict[str, str]  # check -> what is wrong; empty if nothing is


class Readiness:
    """Per-process cache of the problems. One thread looks; if it hangs, no second one is started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._problems: Problems = {}
        self._found: Problems = {}  # by the last thread so far
        self._until = self._notifications_until = 0.0
        self._notifications = ""

    def problems(self, app: Flask) -> Problems:
        """The problem of each check of ALL, at most FRESH seconds old."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._problems = self._look(app)
                self._until = time.monotonic() + FRESH
            return self._problems

    def _look(self, app: Flask) -> Problems:
        if self._thread is None or not self._thread.is_alive():
            self._found = {}
            self._thread = threading.Thread(target=self._check, args=(app, self._found), daemon=True)
            self._thread.start()
            self._thread.join(LIMIT)
        return {name: self._found.get(name, f"no answer within {LIMIT} seconds") for name in ALL}

    def _check(self, app: Flask, found: Problems) -> None:
        """Fill `found`, in the order in which the checks need each other."""
        with app.app_context():
            found["disk"] = disk(app)
            try:
                self._check_database(app, found)
            except Exception as error:  # a report, whatever goes wrong
                found.setdefault("database", schema.first_line(error))
            for name in ALL:
                found.setdefault(name, "not looked at, because of the database")

    def _check_database(self, app: Flask, found: Problems) -> None:
        database = state().database
        if why := schema.missing_file(database):
            found["database"] = why
            return
        with db.connection_context():
            if why := schema.read(database).problem:
                found |= {"database": "", "schema": why}
                return
            found["schema"] = ""
            Heartbeat.beat(PROBE)  # fails if the disk is full or read-only, or another process holds the lock
            found["database"] = ""
            found["worker"] = worker()
            found["notifications"] = self._oldest(app)

    def _oldest(self, app: Flask) -> str:
        if time.monotonic() >= self._notifications_until:
            self._notifications = notifications(dt.timedelta(seconds=app.config["READY_OLDEST_SECONDS"]))
            self._notifications_until = time.monotonic() + NOTIFICATIONS_FRESH
        return self._notifications


def disk(app: Flask) -> str:
    """Which folder that we write to has too little room, or cannot be looked at."""
    folders = [] if db.for_update else [Path(state().database.database).absolute().parent]
    if app.config["INBOX"]:
        folders.append(ROOT / app.config["INBOX_DIR"])
    return "; ".join(filter(None, (_room(folder, app.config["READY_FREE_MB"] * 10**6) for folder in folders)))


def _room(folder: Path, needed: int) -> str:
    try:
        usage = shutil.disk_usage(next(path for path in (folder, *folder.parents) if path.exists()))
    except OSError as error:
        return f"{folder}: {error.strerror}"
    needed = min(needed, int(usage.total * MAX_SHARE))
    return (
        f"{folder} has {usage.free / 1e6:,.0f} MB free, {needed / 1e6:,.0f} are needed" if usage.free < needed else ""
    )


def worker() -> str:
    """Why no worker seems to live."""
    if Heartbeat.alive():
        return ""
    last = Heartbeat.last()
    if last is None:
        return "none has been heard of"
    age = (now() - last).total_seconds()
    if -age > MAX_AHEAD.total_seconds():
        return f"none lives, or its clock is {-age:,.0f} s ahead of the clock here"
    return f"last heard of {age:,.0f} s ago"


def notifications(limit: dt.timedelta) -> str:
    """Since when mail or SMS do not get through; a single one that fails is no problem while others of it leave."""
    latest = now() - limit
    working = {row.name for row in Channel.select() if row.last_success_at and row.last_success_at > latest}
    waits = {
        name: since
        for name, since in figures.undelivered_since().items()
        if name in {"email", "sms"} - working and since < latest
    }
    told = (f"the oldest {name} waits for {(now() - since).total_seconds():,.0f} s" for name, since in waits.items())
    return "; ".join(sorted(told))
