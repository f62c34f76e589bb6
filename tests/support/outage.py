"""Days on which mail does not leave: a worker and its alarms, minute by minute, by a clock that does not wait."""

import datetime as dt
from collections.abc import Callable

import time_machine
from flask import Flask

from commands import alarms
from commands.worker import Worker, reclaim
from models import Alarm, db, now
from support.sending import make_dossier

MINUTE = dt.timedelta(minutes=1)


class Outage:
    """`per_hour` citizens register by mail; one worker sends. `spend` lets time pass during a mail."""

    def __init__(self, app: Flask, per_hour: int) -> None:
        self.app, self.per_hour, self.made = app, per_hour, 0
        self.rung: dict[str, int] = {}  # alarm -> the minute in which it rang first
        self.clock: time_machine.Coordinates | None = None

    def run(self, minutes: int, at: dict[int, Callable[[], None]] | None = None) -> dict[str, int]:
        """Let so many minutes pass, doing what `at` says in a minute; return when which alarm rang first."""
        with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as self.clock:
            for minute in range(minutes):
                (at or {}).get(minute, lambda: None)()
                self._register((minute + 1) * self.per_hour // 60)
                end = now() + MINUTE
                self._work(end)
                self._watch(minute + 1)
                self.clock.move_to(max(end, now()))
        return self.rung

    def spend(self, seconds: float) -> None:
        self.clock.shift(seconds)

    def _register(self, until: int) -> None:
        with db.connection_context():
            while self.made < until:
                self.made += 1
                make_dossier(("email", f"citizen{self.made}@example.org"))

    def _work(self, end: dt.datetime) -> None:
        mail = Worker().jobs[0]
        reclaim()
        while now() < end and mail.step() is not None:
            pass

    def _watch(self, minute: int) -> None:
        alarms.watch()
        with db.connection_context():
            for alarm in Alarm.select():
                self.rung.setdefault(alarm.name, minute)
