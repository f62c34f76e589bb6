"""Alarms that ring: one row each, shared by all workers, so that each rings once and not once a worker."""

import datetime as dt
import logging
import socket
from collections.abc import Iterable
from typing import NamedTuple

from peewee import CharField, CompositeKey, TextField

from models.base import Base, UTCDateTimeField, now

log = logging.getLogger("etracking.alarms")

MACHINE = socket.gethostname()[:60]


class Condition(NamedTuple):
    """Something that is wrong now."""

    name: str  # of models/monitoring/conditions.py
    text: str  # what, in words; no address, no number
    machine: str = ""  # the only machine that knows of it; empty if every worker sees it
    rung: bool = False  # whoever found it has logged the alarm already


class Alarm(Base):
    """An alarm that rings. Its row goes when it is over."""

    name = CharField(max_length=30)
    machine = CharField(max_length=60)
    text = TextField()
    since = UTCDateTimeField()
    rung_at = UTCDateTimeField()  # when it was last logged

    class Meta:
        primary_key = CompositeKey("name", "machine")

    @classmethod
    def settle(cls, conditions: Iterable[Condition], repeat: dt.timedelta) -> None:
        """Ring for what is new, again every `repeat` for what lasts, and say what is over."""
        conditions = list(conditions)
        for condition in conditions:
            if cls._begin(condition):
                if not condition.rung:
                    cls._ring(condition)
            elif cls._repeat(condition, repeat):
                cls._ring(condition)
        cls._end_all_but(conditions)

    @classmethod
    def _begin(cls, condition: Condition) -> bool:
        """Write the row of a new alarm; False if another worker has, or it rings since long."""
        row = {cls.name: condition.name, cls.machine: condition.machine, cls.text: condition.text}
        insert = cls.insert(row | {cls.since: now(), cls.rung_at: now()})
        return bool(insert.on_conflict_ignore().as_rowcount().execute())

    @classmethod
    def _repeat(cls, condition: Condition, repeat: dt.timedelta) -> bool:
        """True for one worker each time that `repeat` is over; also if the last ring is ahead (a clock was wrong)."""
        at = now()
        mine = (cls.name == condition.name) & (cls.machine == condition.machine)
        over = (cls.rung_at <= at - repeat) | (cls.rung_at > at)
        return bool(cls.update(rung_at=at, text=condition.text).where(mine & over).execute())

    @classmethod
    def _end_all_but(cls, conditions: list[Condition]) -> None:
        """Remove the alarms that are over, of those that this machine can judge."""
        lasting = {(condition.name, condition.machine) for condition in conditions}
        for alarm in cls.select().where(cls.machine.in_(("", MACHINE))):
            mine = (cls.name == alarm.name) & (cls.machine == alarm.machine)
            if (alarm.name, alarm.machine) not in lasting and cls.delete().where(mine).execute():
                minutes = max(0, int((now() - alarm.since).total_seconds() // 60))
                log.warning("alarm is over: %s, after %d minutes", alarm.name, minutes, extra={"alarm": alarm.name})

    @staticmethod
    def _ring(condition: Condition) -> None:
        log.critical("ALARM: %s: %s", condition.name, condition.text, extra={"alarm": condition.name})
