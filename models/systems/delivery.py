"""What happens to a dossier, told to the authority's own systems: an outbox of its own, beside that of the citizens."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from peewee import CharField, ForeignKeyField, IntegerField

from models.base import Base, ConflictError, UTCDateTimeField, db, now
from models.dossiers.audience import Address
from models.dossiers.event import Event
from models.staff.audit import Audit
from models.systems.system import System

MINUTE, HOUR = 60, 3600
RETRY = (5 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 20 * HOUR)  # seconds after the first, second ... failure
LEASE = dt.timedelta(minutes=1)  # longer than one request may take


class Delivery(Base):
    """One event for one system. queued -> sending -> sent or failed; or cancelled, when it was undone in time.

    A system may get an event more than once, with the same id: it must not mind.
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
        """Queue `event` for the systems of its authority, to leave at `at`; after a hand-over for the former one's too.

        Call it inside the transaction that writes the event.
        """
        authorities = {event.dossier.authority.slug, event.details.get("from") if event.kind == "transferred" else None}
        for system in System.listening(authorities - {None}):
            cls.create(system=system, event=event, run_at=at)

    @classmethod
    def claim(cls) -> "Delivery | None":
        """Claim the delivery that has waited longest. No two workers get the same one while its lease lasts."""
        due = cls.select(cls.id).where(cls.state.in_(("queued", "sending")) & (cls.run_at <= now()))
        due = due.order_by(cls.run_at, cls.id).limit(1)
        if db.for_update:  # PostgreSQL; on SQLite the IMMEDIATE transaction does the same
            due = due.for_update(skip_locked=True)
        with db.atomic():
            claim = cls.update(state="sending", attempts=cls.attempts + 1, run_at=now() + LEASE)
            return next(iter(claim.where(cls.id.in_(due)).returning(cls).execute()), None)

    def sent(self) -> None:
        """The system took it."""
        self._finish(state="sent", sent_at=now(), error="")

    def failed(self, error: str) -> None:
        """Try again later, a day and a half at most.

        What else waits for this system waits a little, too: one that is away must not hold up everything else, at ten
        seconds for each event.
        """
        Delivery._postpone(self.system_id)
        if self.attempts > len(RETRY):
            self._finish(state="failed", error=error[:200])
            return
        wait = RETRY[self.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311  (spread, no secret)
        self._finish(state="queued", run_at=now() + dt.timedelta(seconds=wait), error=error[:200])

    @classmethod
    def repeat(cls, system: System) -> int:
        """Whoever keeps the service says that `system` works again: what was given up leaves anew. How many."""
        again = cls.update(state="queued", attempts=0, run_at=now())
        return again.where((cls.system == system) & (cls.state == "failed")).execute()

    @classmethod
    def _postpone(cls, system: int) -> None:
        later = now() + dt.timedelta(seconds=RETRY[0])
        waiting = (cls.system == system) & (cls.state == "queued") & (cls.run_at < later)
        cls.update(run_at=later).where(waiting).execute()

    def _finish(self, **changes: Any) -> None:
        mine = (Delivery.id == self.id) & (Delivery.state == "sending") & (Delivery.attempts == self.attempts)
        Delivery.update(**changes).where(mine).execute()


class Systems:
    """The authorities' own systems, as the audience of a dossier's events (see models/dossiers/audience.py)."""

    def register(self, event: Event, addresses: Sequence[Address]) -> None:
        """They hear of a new number; to whom the citizen's news go is nothing of theirs."""
        self.tell(event, event.at)

    def tell(self, event: Event, at: dt.datetime) -> None:
        """Queue `event` for the systems of its authority, to leave at `at`."""
        Delivery.queue(event, at)

    def release(self, dossier_id: int, at: dt.datetime) -> None:
        """What waited for an undo leaves now."""
        events = Event.select(Event.id).where(Event.dossier == dossier_id)
        waiting = (Delivery.attempts == 0) & (Delivery.run_at > at) & Delivery.event.in_(events)
        Delivery.update(run_at=at).where(waiting).execute()

    def retract(self, event: Event) -> None:
        """Cancel its deliveries. Raises ConflictError if a system has heard of it, may have, or is just being told."""
        waiting = (Delivery.event == event) & (Delivery.state == "queued") & (Delivery.attempts == 0)
        Delivery.update(state="cancelled").where(waiting).execute()
        if Delivery.select().where((Delivery.event == event) & (Delivery.state != "cancelled")).exists():
            raise ConflictError


def revoke(system: System) -> None:
    """End `system`: its token opens nothing any more, and nothing more is sent to its hook."""
    with db.atomic():
        System.update(revoked_at=now()).where(System.id == system.id).execute()
        waiting = (Delivery.system == system) & (Delivery.state == "queued")
        Delivery.update(state="cancelled").where(waiting).execute()
        Audit.record(None, "system revoked", system=system.id)
