"""A circuit breaker and a rate limit for each of mail, SMS and push: one row each, shared by all workers."""

import datetime as dt
import logging
from typing import Any, Literal

from peewee import SQL, Case, CharField, Expression, IntegerField, JSONField, TextField, Value

from models.base import Base, UTCDateTimeField, db, now
from models.built_once import BuiltOnce
from models.notifications.outcome import Outcome

log = logging.getLogger("etracking.notifications")

CHANNELS = ("email", "sms", "push")
BreakerState = Literal["closed", "half-open", "open"]

# The breaker opens at so many errors within this time: sending on to a failing provider only makes it worse.
MAX_ERRORS, ERROR_WINDOW = 50, dt.timedelta(seconds=60)
TRIAL_INTERVAL = dt.timedelta(seconds=30)  # how long a breaker stays open before one trial is let through
# Between two SMS of all workers together: Vonage takes 30 a second from an account and refuses the rest.
SLOT_INTERVALS = {"sms": dt.timedelta(seconds=1 / 25)}

SUCCESS_INTERVAL = dt.timedelta(seconds=10)  # how often a success is written down: all workers share this row

LATELY = dt.timedelta(hours=24)

COUNTED = (Outcome.DOWN, Outcome.UNKNOWN)
NOT_TRIED = (Outcome.UNWRITTEN, Outcome.UNWANTED)  # the provider was not asked


class Channel(Base):
    """The breaker of one channel: closed while `probe_at` is null, else open. No row: closed."""

    name = CharField(max_length=5, primary_key=True)
    why = TextField(default="")
    stopped_at = UTCDateTimeField(null=True)
    probe_at = UTCDateTimeField(null=True)  # while open: when one trial is let through (half-open)
    errors = IntegerField(default=0)
    errors_from = UTCDateTimeField(null=True)  # when the first of these errors was
    next_at = UTCDateTimeField(null=True)  # the next free slot of the rate limit
    failures = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # attempts in a row without a success
    failing_since = UTCDateTimeField(null=True)  # when the first of these failures was
    last_success_at = UTCDateTimeField(null=True)  # to a few seconds: see SUCCESS_INTERVAL
    cause = CharField(max_length=10, null=True)  # while open: "account", "errors" or "refusals"
    refused = JSONField(null=True)  # what was refused in a row, see verdicts.py

    @classmethod
    def of(cls, name: str) -> "Channel":
        """The row of the channel, or one as it is before anything was sent."""
        return next(iter(_row.rows(name=name)), None) or cls(name=name)

    def admit(self) -> BreakerState:
        """Whether a notification may leave now. "half-open" lets this caller send one trial, every TRIAL_INTERVAL."""
        if self.probe_at is None:
            return "closed"
        mine = (Channel.name == self.name) & self._is_over(Channel.probe_at, TRIAL_INTERVAL)
        return "half-open" if Channel.update(probe_at=now() + TRIAL_INTERVAL).where(mine).execute() else "open"

    @property
    def is_healthy(self) -> bool:
        """True if another success would change nothing in this row: the last one is on record, and no failure since."""
        last = self.last_success_at
        fresh = last is not None and now() - SUCCESS_INTERVAL <= last <= now()
        return fresh and not self.failures and self.probe_at is None

    @classmethod
    def take_slot(cls, name: str) -> float:
        """Rate limit: take the next slot of the channel. Returns 0 if taken, else the seconds until there is one."""
        if name not in SLOT_INTERVALS:
            return 0.0
        cls._ensure_row(name)
        at = now()
        free = (cls.name == name) & (cls.next_at.is_null() | cls._is_over(cls.next_at, SLOT_INTERVALS[name]))
        if cls.update(next_at=at + SLOT_INTERVALS[name]).where(free).execute():
            return 0.0
        return max(0.001, (cls.get_by_id(name).next_at - at).total_seconds())

    @classmethod
    def record_outcome(cls, name: str, outcome: Outcome, error: str, trial: bool = False, spent: float = 0.0) -> None:
        """Record one attempt: open the breaker, count an error, or close it after a successful trial.

        An attempt counts one error for each second `spent`: a server that lets everybody wait is left alone soon.
        """
        if outcome is Outcome.ACCOUNT:
            cls.trip(name, error)
        elif outcome in COUNTED:
            cls._count_errors(name, error, max(1, int(spent)))
        elif trial and outcome not in NOT_TRIED:
            cls._close_breaker(name, outcome)
        cls._record_streak(name, outcome)

    @classmethod
    def _record_streak(cls, name: str, outcome: Outcome) -> None:
        """Keep the number of failures since the last success, and when both were."""
        at = now()
        if outcome is Outcome.SENT:
            old = cls.last_success_at.is_null() | ~cls.last_success_at.between(at - SUCCESS_INTERVAL, at)
            new = (cls.name == name) & ((cls.failures > 0) | old)
            cls._ensure_row(name)
            cls.update(failures=0, failing_since=None, refused=None, last_success_at=at).where(new).execute()
        elif outcome not in NOT_TRIED:
            cls._ensure_row(name)
            present = Value(at, converter=cls.failing_since.db_value)
            since = Case(None, ((cls.failing_since <= at, cls.failing_since),), present)  # null, or a clock ran ahead
            cls.update(failures=cls.failures + 1, failing_since=since).where(cls.name == name).execute()

    @classmethod
    def trip(cls, name: str, why: str, cause: str = "account") -> None:
        """Open the breaker, until a trial succeeds. Only the first call logs the alarm and sets the cause."""
        cls._ensure_row(name)
        running = (cls.name == name) & cls.probe_at.is_null()
        stop = {"why": why, "cause": cause, "stopped_at": now(), "probe_at": now() + TRIAL_INTERVAL}
        if cls.update(stop).where(running).execute():
            alarm = f"{name}-stopped"
            log.critical("ALARM: %s: every notification waits: %s", alarm, why, extra={"alarm": alarm})
        else:
            cls.update(why=why).where(cls.name == name).execute()

    @classmethod
    def _count_errors(cls, name: str, error: str, by: int) -> None:
        cls._ensure_row(name)
        recent = cls.errors_from.between(now() - ERROR_WINDOW, now())
        first = Case(None, ((recent, cls.errors_from),), Value(now(), converter=cls.errors_from.db_value))
        with db.atomic():
            errors = Case(None, ((recent, cls.errors + by),), by)
            cls.update(errors=errors, errors_from=first).where(cls.name == name).execute()
            if cls.get_by_id(name).errors >= MAX_ERRORS:
                cls.trip(name, f"{MAX_ERRORS} errors within {ERROR_WINDOW.seconds} s, the last one: {error}", "errors")

    @classmethod
    def _close_breaker(cls, name: str, outcome: Outcome) -> None:
        """Close the breaker: a server that refuses one recipient works, unless it had stopped for refusing several."""
        resting = (cls.name == name) & cls.probe_at.is_null(False)
        if outcome is not Outcome.SENT:
            resting &= cls.cause.is_null() | (cls.cause != "refusals")
        opened = cls.update(why="", cause=None, stopped_at=None, probe_at=None, errors=0, errors_from=None).where(
            resting
        )
        if opened.execute():
            log.warning("%s works again", name)

    @classmethod
    def succeeded_lately(cls, name: str) -> bool:
        """True if something got through within the last LATELY."""
        lately = cls.last_success_at.between(now() - LATELY, now())
        return cls.select().where((cls.name == name) & lately).exists()

    @classmethod
    def locked(cls, name: str) -> "Channel":
        """The row of the channel, locked until the end of the transaction."""
        cls._ensure_row(name)
        query = cls.select().where(cls.name == name)
        return (query.for_update() if db.for_update else query).get()

    def put(self, **changes: Any) -> None:
        """Write `changes` to the row. The caller holds its lock."""
        Channel.update(**changes).where(Channel.name == self.name).execute()

    @staticmethod
    def _is_over(until: UTCDateTimeField, wait: dt.timedelta) -> Expression:
        """True if `until` has passed, or is implausibly far ahead (clock skew)."""
        at = now()
        return (until <= at) | (until > at + wait)

    @classmethod
    def _ensure_row(cls, name: str) -> None:
        cls.insert(name=name).on_conflict_ignore().execute()


@BuiltOnce
def _row(name: str) -> Any:
    return Channel.select().where(Channel.name == name)
