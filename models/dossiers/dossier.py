"""A dossier: one posted (or to be posted) form with its number, and all that can happen to it."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from peewee import CharField, DateField, Expression, ForeignKeyField, IntegerField, IntegrityError, ModelSelect

from models.base import Base, ConflictError, UTCDateTimeField, db, now, today
from models.catalogue.procedure import SHORT, Authority, Form, Procedure
from models.deadlines.clock import Reading
from models.dossiers.audience import AUDIENCES, Address
from models.dossiers.event import Event
from models.dossiers.history import History
from models.dossiers.kinds import KINDS, MOVES, TAKING_PAPERS, WITH_AUTHORITY
from models.dossiers.moves import REMIND_AFTER, Act, Move, Originals, lies_ahead, look_before, watch_from
from models.dossiers.number import new_number, span
from models.staff.audit import Audit
from models.staff.staff import Staff


class Dossier(Base):
    """One posted form with its number. It holds no personal data: the addresses to notify are its contacts.

    Each verb is one transaction. It takes the version that the caller saw (optimistic lock, in an Act) and raises
    ConflictError if that is out of date, or if the dossier's status does not allow the act. Verbs of the citizen and
    the worker take this object's own. Three know no version: `announce` makes the first; `assign` and `keep_clock`
    change nothing that a citizen sees, and leave it.
    """

    number = CharField(max_length=13, unique=True)
    form = ForeignKeyField(Form, backref="dossiers", index=False)
    edition = CharField(max_length=20, default="")  # of the form that its citizen was given
    authority = ForeignKeyField(Authority, backref="dossiers")
    status = CharField(max_length=12, default="announced")
    version = IntegerField(default=1)
    language = CharField(max_length=2)
    key = CharField(max_length=40, unique=True)
    created_at = UTCDateTimeField()
    changed_at = UTCDateTimeField()
    issued_by = ForeignKeyField(
        Staff, null=True, index=False
    )  # given out at the desk: for a caller, or for paper without a number
    assignee = ForeignKeyField(Staff, null=True, index=False)
    look_on = DateField(null=True)  # when to see whether it has arrived, while it is announced (reminders.py)
    arrived_on = DateField(null=True)  # the day the first envelope came
    round = IntegerField(default=0)  # how often documents have been asked for
    # From the legal clock after the latest event, cached for lists. None while the clock is stopped.
    target_on = DateField(null=True)
    due_on = DateField(null=True)
    decided_on = DateField(null=True)
    handled_days = IntegerField(null=True)  # from arrival to decision, without waiting for the citizen's documents
    form_id: int
    authority_id: int
    events: "ModelSelect[Event]"
    was_announced_before: bool = False  # announce() made none: its key was used before
    _history: History | None = None

    class Meta:
        indexes = (
            (("authority", "status", "changed_at"), False),
            (("form", "status", "changed_at"), False),
            (("assignee", "status", "changed_at"), False),
            (("status", "changed_at"), False),  # for those who see the dossiers of all
            (("status", "look_on"), False),
        )

    @classmethod
    def announce(
        cls,
        form: Form,
        language: str,
        key: str,
        addresses: Iterable[Address] = (),
        at: dt.datetime | None = None,
        by: Staff | None = None,
        unasked: Iterable[str] = (),
    ) -> "Dossier":
        """Create a dossier for `form`, with its first event and what its audiences write, in one transaction.

        `key` is the idempotency key: a second call with the same key returns the first dossier and changes nothing.
        `by` is the member of staff who gave out the number, at the desk. Addresses of the channels `unasked` hear
        nothing yet; the arrival of the paper confirms them like the others.
        """
        at = at or now()
        dossier = cls(number=new_number(), form=form, edition=form.edition, authority=form.procedure.authority)
        dossier.language, dossier.key, dossier.issued_by = language, key, by
        dossier.created_at, dossier.changed_at, dossier.look_on = at, at, at.date() + REMIND_AFTER
        try:
            with db.atomic():
                dossier._register(list(addresses), list(unasked))
        except IntegrityError:  # the same form sent twice; rare, so the usual case pays for no extra query
            dossier = cls.get(cls.key == key)
            dossier.was_announced_before = True
        return dossier

    @classmethod
    def loaded(cls) -> "ModelSelect[Dossier]":
        """Dossiers with form, procedure (without its long texts) and authority, in one query."""
        joined = cls.select(cls, Form, *SHORT, Authority).join_from(cls, Form).join_from(Form, Procedure)
        return joined.join_from(cls, Authority)

    @classmethod
    def begins(cls, begin: str) -> Expression:
        """True for dossiers whose number begins with these characters, at least one.

        A subquery: the planner compares a pattern, and often a range, with every number.
        """
        other = cls.alias()
        return cls.id.in_(other.select(other.id).where(other.number.between(*span(begin))))

    @property
    def outdated(self) -> bool:
        """True if the citizen was given an older edition of the form than the present one."""
        return bool(self.edition) and self.edition != self.form.edition

    @property
    def history(self) -> History:
        """Its events, read once (cache). Verbs of this object renew it; changes by other processes do not show."""
        if self._history is None:
            self._history = History(Event.of_dossier(self.id))
        return self._history

    @property
    def reading(self) -> Reading | None:
        """The legal clock; None if the form has no period, or nothing has arrived."""
        return self.history.reading(self.form.rules)

    @property
    def moves(self) -> tuple[str, ...]:
        """The statuses it may be moved to now. It cannot lapse before the day set for missing documents is over."""
        waits = self.status == "incomplete" and self.history.awaits_documents
        return tuple(status for status in MOVES[self.status] if status != "lapsed" or not waits)

    @property
    def possible(self) -> tuple[str, ...]:
        """The acts that are allowed now, each named by its kind of event: moves first."""
        papers = ("further",) if self.status in TAKING_PAPERS else ()
        arrived = ("corrected", "returned") if self.arrived_on else ()
        return (*self.moves, *papers, *arrived, *(("transferred",) if self.status in WITH_AUTHORITY else ()))

    def kind_of(self, act: str) -> str:
        """The kind of event that `act`, one of those possible, is recorded as: a second arrival is `supplied`."""
        return "supplied" if act == "received" and self.arrived_on else act

    def move(self, move: Move) -> Event:
        """Move to another status. Of a second arrival the first day stands, and the clock goes on from now."""
        if move.to not in self.moves or not move.fits:
            raise ConflictError
        kind, round_ = self.kind_of(move.to), self.round + 1
        fields = {"arrived_on": move.arrived_on, "postmark_on": move.postmark_on, "details": move.details(round_)}
        return self._record(kind, move, move.changes(kind, round_), **fields)

    def add_papers(self, arrived_on: dt.date, act: Act) -> Event:
        """Record a further envelope that nobody asked for. The status stays."""
        if self.status not in TAKING_PAPERS or lies_ahead(arrived_on):
            raise ConflictError
        return self._record("further", act, arrived_on=arrived_on)

    def transfer(self, authority: Authority, act: Act) -> Event:
        """Hand the dossier over to another authority. The status stays.

        What belongs to the former authority is emptied: the assignee. Who adds a column of this sort empties it here.
        """
        if self.status not in WITH_AUTHORITY or authority == self.authority:
            raise ConflictError
        details = {"from": self.authority.slug, "to": authority.slug}
        return self._record("transferred", act, {"authority": authority, "assignee": None}, details=details)

    def forward(self, arrived_on: dt.date, act: Act) -> Event:
        """Record that the envelope came to the authority of `act.by`, which forwards it. It has not arrived yet."""
        first = act.by.authority if act.by else None
        if first is None or first == self.authority or lies_ahead(arrived_on):
            raise ConflictError
        changes = {"look_on": watch_from(arrived_on)}
        details = {"from": first.slug, "to": self.authority.slug} | look_before(self.look_on)
        return self._record("forwarded", act, changes, arrived_on=arrived_on, details=details)

    def mark_absent(self, arrived_on: dt.date, act: Act) -> Event:
        """Record that an envelope with this number came without its papers. The status stays."""
        if "received" not in self.moves or lies_ahead(arrived_on):
            raise ConflictError
        changes = {"look_on": today() + REMIND_AFTER}
        return self._record("absent", act, changes, arrived_on=arrived_on, details=look_before(self.look_on))

    def correct_arrival(self, on: dt.date, act: Act, reason: str = "") -> Event:
        """Correct the day on which the first envelope arrived; the clock is recomputed.

        `reason` is the key of a fixed choice. It is audited, like that of a move.
        """
        if not self.arrived_on or on == self.arrived_on or lies_ahead(on):
            raise ConflictError
        details = {"from": self.arrived_on.isoformat()} | ({"reason": reason} if reason else {})
        return self._record("corrected", act, {"arrived_on": on}, arrived_on=on, details=details)

    def return_originals(self, originals: Originals, act: Act) -> Event:
        """Record originals sent back to the citizen by registered mail."""
        if not self.arrived_on or lies_ahead(originals.sent_on):
            raise ConflictError
        return self._record("returned", act, details=originals.details)

    def undo(self, event: Event, act: Act) -> None:
        """Undo the latest event that stands, as long as nobody is told of it. The history keeps both rows.

        Other news that is held leaves after `act.hold`.
        """
        if event != self.history.undoable:
            raise ConflictError
        changes = event.put_back | {"arrived_on": self.history.arrival_before(event)}
        with db.atomic():
            Audit.lock()
            AUDIENCES.retract(event)
            self._record("undone", act, changes, details={"event": event.id})

    def post(self, on: dt.date, registered: str = "") -> None:
        """Record that the citizen posted it on this day. The status stays; the reminders look for it from now on.

        `registered` is the checked S10 number of the item.
        """
        if self.status != "announced" or self.history.on_its_way or lies_ahead(on):
            raise ConflictError
        details = {"on": on.isoformat(), "registered": registered}
        self._record("posted", Act(by=None, version=self.version), {"look_on": watch_from(on)}, details=details)

    def remark(self, kind: str, look_on: dt.date, **details: Any) -> Event:
        """Record and tell that paper is late or was never posted; the reminders look again on `look_on`."""
        if self.status != "announced":
            raise ConflictError
        return self._record(kind, Act(by=None, version=self.version), {"look_on": look_on}, details=details)

    def assign(self, to: Staff | None, *, by: Staff) -> None:
        """Assign the dossier to a colleague, or to nobody. The version stays: the citizen's page does not change.

        Raises ConflictError if it is not (or no longer) with the colleague's authority.
        """
        with db.atomic():
            Audit.lock()
            theirs = Dossier.id == self.id
            if to:
                theirs &= Dossier.authority == to.authority
            if Dossier.update(assignee=to).where(theirs).execute() != 1:
                raise ConflictError
            Audit.record(by, "assigned", self.id, to=to.id if to else None)
        self.assignee = to

    def keep_clock(self) -> None:
        """Recompute the columns that lists and statistics use. They are a cache of the history."""
        dates = self.history.dates(self.form.rules)
        if changed := {name: value for name, value in dates.items() if getattr(self, name) != value}:
            Dossier.update(**changed).where(Dossier.id == self.id).execute()
        for name, value in changed.items():
            setattr(self, name, value)

    def _register(self, addresses: list[Address], unasked: list[str]) -> None:
        self.save(force_insert=True)
        told = sorted({channel for channel, _address in addresses})
        event = Event(dossier=self, kind="announced", to_status="announced", at=self.created_at, by=self.issued_by)
        event.details = {"told": told} | ({"unasked": unasked} if unasked else {})
        event.save(force_insert=True)
        AUDIENCES.register(event, addresses)
        if self.issued_by:
            Audit.record(self.issued_by, "announced", self.id)

    def _record(self, kind: str, act: Act, changes: dict[str, Any] | None = None, **fields: Any) -> Event:
        """Write the dossier, the event and the audit row, and queue what its audiences tell, in one transaction.

        News that is still held leaves together with this one, which supersedes it.
        """
        at, changes = now(), changes or {}
        leaves_at = at + act.hold if KINDS[kind].undoable or not KINDS[kind].told else at
        event = Event(kind=kind, at=at, note=act.note, batch=act.batch, by=act.by, dossier=self, **fields)
        event.from_status, event.to_status = self.status, changes.get("status", self.status)
        event.held_until = leaves_at if leaves_at > at else None
        with db.atomic():
            if act.by:
                Audit.lock()
            self._update(act.version, changed_at=at, **changes)
            AUDIENCES.release(self.id, leaves_at)
            event.save(force_insert=True)
            event.audit()
            self._history = None
            self.keep_clock()
            if KINDS[kind].told:
                AUDIENCES.tell(event, leaves_at)
        for name, value in changes.items():
            setattr(self, name, value)
        self.version, self.changed_at = act.version + 1, at
        return event

    def _update(self, version: int, **changes: Any) -> None:
        """Write `changes` if the dossier is still in `version` (optimistic lock): of two clerks at once, one wins."""
        mine = (Dossier.id == self.id) & (Dossier.version == version)
        if Dossier.update(version=version + 1, **changes).where(mine).execute() != 1:
            raise ConflictError
