"""What can happen to a dossier (DESIGN 4), each as one verb that does all of it in one transaction, or nothing."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from peewee import ModelSelect

from models.base import Conflict, db, now, today
from models.catalogue.procedure import Authority
from models.deadlines.workdays import working_days_after
from models.dossiers.batch import Batch
from models.dossiers.event import UNDOABLE, Event
from models.dossiers.history import History
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.staff.audit import Audit
from models.staff.staff import Staff
from models.systems.delivery import Delivery

if TYPE_CHECKING:
    from models.dossiers.note import Note

STATUSES = ("announced", "received", "incomplete", "examination", "decided", "closed", "lapsed", "withdrawn")
ARRIVED = ("received", "incomplete", "examination")  # with an authority that works on it, or could hand it over

FURTHER = ("received", "examination", "decided", "closed", "withdrawn")  # more paper changes nothing but is told
PROOFS = ("received", "forwarded", "absent")  # an envelope with the number in it came, here or elsewhere

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

AT_ONCE = dt.timedelta()
ON_THE_WAY = 7  # working days that an envelope may take, the opening of the post included
LONGEST = dt.timedelta(days=730)  # from today, that a citizen is given for missing documents
REMIND_AFTER = dt.timedelta(days=60)  # when nobody said that it was posted


class Life(History):
    """The verbs of a dossier. Each takes the `version` that the mover saw and raises Conflict if it is out of date.

    Nobody is told before `hold` is over, so that a slip can be undone. `note` is public. `batch` is the post-bag or
    bulk move that it belongs to.
    """

    version: Any
    authority: Any
    changed_at: Any
    created_at: Any
    look_on: Any
    round: Any
    assignee: Any
    contacts: "ModelSelect[Contact]"
    notes: "ModelSelect[Note]"

    @property
    def moves(self) -> tuple[str, ...]:
        """The statuses this dossier may be moved to now. Who was given a day to answer has all of it."""
        moves = MOVES[self.status]
        until = self.present.until if self.status == "incomplete" else None
        if until and until >= today():
            return tuple(status for status in moves if status != "lapsed")
        return moves

    def move(
        self,
        to: str,
        *,
        by: Staff | None,
        version: int,
        note: str = "",
        arrived_on: dt.date | None = None,
        postmark_on: dt.date | None = None,
        missing: list[str | dict[str, str]] | None = None,
        until: dt.date | None = None,
        reason: str = "",
        hold: dt.timedelta = AT_ONCE,
        batch: Batch | None = None,
    ) -> Event:
        """Move to status `to`. Raises Conflict if that is not allowed, or says no possible day of arrival.

        `missing` and `until` go with incomplete: what is missing (a text, or one for each language), and the
        citizen's own date. Paper that comes for a dossier that had arrived before is `supplied`: the day of the
        first arrival stands, and the clock goes on from the new day. `reason` says why a day lies further back.
        """
        if to not in self.moves or (to == "received") != (arrived_on is not None) or not _possible(arrived_on):
            raise Conflict
        kind = "supplied" if to == "received" and self.arrived_on else to
        changes: dict[str, Any] = {"status": to}
        details: dict[str, Any] = {"reason": reason} if reason else {}
        if kind == "received":
            changes["arrived_on"] = arrived_on
        if to == "incomplete":
            changes["round"] = self.round + 1
            details = {"missing": missing or [], "until": until.isoformat() if until else None}
            details["round"] = self.round + 1
        return self._happen(
            kind,
            by=by,
            version=version,
            changes=changes,
            hold=hold,
            batch=batch,
            note=note,
            arrived_on=arrived_on,
            postmark_on=postmark_on,
            details=details,
        )

    def add_papers(
        self,
        *,
        by: Staff,
        version: int,
        arrived_on: dt.date,
        note: str = "",
        hold: dt.timedelta = AT_ONCE,
        batch: Batch | None = None,
    ) -> Event:
        """A second envelope came though none was asked for: same status, and the citizen is told."""
        if self.status not in FURTHER or not _possible(arrived_on):
            raise Conflict
        return self._happen("further", by=by, version=version, hold=hold, batch=batch, note=note, arrived_on=arrived_on)

    def transfer(
        self, authority: Authority, *, by: Staff, version: int, note: str = "", batch: Batch | None = None
    ) -> Event:
        """Hand the dossier over to another authority: same status, nobody's in particular, and the citizen is told."""
        if self.status not in ARRIVED or authority == self.authority:
            raise Conflict
        details = {"from": self.authority.slug, "to": authority.slug}
        changes = {"authority": authority, "assignee": None}
        return self._happen(
            "transferred", by=by, version=version, changes=changes, note=note, details=details, batch=batch
        )

    def forward(
        self, *, by: Staff, version: int, arrived_on: dt.date, hold: dt.timedelta = AT_ONCE, batch: Batch | None = None
    ) -> Event:
        """The envelope came to the authority of `by`, which sends it on to the right one: not arrived yet."""
        if by.authority is None or by.authority == self.authority or not _possible(arrived_on):
            raise Conflict
        details = {"from": by.authority.slug, "to": self.authority.slug} | self._look_before
        return self._happen(
            "forwarded",
            by=by,
            version=version,
            hold=hold,
            batch=batch,
            arrived_on=arrived_on,
            changes=_expect(arrived_on),
            details=details,
        )

    def miss(
        self, *, by: Staff, version: int, arrived_on: dt.date, hold: dt.timedelta = AT_ONCE, batch: Batch | None = None
    ) -> Event:
        """An envelope that names this number came without its papers: same status, and the citizen is told."""
        if "received" not in self.moves or not _possible(arrived_on):
            raise Conflict
        return self._happen(
            "absent",
            by=by,
            version=version,
            hold=hold,
            batch=batch,
            arrived_on=arrived_on,
            changes={"look_on": today() + REMIND_AFTER},
            details=self._look_before,
        )

    def correct_arrival(self, on: dt.date, *, by: Staff, version: int, note: str = "", reason: str = "") -> Event:
        """The first envelope came on another day than was recorded: the clock is set anew, and the citizen is told.

        `reason` is the key of a fixed choice; like that of a move it stands in the audit, too.
        """
        if not self.arrived_on or on == self.arrived_on or not _possible(on):
            raise Conflict
        details = {"from": self.arrived_on.isoformat()} | ({"reason": reason} if reason else {})
        return self._happen(
            "corrected", by=by, version=version, changes={"arrived_on": on}, note=note, arrived_on=on, details=details
        )

    def return_originals(
        self, what: str, on: dt.date, registered: str, *, by: Staff, version: int, note: str = ""
    ) -> Event:
        """Originals went back by registered mail: `registered` is the S10 number of the item, already checked."""
        if not self.arrived_on or not _possible(on):
            raise Conflict
        details = {"what": what, "on": on.isoformat(), "registered": registered}
        return self._happen("returned", by=by, version=version, note=note, details=details)

    def undo(self, event: Event, *, by: Staff, version: int) -> None:
        """Take back the latest event while nobody has been told of it. Raises Conflict when it is too late.

        The history keeps both rows; a citizen is shown neither.
        """
        if event != self.latest or event.kind not in UNDOABLE:
            raise Conflict
        changes: dict[str, Any] = {"status": event.from_status, "arrived_on": self.earlier_arrival(event)}
        if event.kind == "incomplete":
            changes["round"] = self.round - 1
        if event.details.get("look"):
            changes["look_on"] = dt.date.fromisoformat(event.details["look"])
        with db.atomic():
            Audit.lock()
            event.cancel_notifications()
            confirmed = (Contact.dossier == self) & (Contact.confirmed_at == event.at)
            Contact.update(confirmed_at=None).where(confirmed).execute()
            self._happen("undone", by=by, version=version, changes=changes, details={"event": event.id}, tell=False)

    def post(self, on: dt.date, registered: str = "") -> None:
        """The citizen says: I posted it on this day. Announced stays announced. Raises Conflict if it is not.

        `registered` is the S10 number of the item, already checked. From now on watch.py minds that it arrives.
        """
        if self.status != "announced" or self.on_its_way or not _possible(on):
            raise Conflict
        details = {"on": on.isoformat(), "registered": registered}
        self._happen("posted", by=None, version=self.version, changes=_expect(on), details=details, tell=False)

    def remark(self, kind: str, look_on: dt.date, **details: Any) -> Event:
        """Tell the citizen that paper is late or was never posted; the next look is on `look_on`."""
        if self.status != "announced":
            raise Conflict
        changes = {"look_on": look_on}
        return self._happen(kind, by=None, version=self.version, changes=changes, details=details)

    def assign(self, to: Staff | None, *, by: Staff) -> None:
        """Give the dossier to a colleague, or to nobody. The citizen's page does not change.

        Raises Conflict if it is not (or no longer) with the colleague's authority.
        """
        with db.atomic():
            Audit.lock()
            theirs = self._table.id == self.id
            if to:
                theirs &= self._table.authority == to.authority
            if self._table.update(assignee=to).where(theirs).execute() != 1:
                raise Conflict
            Audit.record(by, "assigned", self.id, to=to.id if to else None)
        self.assignee = to

    def _happen(
        self,
        kind: str,
        *,
        by: Staff | None,
        version: int,
        changes: dict[str, Any] | None = None,
        hold: dt.timedelta = AT_ONCE,
        tell: bool = True,
        **fields: Any,
    ) -> Event:
        """Write what `kind` means: the dossier, the event, the notifications, and who did it."""
        at, changes = now(), changes or {}
        status = changes.get("status", self.status)
        with db.atomic():
            if by:
                Audit.lock()
            self._update(version, changed_at=at, **changes)
            self._let_go(at)
            if kind in PROOFS:
                Contact.confirm_by_paper(self, at)
            event = Event.create(
                dossier=self, kind=kind, at=at, by=by, from_status=self.status, to_status=status, **fields
            )
            if by:
                why = {"reason": event.details["reason"]} if "reason" in event.details else {}
                Audit.record(by, kind, self.id, event=event.id, **why)
            self._events = None
            self.keep_clock()
            if tell:
                event.tell(at + hold)
        for name, value in changes.items():
            setattr(self, name, value)
        self.version, self.changed_at = version + 1, at
        return event

    def _update(self, version: int, **changes: Any) -> None:
        """Write `changes` if the dossier is still in `version`: of two clerks at once, one wins."""
        row = self._table.update(version=version + 1, **changes)
        if row.where((self._table.id == self.id) & (self._table.version == version)).execute() != 1:
            raise Conflict

    @property
    def _look_before(self) -> dict[str, str]:
        """For the details of an event that changes when to look: what an undo puts back."""
        return {"look": self.look_on.isoformat()} if self.look_on else {}

    def _let_go(self, at: dt.datetime) -> None:
        """What waited for an undo leaves now: after a further move it cannot be undone, and it is the older news."""
        Notification.let_go(Notification.event.in_(self.events.select(Event.id)), at)
        Delivery.hasten(self.events.select(Event.id), at)


def expected_by(posted_on: dt.date) -> dt.date:
    """The day by which an envelope posted on `posted_on` should have been scanned."""
    return working_days_after(posted_on, ON_THE_WAY)


def _expect(sent_on: dt.date) -> dict[str, dt.date]:
    """When to look for an envelope sent on `sent_on`: the last day it may take must be over."""
    return {"look_on": expected_by(sent_on) + dt.timedelta(days=1)}


def _possible(day: dt.date | None) -> bool:
    return day is None or day <= today()
