"""Deliveries: events sent to the webhooks of the authorities' own systems. An outbox beside that of notifications."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from peewee import Case, CharField, ForeignKeyField, IntegerField, Value

from models.base import Base, ConflictError, UTCDateTimeField, db, is_first_free, now
from models.dossiers.audience import Address
from models.dossiers.event import Event
from models.staff.audit import Audit
from models.staff.staff import Staff
from models.systems.system import System

MINUTE, HOUR = 60, 3600
RETRY_PAUSES = (
    5 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    20 * HOUR,
)  # seconds after the first, second, ... failure
LEASE = dt.timedelta(minutes=1)  # longer than one request may take


class Delivery(Base):
    """One event for one system. queued -> sending -> sent or failed; or cancelled, when it was undone in time.

    At least once: a system may get an event more than once, with the same id.
    """

    system = ForeignKeyField(System, backref="deliveries", on_delete="CASCADE")
    event = ForeignKeyField(Event, backref="deliveries", on_delete="CASCADE")
    state = CharField(max_length=10, default="queued")
    run_at = UTCDateTimeField()
    attempts = IntegerField(default=0)
    error = CharField(max_length=200, default="")
    sent_at = UTCDateTimeField(null=True)
    system_id: int  # peewee makes it; its stubs do not say so

    class Meta:
        indexes = ((("system", "event"), True), (("state", "run_at"), False))

    @classmethod
    def queue(cls, event: Event, at: dt.datetime) -> None:
        """Queue `event` for the systems of its authority, to leave at `at`; a transfer also for its former one.

        Call it inside the transaction that writes the event.
        """
        authorities = {event.dossier.authority.slug, event.details.get("from") if event.kind == "transferred" else None}
        for system in System.listening(authorities - {None}):
            cls.create(system=system, event=event, run_at=at)

    @classmethod
    def claim(cls) -> "Delivery | None":
        """Claim the delivery that has been due longest. Nobody else gets it while its lease lasts."""
        due = cls.select(cls.id).where(cls.state.in_(("queued", "sending")) & (cls.run_at <= now()))
        first = is_first_free(cls.id, due.order_by(cls.run_at, cls.id))
        with db.atomic():
            claim = cls.update(state="sending", attempts=cls.attempts + 1, run_at=now() + LEASE)
            return next(iter(claim.where(first).returning(cls).execute()), None)

    @classmethod
    def correct_dates(cls, undo: dt.timedelta) -> int:
        """Bring back to now what is dated further ahead than it can be: a clock ran ahead. Returns how many rows."""
        at = now()
        bound = cls._date(at + max(undo, dt.timedelta(seconds=RETRY_PAUSES[0])))
        pauses = enumerate(RETRY_PAUSES, start=1)
        bounds = tuple((attempts, cls._date(at + dt.timedelta(seconds=1.2 * pause))) for attempts, pause in pauses)
        too_far = (cls.state == "queued") & (cls.run_at > Case(cls.attempts, bounds, bound))
        too_far |= (cls.state == "sending") & (cls.run_at > at + LEASE)
        return cls.update(run_at=at).where((cls.run_at > at) & cls.state.in_(("queued", "sending")) & too_far).execute()

    @classmethod
    def _date(cls, at: dt.datetime) -> Value:
        return Value(at, converter=cls.run_at.db_value)

    def record_sent(self) -> None:
        """Record that the system accepted it."""
        self._finish(state="sent", sent_at=now(), error="")

    def record_failure(self, error: str) -> None:
        """Record a failure and retry later, for a day and a half at most.

        Other deliveries to this system are postponed, too: each attempt to one that is down takes ten seconds.
        """
        Delivery._postpone(self.system_id)
        if self.attempts > len(RETRY_PAUSES):
            self._finish(state="failed", error=error[:200])
            return
        wait = RETRY_PAUSES[self.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311  (spread, no secret)
        self._finish(state="queued", run_at=now() + dt.timedelta(seconds=wait), error=error[:200])

    @classmethod
    def requeue_failed(cls, system: System) -> int:
        """Queue the failed deliveries to `system` again, on an operator's request. Returns how many."""
        again = cls.update(state="queued", attempts=0, run_at=now())
        return again.where((cls.system == system) & (cls.state == "failed")).execute()

    @classmethod
    def _postpone(cls, system: int) -> None:
        later = now() + dt.timedelta(seconds=RETRY_PAUSES[0])
        waiting = (cls.system == system) & (cls.state == "queued") & (cls.run_at < later)
        cls.update(run_at=later).where(waiting).execute()

    def _finish(self, **changes: Any) -> None:
        mine = (Delivery.id == self.id) & (Delivery.state == "sending") & (Delivery.attempts == self.attempts)
        Delivery.update(**changes).where(mine).execute()


class Systems:
    """The authorities' own systems, as the audience of a dossier's events (see models/dossiers/audience.py)."""

    def register(self, event: Event, addresses: Sequence[Address]) -> None:
        """Tell them of a new number; the citizen's addresses are not passed on."""
        self.tell(event, event.at)

    def tell(self, event: Event, at: dt.datetime) -> None:
        """Queue `event` for the systems of its authority, to leave at `at`."""
        Delivery.queue(event, at)

    def release(self, dossier_id: int, at: dt.datetime) -> None:
        """Release the deliveries that were held for an undo, at the latest when they would have left."""
        events = Event.select(Event.id).where(Event.dossier == dossier_id)
        waiting = (Delivery.attempts == 0) & (Delivery.run_at > at) & Delivery.event.in_(events)
        Delivery.update(run_at=at).where(waiting).execute()

    def retract(self, event: Event) -> None:
        """Cancel its deliveries. Raises ConflictError if a system has heard of it, may have, or is just being told."""
        waiting = (Delivery.event == event) & (Delivery.state == "queued") & (Delivery.attempts == 0)
        Delivery.update(state="cancelled").where(waiting).execute()
        if Delivery.select().where((Delivery.event == event) & (Delivery.state != "cancelled")).exists():
            raise ConflictError


def revoke(system: System, by: Staff | None = None) -> None:
    """Revoke `system`: its tokens are invalid, and nothing more is sent to its hook."""
    with db.atomic():
        System.update(revoked_at=now()).where(System.id == system.id).execute()
        waiting = (Delivery.system == system) & (Delivery.state == "queued")
        Delivery.update(state="cancelled").where(waiting).execute()
        Audit.record(by, "system revoked", system=system.id)
