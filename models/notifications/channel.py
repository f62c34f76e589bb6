"""Whether mail, SMS and push may leave at this moment: one row each, shared by every worker on every machine."""

import datetime as dt
import logging
from typing import Literal

from peewee import Case, CharField, Expression, IntegerField, TextField, Value

from models.base import Base, UTCDateTimeField, db, now
from models.notifications.outcome import Outcome

log = logging.getLogger("etracking.messages")

CHANNELS = ("email", "sms", "push")
Gate = Literal["open", "probe", "shut"]

# A breaker: when a provider fails so often in so short a time, sending on only makes it worse.
ERRORS, WINDOW = 50, dt.timedelta(seconds=60)
PROBE = dt.timedelta(seconds=30)  # how long a channel rests before one notification tries whether all is well again
# SMS of all workers together: Vonage takes 30 a second from an account and refuses the rest.
SPACE = {"sms": dt.timedelta(seconds=1 / 25)}

TROUBLE = (Outcome.DOWN, Outcome.UNKNOWN)
NO_SIGN = (Outcome.UNWRITTEN, Outcome.UNWANTED)  # the provider was not asked


class Channel(Base):
    """A way for notifications to leave. Open unless `probe_at` is set: then it rests, and says why."""

    name = CharField(max_length=5, primary_key=True)
    why = TextField(default="")
    stopped_at = UTCDateTimeField(null=True)
    probe_at = UTCDateTimeField(null=True)  # when one notification may try whether it works again
    errors = IntegerField(default=0)
    errors_from = UTCDateTimeField(null=True)  # when the first of these errors was
    next_at = UTCDateTimeField(null=True)  # when the next notification may leave: keeps them apart

    @classmethod
    def gate(cls, name: str) -> Gate:
        """Whether a notification may leave now. Of all who ask a resting channel, one gets "probe", every PROBE anew."""
        channel = cls.get_or_none(cls.name == name)
        if channel is None or channel.probe_at is None:
            return "open"
        mine = (cls.name == name) & cls._over(cls.probe_at, PROBE)
        return "probe" if cls.update(probe_at=now() + PROBE).where(mine).execute() else "shut"

    @classmethod
    def wait(cls, name: str) -> float:
        """Take the next slot of a channel that keeps notifications apart: 0, or the seconds until there is one."""
        if name not in SPACE:
            return 0.0
        cls._ensure(name)
        at = now()
        free = (cls.name == name) & (cls.next_at.is_null() | cls._over(cls.next_at, SPACE[name]))
        if cls.update(next_at=at + SPACE[name]).where(free).execute():
            return 0.0
        return max(0.001, (cls.get_by_id(name).next_at - at).total_seconds())

    @classmethod
    def heard(cls, name: str, outcome: Outcome, error: str, probe: bool = False, spent: float = 0.0) -> None:
        """Draw the conclusion from one attempt: rest, count an error, or open again after a probe that was answered.

        An attempt that kept a worker waiting counts as many errors as it has `spent` seconds: a server that lets us
        wait fails seldom, but meanwhile that worker sends nothing by the other channels either.
        """
        if outcome is Outcome.ACCOUNT:
            cls.stop(name, error)
        elif outcome in TROUBLE:
            cls._count(name, error, max(1, int(spent)))
        elif probe and outcome not in NO_SIGN:
            cls._open(name)

    @classmethod
    def stop(cls, name: str, why: str) -> None:
        """Nothing leaves by this channel until a probe is answered. The first to say so raises the alarm."""
        cls._ensure(name)
        running = (cls.name == name) & cls.probe_at.is_null()
        if cls.update(why=why, stopped_at=now(), probe_at=now() + PROBE).where(running).execute():
            log.critical("ALARM: %s stopped, every message waits: %s", name, why)
        else:
            cls.update(why=why).where(cls.name == name).execute()

    @classmethod
    def _count(cls, name: str, error: str, by: int) -> None:
        cls._ensure(name)
        recent = cls.errors_from > now() - WINDOW
        first = Case(None, ((recent, cls.errors_from),), Value(now(), converter=cls.errors_from.db_value))
        with db.atomic():
            errors = Case(None, ((recent, cls.errors + by),), by)
            cls.update(errors=errors, errors_from=first).where(cls.name == name).execute()
            if cls.get_by_id(name).errors >= ERRORS:
                cls.stop(name, f"{ERRORS} errors within {WINDOW.seconds} s, the last one: {error}")

    @classmethod
    def _open(cls, name: str) -> None:
        resting = (cls.name == name) & cls.probe_at.is_null(False)
        opened = cls.update(why="", stopped_at=None, probe_at=None, errors=0, errors_from=None).where(resting)
        if opened.execute():
            log.warning("%s works again", name)

    @staticmethod
    def _over(until: UTCDateTimeField, wait: dt.timedelta) -> Expression:
        """Whether the time `until` is over. It is, too, if it lies further off than the wait: a clock was wrong."""
        at = now()
        return (until <= at) | (until > at + wait)

    @classmethod
    def _ensure(cls, name: str) -> None:
        cls.insert(name=name).on_conflict_ignore().execute()
