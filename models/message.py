"""The outbox: a message is written with its cause and leaves by a worker that claims it."""

import datetime as dt
import random
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from peewee import Case, CharField, DeferredForeignKey, ForeignKeyField, IntegerField, ModelSelect, TextField, Value

from .base import Base, UTCDateTimeField, db, now
from .contact import Contact

if TYPE_CHECKING:
    from .event import Event

CHANNELS = ("email", "sms")
MINUTE, HOUR = 60, 3600

# Seconds to wait after the first, second, ... failure; the last one repeats until GIVE_UP.
RETRY = {
    "email": (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR),
    "sms": (10, 30, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR),
}
GIVE_UP = {"email": dt.timedelta(hours=72), "sms": dt.timedelta(hours=24)}
# How long a claim holds. A mail may be repeated soon (same Message-ID). An SMS of unknown outcome waits for
# its receipt, and is then repeated once at most.
LEASE = {"email": dt.timedelta(minutes=1), "sms": dt.timedelta(minutes=15)}
# How often a message of unknown outcome is tried again: without an end, one odd mail server would flood its user.
REPEATS = {"email": 5, "sms": 1}


class Message(Base):
    """One mail or SMS. queued -> sending -> sent, failed or unknown; or cancelled before it left."""

    event = DeferredForeignKey("Event", backref="messages", on_delete="CASCADE")
    contact = ForeignKeyField(Contact, backref="messages", on_delete="CASCADE")
    channel = CharField(max_length=5)
    state = CharField(max_length=10, default="queued")
    created_at = UTCDateTimeField()
    run_at = UTCDateTimeField()  # when it may be claimed; a claim moves it forward, and so is a lease
    attempts = IntegerField(default=0)
    unknowns = IntegerField(default=0)  # claims that ended without an outcome
    claimed_by = CharField(max_length=60, default="")
    sent_at = UTCDateTimeField(null=True)
    provider_id = CharField(max_length=80, default="")
    error = TextField(default="")
    contact_id: int  # peewee makes both; its stubs do not say so
    event_id: int

    class Meta:
        indexes = (
            (("event", "contact"), True),  # exactly one message per event and contact
            (("state", "run_at"), False),
        )

    @classmethod
    def queue(cls, event: "Event", contact: Contact, at: dt.datetime) -> None:
        """Queue the message of `event` for `contact`; call it inside the transaction that writes the event."""
        cls.insert(event=event, contact=contact, channel=contact.channel, created_at=now(), run_at=at).execute()

    @classmethod
    def due(cls, channels: Collection[str] = CHANNELS) -> "ModelSelect[Message]":
        """Messages that may be claimed now: new ones, and those whose worker never came back."""
        waiting = cls.state.in_(("queued", "sending")) & (cls.run_at <= now()) & cls.channel.in_(channels)
        return cls.select(cls.id).where(waiting).order_by(cls.run_at, cls.id)

    @classmethod
    def claim(
        cls,
        worker: str,
        most: int = 10,
        lease: dict[str, dt.timedelta] = LEASE,
        channels: Collection[str] = CHANNELS,
    ) -> list["Message"]:
        """Claim up to `most` due messages for `worker`. No two workers get the same one while its lease lasts.

        The claim is committed before anything is sent, so the attempt is on record whatever happens to the worker.
        """
        due = cls.due(channels).limit(most)
        if db.for_update:  # PostgreSQL; on SQLite the IMMEDIATE transaction does the same
            due = due.for_update(skip_locked=True)
        leases = {channel: Value(now() + lease[channel], converter=cls.run_at.db_value) for channel in CHANNELS}
        with db.atomic():
            claimed = (
                cls.update(
                    state="sending",
                    claimed_by=worker,
                    attempts=cls.attempts + 1,
                    unknowns=cls.unknowns + Case(None, ((cls.state == "sending", 1),), 0),
                    run_at=Case(cls.channel, tuple(leases.items())),
                )
                .where(cls.id.in_(due))
                .returning(cls)
                .execute()
            )
            return sorted(claimed, key=lambda message: message.id)  # the older news first

    @property
    def exhausted(self) -> bool:
        """Tried as often as may be without an outcome: one more could flood someone who got them all."""
        return self.unknowns > REPEATS[self.channel]

    @property
    def wanted(self) -> bool:
        """Whether its contact may hear of it at this moment: not erased, not stopped, confirmed if it has to be."""
        contact = Contact.get_or_none(Contact.id == self.contact_id)
        return contact is not None and contact.may_hear(self.event.kind)

    def sent(self, provider_id: str = "") -> bool:
        """The provider took it. False if another worker holds the message by now."""
        return self._finish(state="sent", sent_at=now(), provider_id=provider_id[:80], error="")

    def failed(self, error: str, permanent: bool = False) -> bool:
        """It certainly did not go out: try again later, or never if `permanent` or tried for long enough."""
        over = now() - self.created_at > GIVE_UP[self.channel]
        if permanent or over:
            return self._finish(state="failed", error=error)
        return self._finish(state="queued", run_at=self._next_try(), error=error)

    def unknown(self, error: str) -> bool:
        """Nobody knows whether it went out: a mail is repeated a few times, an SMS once, when its lease has ended."""
        if self.exhausted:
            return self._finish(state="unknown", error=error)
        if self.channel == "sms":
            return self._finish(error=error)
        return self._finish(run_at=self._next_try(), error=error)

    def cancel(self) -> bool:
        """Take it back while nobody has claimed it. False if it is too late."""
        waiting = (Message.id == self.id) & (Message.state == "queued")
        return Message.update(state="cancelled").where(waiting).execute() == 1

    def cancelled(self) -> bool:
        """It was claimed, but its contact may not hear of it any more: it did not leave and never will."""
        return self._finish(state="cancelled", error="")

    def _next_try(self) -> dt.datetime:
        waits = RETRY[self.channel]
        wait = waits[min(self.attempts, len(waits)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311  (spread, no secret)
        return now() + dt.timedelta(seconds=wait)

    def _finish(self, **changes: Any) -> bool:
        mine = (Message.id == self.id) & (Message.state == "sending") & (Message.claimed_by == self.claimed_by)
        return Message.update(**changes).where(mine & (Message.attempts == self.attempts)).execute() == 1
