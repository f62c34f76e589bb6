"""What the worker's log says while the database is away: one line now and then for all threads, one at the end."""

import logging
import threading
import time

from peewee import OperationalError

from models.databases import is_away
from web import log_safety, schema

LOG_EVERY = 10.0  # seconds, as in web/database.py: each thread fails once a second

log = logging.getLogger("etracking.notifications")


class Outage:
    """Which jobs of the worker could not use the database when they last tried. Shared by its threads."""

    def __init__(self) -> None:
        self.failing: set[object] = set()
        self.logged_at, self.logged = -LOG_EVERY, False
        self.lock = threading.Lock()

    def note(self, job: object, error: Exception) -> bool:
        """Note that `job` failed, and log it if it is time to. False if `error` is about anything but the database."""
        if not is_away(error):
            return False
        with self.lock:
            self.failing.add(job)
            if time.monotonic() >= self.logged_at + LOG_EVERY:
                self.logged_at, self.logged = time.monotonic(), True
                log.error("database away at the worker, no notification sent: %s", _reason(error))
        return True

    def over(self, job: object) -> None:
        """Note that `job` did its work; if it was the last that could not, say that the database is there again."""
        with self.lock:
            self.failing.discard(job)
            if self.logged and not self.failing:
                self.logged = False
                log.info("the database is there again")


def _reason(error: Exception) -> str:
    """What the driver says of a connection: host, port and reason. Of anything else what surely quotes no value."""
    return schema.first_line(error) if isinstance(error, OperationalError) else log_safety.describe(error)
