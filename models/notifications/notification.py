"""The rows of the outbox: written in the transaction of their cause, sent by a worker that claims them."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from peewee import SQL, CharField, Expression, ForeignKeyField, IntegerField, ModelSelect, TextField, fn

from models.base import UTCDateTimeField, db, now
from models.dossiers.event import Event
from models.dossiers.kinds import APART, ASKING
from models.notifications import timetable
from models.notifications.channel import Channel
from models.notifications.contact import EXCHANGE_NOTICE, Contact
from models.notifications.outcome import Outcome
from models.notifications.states import LEFT, STATE_AFTER, TRANSITIONS, UNSENT
from models.security import signed_links
from models.security.encrypted import EncryptedField, SealedModel, nothing

REFERENCE = re.compile(r"(\d{1,9})(?:\.(\d{1,4})(?:\.(\d{1,12}))?)?")


class Notification(SealedModel):
    """One mail, SMS or push, from its cause to the last delivery report. `run_at` is null once it is over."""

    event = ForeignKeyField(Event, backref="notifications", on_delete="CASCADE", index=False)
    contact = ForeignKeyField(Contact, backref="notifications", on_delete="CASCADE")
    channel = CharField(max_length=5)
    kind = CharField(max_length=12)  # the kind of its event, or "digest"
    state = CharField(max_length=10, default="queued")
    created_at = UTCDateTimeField()
    run_at = UTCDateTimeField(null=True)  # when it may be claimed; while it is being sent: the end of the lease
    attempts = IntegerField(default=0)  # claims so far: part of the reference of an attempt
    failures = IntegerField(default=0)  # failed attempts that were not our own fault: sets the next pause
    unknowns = IntegerField(default=0)  # attempts whose outcome nobody knows
    refusals = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # how often its recipient was refused for good
    claimed_by = CharField(max_length=60, default="")
    tried_at = UTCDateTimeField(null=True)  # the first attempt: the time until giving up starts here
    sent_at = UTCDateTimeField(null=True)
    provider_id = CharField(max_length=80, default="")
    error = TextField(default="")
    written = EncryptedField("event", "contact", json=True, empty=nothing)  # the latest text, its link masked
    contact_id: int  # peewee makes both; its stubs do not say so
    event_id: int

    class Meta:
        indexes = ((("event", "contact"), True),)  # exactly one notification per event and contact

    @classmethod
    def queue(cls, event: Event, contact: Contact, at: dt.datetime) -> None:
        """Queue the notification of `event` for `contact`; call it inside the transaction that writes the event."""
        cls.insert(
            event=event,
            contact=contact,
            channel=contact.channel,
            kind=event.kind,
            state="held" if at > now() else "queued",
            created_at=now(),
            run_at=at,
        ).execute()

    @classmethod
    def release(cls, which: Expression, at: dt.datetime) -> None:
        """Let those of `which` that are held for an undo leave at `at`, be it sooner or later than they would have."""
        held = (cls.state == "held") & (cls.attempts == 0) & (cls.run_at > now())
        cls.update(state="held" if at > now() else "queued", run_at=at).where(held & which).execute()

    @classmethod
    def cancel(cls, which: Expression) -> int:
        """Cancel those of `which` that have not left. Returns how many."""
        return cls.update(state="cancelled", run_at=None).where(which & cls.state.in_(UNSENT)).execute()

    @classmethod
    def cancel_for(cls, contact: Contact) -> None:
        """Cancel all that waits for `contact`, except the notice that its address was exchanged."""
        cls.cancel((cls.contact == contact.id) & (cls.kind != EXCHANGE_NOTICE))

    def keep_text(self, written: dict[str, str]) -> None:
        """Store the text that is about to leave: the desk shows it as it was, even after the templates change."""
        Notification.update(written=self.sealed("written", written)).where(Notification.id == self.id).execute()

    def record_outcome(self, outcome: Outcome, error: str = "", provider_id: str = "") -> bool:
        """Record the outcome of the claimed attempt. False if the lease expired and another worker has claimed it.

        If a delivery report was quicker, the state that it led to stays if it is the later one.
        """
        with db.atomic():
            row = Notification._locked(self.id)
            if row is None or (row.attempts, row.claimed_by) != (self.attempts, self.claimed_by):
                return False
            row._record_provider_id(provider_id)
            row._advance(outcome, error)
        return True

    @classmethod
    def record_delivery_report(cls, reference: str, outcome: Outcome, provider_id: str = "", error: str = "") -> bool:
        """Record a delivery report of the provider. `reference` is that of an attempt, or just a notification's id.

        Reports may come twice, in any order, before our own record of the sending, and about an earlier attempt: the
        state is right in the end and never goes back. Returns whether this one changed it; False also for a reference
        that is not ours.
        """
        named = REFERENCE.fullmatch(reference)
        if named is None:
            return False
        with db.atomic():
            notification = cls._locked(int(named[1]))
            if notification is None or named[3] not in (None, notification._created_stamp):
                return False
            if not notification._concerns(int(named[2] or 0), outcome, provider_id):
                return False
            notification._record_provider_id(provider_id)
            changed = notification._advance(outcome, error)
        if outcome is Outcome.ACCOUNT:
            Channel.trip(notification.channel, error)
        return changed

    @classmethod
    def of_return_path(cls, tokens: Iterable[str]) -> "Notification | None":
        """The notification that the first genuine one of `tokens` names; None if there is none (any more)."""
        for token in tokens:
            row = cls.get_or_none(cls.id == signed_links.named_notification(token))
            if row and signed_links.is_return_token(token, row.id, row.created_at):
                return row
        return None

    @classmethod
    def record_bounce(cls, tokens: Iterable[str], status: str, outcome: Outcome = Outcome.NEVER) -> bool:
        """Record that the mail which `tokens` name came back for good. Returns whether that changed anything.

        POLICY and LATER (the mailbox was full) end it as well, but say nothing against the address.
        """
        with db.atomic():
            row = (named := cls.of_return_path(tokens)) and cls._locked(named.id)
            if row is None or "failed" not in TRANSITIONS[row.state]:
                return False
            row._fail(outcome, f"bounced: {status}")
        return True

    def send_again(self) -> bool:
        """Queue a dead letter again, on request of staff. False if it is not a dead letter (any more)."""
        with db.atomic():
            if not Notification.dead_letters().where(Notification.id == self.id).exists():
                return False
            self.put(state="queued", run_at=now(), failures=0, unknowns=0, tried_at=None)
        return True

    @classmethod
    def dead_letters(cls) -> "ModelSelect[Notification]":
        """Notifications that were given up, with nothing newer delivered to that contact since. Oldest first.

        Without those to contacts that were stopped or replaced: they would not leave.
        """
        newer = cls.alias("newer")
        reached = newer.select(SQL("1")).where(
            (newer.contact == cls.contact) & (newer.id > cls.id) & newer.state.in_(("sent", "delivered"))
        )
        over = GIVEN_UP & cls.run_at.is_null()
        silent = Contact.select(SQL("1")).where((Contact.id == cls.contact) & Contact.stopped_at.is_null(False))
        return cls.select().where(over & ~fn.EXISTS(reached) & ~fn.EXISTS(silent)).order_by(cls.id)

    def news(self) -> list[Event]:
        """The events that a digest tells, oldest first: its own, and those of the notifications that it superseded."""
        to_contact = Notification.contact == self.contact_id
        left = to_contact & Notification.state.in_(LEFT) & Notification.kind.not_in(APART)
        told = Notification.select(fn.MAX(Notification.id)).where(left).scalar() or 0
        waited = (Notification.id == self.id) | ((Notification.id > told) & (Notification.state == "superseded"))
        return [
            notification.event
            for notification in Notification.select().where(to_contact & waited).order_by(Notification.event)
        ]

    @property
    def reference(self) -> str:
        """The reference of this attempt at the provider, which a delivery report names."""
        return f"{self.id}.{self.attempts}.{self._created_stamp}"

    @property
    def return_token(self) -> str:
        """The token that names it in the return path of its mail."""
        return signed_links.return_token(self.id, self.created_at)

    @property
    def _created_stamp(self) -> str:
        """Part of the reference, because ids are reused after a deletion or a restored backup."""
        return str(int(self.created_at.timestamp()))

    @property
    def wanted(self) -> bool:
        """True if its contact may hear of it: not stopped, and confirmed where that is needed."""
        return self.contact.may_hear(self.kind)

    @classmethod
    def _locked(cls, key: int) -> "Notification | None":
        """The row as it is now, locked until the end of the transaction."""
        query = cls.select().where(cls.id == key)
        return (query.for_update() if db.for_update else query).get_or_none()

    def _concerns(self, attempt: int, outcome: Outcome, provider_id: str) -> bool:
        """True if a delivery report is about the latest attempt, or says that an earlier one was delivered."""
        if not 0 < (attempt or self.attempts) <= self.attempts:
            return False  # about an attempt that a restored backup does not know
        latest = attempt in (0, self.attempts) and provider_id in ("", self.provider_id or provider_id)
        return latest or outcome is Outcome.DELIVERED

    def _record_provider_id(self, provider_id: str) -> None:
        if provider_id and not self.provider_id:
            self.put(provider_id=provider_id[:80])

    def _advance(self, outcome: Outcome, error: str) -> bool:
        """Make the transition that `outcome` asks for, with its consequences. False if it is not allowed from here."""
        state = STATE_AFTER[outcome]
        if state not in TRANSITIONS[self.state]:
            return False
        if state in ("sent", "delivered"):
            self._mark_arrived(state)
        elif state == "deferred":
            self._defer(outcome, error)
        elif state == "unknown":
            self._mark_unknown(error)
        elif state == "failed":
            self._fail(outcome, error)
        else:
            self.put(state=state, run_at=None, error="")
        return True

    def _mark_arrived(self, state: str) -> None:
        sent_at = self.sent_at if state == "delivered" else None
        self.put(state=state, run_at=None, sent_at=sent_at or now(), error="")
        Contact.mark_reached(self.contact_id, asked=self.channel == "email" and self.kind in ASKING)

    def _defer(self, outcome: Outcome, error: str) -> None:
        """Retry later, unless newer news has been claimed meanwhile, or it is time to give up."""
        claimed = (Notification.attempts > 0) & (Notification.state != "cancelled") & Notification.kind.not_in(APART)
        if self.kind not in APART and self._newer(claimed):  # another worker claimed newer news at the same time
            self.put(state="superseded", run_at=None, error=error)
        elif outcome is Outcome.ACCOUNT:  # our own fault: not counted as a failure
            self.put(state="deferred", run_at=now(), error=error)
        elif self._is_exhausted():
            self._fail(outcome, error)
        else:
            failures = self.failures + 1
            run_at = now() + timetable.pause(self.channel, failures)
            self.put(state="deferred", failures=failures, run_at=run_at, error=error)

    def _is_exhausted(self) -> bool:
        """True if it is time to give up: tried for long enough, while others got through."""
        tried_for = now() - (self.tried_at or now())
        return timetable.is_exhausted(self.channel, self.failures, tried_for) and Channel.succeeded_lately(self.channel)

    def _mark_unknown(self, error: str) -> None:
        """Nobody knows whether it left. A mail is repeated a few times; an SMS once, after a lease without a report."""
        unknowns = self.unknowns + 1
        run_at = self.run_at if self.channel == "sms" else now() + timetable.pause(self.channel, unknowns)
        if unknowns > timetable.MAX_REPEATS[self.channel]:
            run_at = None
        self.put(state="unknown", unknowns=unknowns, run_at=run_at, error=error)

    def _fail(self, outcome: Outcome, error: str) -> None:
        """Give up: mark the contact as failed, and tell the event to the dossier's other contacts instead."""
        self.put(state="failed", run_at=None, error=error)
        if outcome is Outcome.BARRED:
            Notification.cancel_for(self.contact)
            self.contact.mark_stopped()
        if not self._newer(Notification.state == "delivered"):
            Contact.mark_failed(self.contact_id, outcome, error)
        for contact in () if self.kind in APART else self.contact.stand_ins(self.event):
            had = (
                (Notification.contact == contact)
                & (Notification.event >= self.event_id)
                & Notification.kind.not_in(APART)
            )
            if not Notification.select().where(had).exists():
                Notification.queue(self.event, contact, now())
        if outcome is Outcome.GONE:  # the device is no more: erase the contact with all its notifications
            self.contact.erase()

    def _newer(self, which: Expression) -> bool:
        newer = (Notification.contact == self.contact_id) & (Notification.id > self.id)
        return Notification.select().where(newer & which).exists()

    def put(self, **changes: Any) -> None:
        """Write `changes` to the row and to this object. The caller holds the lock on the row."""
        Notification.update(**changes).where(Notification.id == self.id).execute()
        for name, value in changes.items():
            setattr(self, name, value)


# Of those in flight, those given up, and those whose text is kept: few of all that there ever were. Something is
# appended to the state so that no planner takes another index (models/dossiers/listed.py).
GIVEN_UP = Expression(Expression(Notification.state, "||", SQL("''")), "IN", SQL("('failed', 'unknown')"))
WAITING, WITH_TEXT = Notification.run_at.is_null(False), Notification.written.is_null(False)
for index in (
    Notification.index(Notification.channel, Notification.run_at, name="notification_due", where=WAITING),
    Notification.index(Notification.state, Notification.run_at, name="notification_in_flight", where=WAITING),
    Notification.index(Notification.created_at, name="notification_given_up", where=GIVEN_UP),
    Notification.index(Notification.tried_at, name="notification_with_text", where=WITH_TEXT),
):
    Notification.add_index(index)
