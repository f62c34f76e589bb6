"""The outbox: a notification is written with its cause and leaves by a worker that claims it."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

from peewee import (
    SQL,
    CharField,
    Expression,
    ForeignKeyField,
    IntegerField,
    JSONField,
    ModelSelect,
    TextField,
    fn,
)

from models.base import Base, UTCDateTimeField, db, now
from models.dossiers.event import Event
from models.dossiers.kinds import APART
from models.notifications import timetable
from models.notifications.channel import Channel
from models.notifications.contact import NOTICE, Contact
from models.notifications.outcome import Outcome
from models.notifications.states import LEFT, STATE_AFTER, TRANSITIONS, UNSENT
from models.security import signed_links

REFERENCE = re.compile(r"(\d{1,9})(?:\.(\d{1,4})(?:\.(\d{1,12}))?)?")


class Notification(Base):
    """One mail, SMS or push: a row of the outbox, from its cause to the last receipt. `run_at` is None once over."""

    event = ForeignKeyField(Event, backref="notifications", on_delete="CASCADE")
    contact = ForeignKeyField(Contact, backref="notifications", on_delete="CASCADE")
    channel = CharField(max_length=5)
    kind = CharField(max_length=12)  # what it tells: that of its event, or "digest"
    state = CharField(max_length=10, default="queued")
    created_at = UTCDateTimeField()
    run_at = UTCDateTimeField(null=True)  # when it may be claimed; a claim moves it forward, and so is a lease
    attempts = IntegerField(default=0)  # claims: together with the id the name of an attempt
    failures = IntegerField(default=0)  # attempts that came to nothing by others' fault: how far it is in the timetable
    unknowns = IntegerField(default=0)  # attempts without an outcome
    claimed_by = CharField(max_length=60, default="")
    tried_at = UTCDateTimeField(null=True)  # the first attempt: from here on counts when to give up
    sent_at = UTCDateTimeField(null=True)
    provider_id = CharField(max_length=80, default="")
    error = TextField(default="")
    written = JSONField(null=True)  # what the latest attempt said: subject and text, without the contact's link
    contact_id: int  # peewee makes both; its stubs do not say so
    event_id: int

    class Meta:
        indexes = (
            (("event", "contact"), True),  # exactly one notification per event and contact
            (("state", "run_at"), False),
            (("channel", "run_at"), False),
            (("created_at", "state", "channel"), False),  # to be counted without a look at the rows
        )

    @classmethod
    def queue(cls, event: Event, contact: Contact, at: dt.datetime) -> None:
        """Queue the notification of `event` for `contact`; call it inside the transaction that writes the event."""
        state = "held" if at > now() else "queued"
        cls.insert(
            event=event,
            contact=contact,
            channel=contact.channel,
            kind=event.kind,
            state=state,
            created_at=now(),
            run_at=at,
        ).execute()

    @classmethod
    def release(cls, which: Expression, at: dt.datetime) -> None:
        """Let those of `which` that are held for an undo leave from `at` on."""
        held = (cls.state == "held") & (cls.attempts == 0) & (cls.run_at > at)
        cls.update(state="queued", run_at=at).where(held & which).execute()

    @classmethod
    def cancel(cls, which: Expression) -> int:
        """Take back those of `which` that have not left and never will; returns how many."""
        return cls.update(state="cancelled", run_at=None).where(which & cls.state.in_(UNSENT)).execute()

    @classmethod
    def cancel_for(cls, contact: Contact) -> None:
        """Take back all that waits for `contact`, but for the notice that its address was exchanged."""
        cls.cancel((cls.contact == contact.id) & (cls.kind != NOTICE))

    def keep(self, written: dict[str, str]) -> None:
        """Keep what is about to leave, so that it can be shown as it was, whatever becomes of worker and texts."""
        Notification.update(written=written).where(Notification.id == self.id).execute()

    def ended(self, outcome: Outcome, error: str = "", provider_id: str = "") -> bool:
        """Write down what came of the attempt that was claimed. False if another worker has taken the notification over.

        A receipt may have been quicker; then the state it led to stays if it is the later one.
        """
        with db.atomic():
            row = Notification._locked(self.id)
            if row is None or (row.attempts, row.claimed_by) != (self.attempts, self.claimed_by):
                return False
            row._name(provider_id)
            row._become(outcome, error)
        return True

    @classmethod
    def receipt(cls, reference: str, outcome: Outcome, provider_id: str = "", error: str = "") -> bool:
        """What the provider says later of the attempt we called `reference` (a notification's `reference`, or just its id).

        Receipts may come doubled, in any order, before our own record of the sending, and of an earlier attempt: the
        state is right in the end and never goes back. Returns whether this one changed it; False also for a reference
        that is not ours.
        """
        named = REFERENCE.fullmatch(reference)
        if named is None:
            return False
        with db.atomic():
            notification = cls._locked(int(named[1]))
            if notification is None or named[3] not in (None, notification._born):
                return False
            if not notification._concerns(int(named[2] or 0), outcome, provider_id):
                return False
            notification._name(provider_id)
            changed = notification._become(outcome, error)
        if outcome is Outcome.ACCOUNT:
            Channel.stop(notification.channel, error)
        return changed

    @classmethod
    def record_bounce(cls, tokens: Iterable[str], status: str) -> bool:
        """Record that a mail came back for good, with this enhanced status code. Returns whether that changed anything.

        The first genuine one of `tokens` names the notification.
        """
        for token in tokens:
            row = cls.get_or_none(cls.id == signed_links.named_notification(token))
            if row and signed_links.matches(token, row.return_token):
                return cls.receipt(str(row.id), Outcome.NEVER, error=f"bounced: {status}")
        return False

    def send_again(self) -> bool:
        """Staff asks for one more round of attempts. False if it is not a dead letter (any more)."""
        with db.atomic():
            if not Notification.dead().where(Notification.id == self.id).exists():
                return False
            self.put(state="queued", run_at=now(), failures=0, unknowns=0, tried_at=None)
        return True

    @classmethod
    def dead(cls) -> "ModelSelect[Notification]":
        """Dead letters: given up, and nothing newer has reached that contact since. Oldest first.

        One to a contact that wants no more, or has given way to another, is none: it would not leave.
        """
        newer = cls.alias("newer")
        reached = newer.select(SQL("1")).where(
            (newer.contact == cls.contact) & (newer.id > cls.id) & newer.state.in_(("sent", "delivered"))
        )
        over = cls.state.in_(("failed", "unknown")) & cls.run_at.is_null()
        silent = Contact.select(SQL("1")).where((Contact.id == cls.contact) & Contact.stopped_at.is_null(False))
        return cls.select().where(over & ~fn.EXISTS(reached) & ~fn.EXISTS(silent)).order_by(cls.id)

    def news(self) -> list[Event]:
        """What a digest tells, oldest first: its own event, and those of the notifications it stands for."""
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
        """What this attempt is called at the provider, so that a receipt can name it."""
        return f"{self.id}.{self.attempts}.{self._born}"

    @property
    def return_token(self) -> str:
        """Names it in the return path of its mail."""
        return signed_links.return_token(self.id, self.created_at)

    @property
    def _born(self) -> str:
        """Tells it from an erased notification whose id it was given, or that a restored backup does not know."""
        return str(int(self.created_at.timestamp()))

    @property
    def wanted(self) -> bool:
        """Whether its contact may hear of it: not stopped, confirmed if it has to be."""
        return self.contact.may_hear(self.kind)

    @classmethod
    def _locked(cls, key: int) -> "Notification | None":
        """The row as it is now, nobody else's until the end of the transaction."""
        query = cls.select().where(cls.id == key)
        return (query.for_update() if db.for_update else query).get_or_none()

    def _concerns(self, attempt: int, outcome: Outcome, provider_id: str) -> bool:
        """Whether a receipt says something of this notification that still counts."""
        if not 0 < (attempt or self.attempts) <= self.attempts:
            return False  # of a notification that a restored backup does not know
        latest = attempt in (0, self.attempts) and provider_id in ("", self.provider_id or provider_id)
        return latest or outcome is Outcome.DELIVERED  # an earlier attempt that arrived after all is good news

    def _name(self, provider_id: str) -> None:
        if provider_id and not self.provider_id:
            self.put(provider_id=provider_id[:80])

    def _become(self, outcome: Outcome, error: str) -> bool:
        """One step forward, if `outcome` leads forward from here; with all that follows from it."""
        state = STATE_AFTER[outcome]
        if state not in TRANSITIONS[self.state]:
            return False
        if state in ("sent", "delivered"):
            self._arrived(state)
        elif state == "deferred":
            self._defer(outcome, error)
        elif state == "unknown":
            self._lose_sight(error)
        elif state == "failed":
            self._fail(outcome, error)
        else:
            self.put(state=state, run_at=None, error="")
        return True

    def _arrived(self, state: str) -> None:
        sent_at = self.sent_at if state == "delivered" else None
        self.put(state=state, run_at=None, sent_at=sent_at or now(), error="")
        Contact.reached(self.contact_id)

    def _defer(self, outcome: Outcome, error: str) -> None:
        """Again later, unless there is newer news by now or it was tried for long enough."""
        claimed = (Notification.attempts > 0) & (Notification.state != "cancelled") & Notification.kind.not_in(APART)
        if self.kind not in APART and self._newer(claimed):  # by another worker in the same moment
            self.put(state="superseded", run_at=None, error=error)
        elif outcome is Outcome.ACCOUNT:  # our own fault: it costs the notification nothing
            self.put(state="deferred", run_at=now(), error=error)
        elif timetable.over(self.channel, self.failures, now() - (self.tried_at or now())):
            self._fail(outcome, error)
        else:
            failures = self.failures + 1
            run_at = now() + timetable.pause(self.channel, failures)
            self.put(state="deferred", failures=failures, run_at=run_at, error=error)

    def _lose_sight(self, error: str) -> None:
        """A mail is repeated a few times, an SMS once, when its lease is over and no receipt has come."""
        unknowns = self.unknowns + 1
        run_at = self.run_at if self.channel == "sms" else now() + timetable.pause(self.channel, unknowns)
        if unknowns > timetable.REPEATS[self.channel]:
            run_at = None
        self.put(state="unknown", unknowns=unknowns, run_at=run_at, error=error)

    def _fail(self, outcome: Outcome, error: str) -> None:
        """Given up: the contact is marked, and its news go to whoever else may hear of this dossier."""
        self.put(state="failed", run_at=None, error=error)
        if outcome is Outcome.BARRED:
            Notification.cancel_for(self.contact)
            self.contact.silence()
        if not self._newer(Notification.state == "delivered"):
            Contact.missed(self.contact_id)
        for contact in () if self.kind in APART else self.contact.stand_ins(self.event):
            had = (
                (Notification.contact == contact)
                & (Notification.event >= self.event_id)
                & Notification.kind.not_in(APART)
            )
            if not Notification.select().where(had).exists():
                Notification.queue(self.event, contact, now())
        if outcome is Outcome.GONE:  # with all its notifications, this one too: there is nobody any more
            self.contact.erase()

    def _newer(self, which: Expression) -> bool:
        newer = (Notification.contact == self.contact_id) & (Notification.id > self.id)
        return Notification.select().where(newer & which).exists()

    def put(self, **changes: Any) -> None:
        """Write `changes` to the row and to this object; the caller holds the row's lock."""
        Notification.update(**changes).where(Notification.id == self.id).execute()
        for name, value in changes.items():
            setattr(self, name, value)
