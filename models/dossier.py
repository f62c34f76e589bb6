"""A dossier's life (DESIGN: announced, received, examined, decided ...): the verbs that move it and what they write."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from peewee import (
    CharField,
    DateField,
    ForeignKeyField,
    IntegerField,
    IntegrityError,
    ModelSelect,
)

from .base import Base, Conflict, UTCDateTimeField, db, now, today
from .catalogue import Authority, Form, Procedure
from .contact import Contact
from .event import Event
from .message import Message
from .number import new_number
from .staff import Staff

STATUSES = ("announced", "received", "incomplete", "examination", "decided", "closed", "lapsed", "withdrawn")
ARRIVED = ("received", "incomplete", "examination")  # with an authority that works on it, or could hand it over

# The only moves there are. An envelope that arrives after all revives a lapsed dossier: paper wins over a timer.
MOVES: dict[str, tuple[str, ...]] = {
    "announced": ("received", "lapsed", "withdrawn"),
    "received": ("examination", "incomplete", "withdrawn"),
    "incomplete": ("received", "examination", "lapsed", "withdrawn"),
    "examination": ("decided", "incomplete", "withdrawn"),
    "decided": ("closed",),
    "closed": (),
    "lapsed": ("received",),
    "withdrawn": (),
}


class Glance(NamedTuple):
    """What a status page depends on, in one cheap look-up."""

    id: int
    version: int
    revision: str


class Dossier(Base):
    """One posted (or to be posted) form with its number. It knows no person: who is told stands in its contacts."""

    number = CharField(max_length=13, unique=True)
    form = ForeignKeyField(Form, backref="dossiers")
    authority = ForeignKeyField(Authority, backref="dossiers")
    status = CharField(max_length=12, default="announced")
    version = IntegerField(default=1)
    language = CharField(max_length=2)
    key = CharField(max_length=40, unique=True)  # the pass of the CAPTCHA step: the same form sent twice is one dossier
    created_at = UTCDateTimeField()
    changed_at = UTCDateTimeField()
    arrived_on = DateField(null=True)
    events: "ModelSelect[Event]"
    contacts: "ModelSelect[Contact]"

    class Meta:
        indexes = ((("authority", "status", "changed_at"), False),)

    @classmethod
    def announce(
        cls,
        form: Form,
        language: str,
        key: str,
        contacts: Iterable[tuple[str, str]] = (),
        at: dt.datetime | None = None,
    ) -> "Dossier":
        """Give out a number for `form`: dossier, first event, contacts (channel, address) and messages, or nothing.

        The same `key` always gives the same dossier, whoever asks first; what came with the later call is dropped.
        """
        known = cls.get_or_none(cls.key == key)
        if known:
            return known
        try:
            with db.atomic():
                return cls._create(form, language, key, contacts, at or now())
        except IntegrityError:  # a double tap: the other request was quicker
            return cls.get(cls.key == key)

    @classmethod
    def _create(
        cls, form: Form, language: str, key: str, contacts: Iterable[tuple[str, str]], at: dt.datetime
    ) -> "Dossier":
        dossier = cls.create(
            number=new_number(),
            form=form,
            authority=form.procedure.authority,
            language=language,
            key=key,
            created_at=at,
            changed_at=at,
        )
        for channel, address in contacts:
            Contact.create(dossier=dossier, channel=channel, address=address, language=language, created_at=at)
        dossier._record("announced", at, to_status="announced").tell()
        return dossier

    @classmethod
    def glance(cls, number: str) -> Glance | None:
        """What the status page of `number` depends on, or None if there is no such dossier.

        Written out in SQL: building this query takes five times as long as answering it, and it is the one that
        every look-up asks.
        """
        row = db.execute_sql(
            f"SELECT d.id, d.version, f.revision FROM dossier d JOIN form f ON f.id = d.form_id "  # noqa: S608
            f"WHERE d.number = {db.param}",
            (number,),
        ).fetchone()
        return Glance(*row) if row else None

    @classmethod
    def visible_to(cls, staff: Staff) -> "ModelSelect[Dossier]":
        """The dossiers this member of staff may see: a clerk those of the own authority, the others all."""
        query = (
            cls.select(cls, Form, Procedure, Authority)
            .join_from(cls, Form)
            .join_from(Form, Procedure)
            .join_from(cls, Authority)
        )
        return query.where(cls.authority == staff.authority) if staff.role == "clerk" else query

    @property
    def moves(self) -> tuple[str, ...]:
        """The statuses this dossier may be moved to now."""
        return MOVES[self.status]

    def move(
        self,
        to: str,
        *,
        by: Staff | None,
        version: int,
        note: str = "",
        arrived_on: dt.date | None = None,
        postmark_on: dt.date | None = None,
        missing: list[str] | None = None,
        until: dt.date | None = None,
        hold: dt.timedelta = dt.timedelta(),
    ) -> "Event":
        """Move to status `to`: dossier, event and the messages it causes, in one transaction.

        `version` is the one the mover saw; raises Conflict if another was quicker or the move is not allowed.
        `note` is public. `missing` and `until` go with incomplete: what is missing, and the citizen's own date.
        Nobody is told before `hold` is over, so that a slip at the scanner can be undone.
        """
        at = now()
        details: dict[str, Any] = {"missing": missing or [], "until": until.isoformat() if until else None}
        with db.atomic():
            self._claim(to, version, at, arrived_on)
            if to == "received":
                self._confirm_contacts(at)
            self._let_go(at)
            event = self._record(
                to,
                at,
                by=by,
                from_status=self.status,
                to_status=to,
                note=note,
                arrived_on=arrived_on,
                postmark_on=postmark_on,
                details=details if to == "incomplete" else {},
            )
            event.tell(at + hold)
        self.status, self.version, self.changed_at = to, version + 1, at
        self.arrived_on = arrived_on or self.arrived_on
        return event

    def transfer(self, authority: Authority, *, by: Staff, version: int, note: str = "") -> "Event":
        """Hand the dossier over to another authority: same status, and the citizen is told. Raises Conflict."""
        at = now()
        if self.status not in ARRIVED or authority == self.authority:
            raise Conflict
        with db.atomic():
            self._update(version, authority=authority, changed_at=at)
            self._let_go(at)
            event = self._record("transferred", at, by=by, from_status=self.status, to_status=self.status, note=note,
                                 details={"from": self.authority.slug, "to": authority.slug})  # fmt: skip
            event.tell(at)
        self.authority, self.version = authority, version + 1
        return event

    def undo(self, event: "Event", *, by: Staff, version: int) -> None:
        """Take back the latest move while nobody has been told of it. Raises Conflict when it is too late.

        The history keeps both rows; a citizen is shown neither.
        """
        at = now()
        latest = self.events.order_by(Event.id.desc()).first()
        if event != latest or event.kind not in MOVES or event.kind == "announced":
            raise Conflict
        with db.atomic():
            event.cancel_messages()
            Contact.update(confirmed_at=None).where(
                (Contact.dossier == self) & (Contact.confirmed_at == event.at)
            ).execute()
            self._update(version, status=event.from_status, changed_at=at, arrived_on=self._earlier_arrival(event))
            self._record("undone", at, by=by, from_status=event.to_status, to_status=event.from_status,
                         details={"event": event.id})  # fmt: skip
        self.status, self.version = event.from_status, version + 1

    def post(self, on: dt.date) -> None:
        """The citizen says: I posted it on this day. Announced stays announced. Raises Conflict if it is not."""
        if self.status != "announced" or self.posted_on or on > today():
            raise Conflict
        with db.atomic():
            self._update(self.version, changed_at=now())
            self._record("posted", now(), from_status="announced", to_status="announced",
                         details={"on": on.isoformat()})  # fmt: skip
        self.version += 1

    @property
    def posted_on(self) -> dt.date | None:
        """The day the citizen says the envelope was posted, if they said so."""
        event = self.events.where(Event.kind == "posted").first()
        return dt.date.fromisoformat(event.details["on"]) if event else None

    def history(self) -> list["Event"]:
        """The events a citizen is shown, oldest first: what was undone in time never happened."""
        events = list(self.events.order_by(Event.id))
        undone = {event.details["event"] for event in events if event.kind == "undone"}
        return [event for event in events if event.kind != "undone" and event.id not in undone]

    def _claim(self, to: str, version: int, at: dt.datetime, arrived_on: dt.date | None) -> None:
        if to not in self.moves or (to == "received" and not arrived_on) or (arrived_on and arrived_on > today()):
            raise Conflict
        changes: dict[str, Any] = {"status": to, "changed_at": at}
        if arrived_on:
            changes["arrived_on"] = arrived_on
        self._update(version, **changes)

    def _update(self, version: int, **changes: Any) -> None:
        """Write `changes` if the dossier is still in `version`: of two clerks at once, one wins."""
        row = Dossier.update(version=version + 1, **changes)
        if row.where((Dossier.id == self.id) & (Dossier.version == version)).execute() != 1:
            raise Conflict

    def _confirm_contacts(self, at: dt.datetime) -> None:
        unconfirmed = (Contact.dossier == self) & Contact.confirmed_at.is_null()
        Contact.update(confirmed_at=at).where(unconfirmed).execute()

    def _let_go(self, at: dt.datetime) -> None:
        """What waited for an undo leaves now: after a further move it cannot be undone, and it is the older news."""
        held = (Message.state == "queued") & (Message.attempts == 0) & (Message.run_at > at)
        Message.update(run_at=at).where(held & Message.event.in_(self.events.select(Event.id))).execute()

    def _earlier_arrival(self, event: "Event") -> dt.date | None:
        arrivals = [earlier.arrived_on for earlier in self.history() if earlier.id < event.id and earlier.arrived_on]
        return arrivals[-1] if arrivals else None

    def _record(self, kind: str, at: dt.datetime, **fields: Any) -> "Event":
        return Event.create(dossier=self, kind=kind, at=at, **fields)
