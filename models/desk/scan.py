"""The envelopes of a post-bag: each code that was scanned, and its outcome."""

import datetime as dt
import re
import uuid
from typing import Any

from peewee import JOIN, CharField, ForeignKeyField, IntegerField, IntegrityError, ModelSelect, UUIDField

from models.base import Base, ConflictError, UTCDateTimeField, db, local_day, now
from models.desk.opening import Opened, request_since
from models.desk.scope import Scope
from models.dossiers.batch import Batch
from models.dossiers.codes import Scanned, existing
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.history import History
from models.dossiers.kinds import ARRIVALS
from models.dossiers.moves import NO_HOLD, Act, Move
from models.dossiers.number import clean
from models.staff.audit import Audit
from models.staff.staff import Staff

CHANGED = (*ARRIVALS.values(), "asked", "further", "forwarded", "absent")  # these did something that can be undone
OPENED = (*ARRIVALS.values(), "asked", "absent")  # an envelope was opened, and it can be said what was in it
SHOWN_CHARACTERS = 4  # characters of a number that led nowhere; with the envelope in hand they tell which one it was
MAX_TRIES = 3
_WEB = re.compile(r"^\W*https?://(?:www\.)?", re.IGNORECASE)  # tells nothing of a code


class Read(Base):
    """One number that was read, and its outcome; the same reading sent twice is one row and changes nothing twice.

    The outcome is one of CHANGED, or: again (it had arrived before), twice (already in this bag), elsewhere (another
    authority's), early (the number is younger than the day of arrival), postmark (later than the arrival), unknown,
    malformed, foreign (a code that is not ours), two (different codes in one reading), undone.
    """

    key = UUIDField(primary_key=True)
    scan = UUIDField(index=True)  # made on the device for each reading; a code of an envelope leads to several rows
    batch = ForeignKeyField(Batch, backref="reads", on_delete="CASCADE")
    dossier = ForeignKeyField(Dossier, null=True, on_delete="SET NULL")
    event = ForeignKeyField(Event, null=True, on_delete="SET NULL")
    outcome = CharField(max_length=10)
    round = IntegerField(default=0)  # of the follow-up sheet
    text = CharField(max_length=8, default="")  # how what led nowhere begins
    at = UTCDateTimeField()
    batch_id: int
    dossier_id: int | None  # peewee makes them; its stubs do not say so
    event_id: int | None

    @classmethod
    def take(
        cls, batch: Batch, scan: uuid.UUID, text: str, *, hold: dt.timedelta, postmark_on: dt.date | None = None
    ) -> list["Read"]:
        """Record what `text` stands for as arrived on the day of the bag; one row for each number in it.

        The same `scan` gives the same rows, whatever comes with it. Raises ConflictError if it was used in another bag.
        """
        for tries in range(1, MAX_TRIES + 1):
            try:
                with db.atomic():
                    return cls.of(batch, scan) or cls._take(batch, scan, text, hold, postmark_on)
            except (ConflictError, IntegrityError):  # scanned by somebody else at this very moment: see what it is now
                if tries == MAX_TRIES:
                    raise ConflictError from None
        raise AssertionError

    @classmethod
    def of(cls, batch: Batch, scan: uuid.UUID) -> list["Read"]:
        """The rows of one reading, in the order of the code."""
        return list(cls._loaded().where((cls.batch == batch) & (cls.scan == scan)).order_by(cls.at))

    @property
    def first(self) -> "Read | None":
        """The reading by which the envelope of this one was opened, if it has been scanned twice in its bag."""
        same = (Read.batch == self.batch) & (Read.dossier == self.dossier_id) & Read.outcome.in_(OPENED)
        return Read._loaded().where(same).first() if self.outcome == "twice" else None

    @classmethod
    def recorded_in(cls, batch: Batch) -> "ModelSelect[Read]":
        """What was read from a bag and changed a dossier."""
        return cls.select().where((cls.batch == batch) & cls.outcome.in_(CHANGED))

    @classmethod
    def of_bag(cls, batch: Batch) -> list["Read"]:
        """Everything that was read from a bag, the latest first."""
        return list(cls._loaded().where(cls.batch == batch).order_by(cls.at.desc()))

    @classmethod
    def undo_all(cls, batch: Batch, *, by: Staff) -> int:
        """Undo everything in the bag that still can be. Returns how many could not."""
        left = 0
        for read in cls.recorded_in(batch).order_by(cls.at.desc()):
            try:
                read.undo(by=by)
            except ConflictError:
                left += 1
        return left

    def undo(self, *, by: Staff) -> None:
        """Undo the outcome of this read while nobody has been told. Raises ConflictError when it is too late."""
        with db.atomic():
            dossier = self._dossier()
            left, (first, *requests) = self._hold_left(dossier), self._led_to(dossier.history)
            self._become("undone", CHANGED)
            for request in reversed(requests):
                dossier.undo(request, Act(by=by, version=dossier.version, hold=left))
            dossier.undo(first, Act(by=by, version=dossier.version))

    def undo_envelope(self, *, by: Staff) -> None:
        """Undo all that came in the same envelope. Raises ConflictError, and changes nothing, if one cannot be."""
        with db.atomic():
            for read in Read.of(self.batch, self.scan):
                if read.outcome in CHANGED:
                    read.undo(by=by)

    def add_papers(self, *, by: Staff, hold: dt.timedelta) -> None:
        """It had arrived before, and there are further papers in this envelope."""
        with db.atomic():
            self._become("further", ("again",))
            dossier = self._own(by)
            self._keep(dossier.add_papers(self.batch.day, self._act(dossier, by, hold)))

    def forward(self, *, by: Staff, hold: dt.timedelta) -> None:
        """It is another authority's: the envelope is sent on, and the citizen is told."""
        with db.atomic():
            self._become("forwarded", ("elsewhere",))
            dossier = self._dossier()
            self._keep(dossier.forward(self.batch.day, self._act(dossier, by, hold)))

    def settle(self, opened: Opened, *, by: Staff, hold: dt.timedelta) -> None:
        """Record what was found in the envelope, in place of what was said of it before.

        What is missing is asked for: as long as the scan is held, so is the request, and one notification tells both.
        The same said twice changes nothing. Raises ConflictError when it is too late, or if the dossier has changed.
        """
        try:
            with db.atomic():
                self._settle(opened, by, hold)
        except ConflictError:  # perhaps the same was said at this very moment: see what it is now
            now_it_is = Read.of(self.batch, self.scan)
            if not any(each.key == self.key and each.says(opened, each._own(by)) for each in now_it_is):
                raise

    def says(self, opened: Opened, dossier: Dossier) -> bool:
        """True if what is recorded is what `opened` says."""
        if self.outcome == "absent" or not opened.present:
            return (self.outcome == "absent") != opened.present
        return self.outcome in OPENED and opened.asks_as(request_since(dossier, self._cause(), self.batch))

    def undoable_until(self, history: History) -> dt.datetime | None:
        """The time until which it can be undone, by the dossier's history; None if it is too late, or has moved on."""
        return history.undoable_until if history.undoable in self._led_to(history) else None

    def _settle(self, opened: Opened, by: Staff, hold: dt.timedelta) -> None:
        self._become(self.outcome, OPENED)  # a lock: the second of two at once sees what the first has written
        dossier = self._own(by)
        if self.says(opened, dossier):
            return
        if dossier.version != opened.version:
            raise ConflictError
        self._simplify(dossier, by, hold)
        if not opened.present:
            dossier.undo(self._cause(), self._act(dossier, by))
            self._become("absent", OPENED)
            self._keep(dossier.mark_absent(self.batch.day, self._act(dossier, by, hold)))
        elif opened.missing:
            self._become("asked", OPENED)
            act = self._act(dossier, by, self._hold_left(dossier))
            dossier.move(Move("incomplete", missing=opened.missing, until=opened.until, **vars(act)))

    def _simplify(self, dossier: Dossier, by: Staff, hold: dt.timedelta) -> None:
        """Make it a simple arrival again: without the request, or after all if it was absent."""
        cause, act = self._cause(), self._act(dossier, by, self._hold_left(dossier))
        request = request_since(dossier, cause, self.batch)
        if self.outcome == "absent":
            dossier.undo(cause, act)
            self._become(ARRIVALS[dossier.status], OPENED)
            postmarks = [event.postmark_on for event in dossier.history.rows if event.batch_id == self.batch.id]
            self._keep(dossier.move(_arrival(self.batch, dossier, hold, next(filter(None, postmarks), None))))
        elif request:
            dossier.undo(request, act)
            self._become(ARRIVALS[cause.from_status], OPENED)

    def _led_to(self, history: History) -> list[Event]:
        """The events that stand of what this reading led to: the one, and what was asked for at the opening."""
        if self.outcome not in CHANGED:
            return []
        bag = [event for event in history.standing if event.batch_id == self.batch_id]
        asked = self.outcome == "asked"
        return [event for event in bag if event.id == self.event_id or asked and event.id > self.event_id]

    def _hold_left(self, dossier: Dossier) -> dt.timedelta:
        """How long nobody hears of it yet. Raises ConflictError if that is over."""
        until = self.undoable_until(dossier.history)
        if until is None:
            raise ConflictError
        return until - now()

    def _cause(self) -> Event:
        """The event that this reading led to. Raises ConflictError if there is none any more."""
        if self.event is None:
            raise ConflictError
        return self.event

    @classmethod
    def _loaded(cls) -> "ModelSelect[Read]":
        """Reads with their events: whether one can be taken back depends on that."""
        return cls.select(cls, Event).join(Event, JOIN.LEFT_OUTER)

    @classmethod
    def _take(
        cls, batch: Batch, scan: uuid.UUID, text: str, hold: dt.timedelta, postmark_on: dt.date | None
    ) -> list["Read"]:
        found, *others = existing(text, _exists) or (None,)
        if others and not (found and found.doubtful):
            begin = "".join(each.numbers[0][:SHOWN_CHARACTERS] for each in (found, others[0]) if each)
            return [cls._write(batch, scan, scan, "two", text=begin)]
        if found is None:
            strange = ":" in text or "/" in text
            begin = "".join(filter(str.isalnum, clean(_WEB.sub("", text))))[:SHOWN_CHARACTERS]
            return [cls._write(batch, scan, scan, "foreign" if strange else "malformed", text=begin)]
        if postmark_on and postmark_on > batch.day:
            return [cls._write(batch, scan, scan, "postmark", text=found.numbers[0][:SHOWN_CHARACTERS])]
        return [cls._take_one(batch, scan, found, number, hold, postmark_on) for number in found.numbers]

    @classmethod
    def _take_one(
        cls,
        batch: Batch,
        scan: uuid.UUID,
        found: Scanned,
        number: str,
        hold: dt.timedelta,
        postmark_on: dt.date | None,
    ) -> "Read":
        key = scan if number == found.numbers[0] else uuid.uuid5(scan, number)
        dossier = Dossier.loaded().where(Dossier.number == number).first()
        if dossier is None:
            return cls._write(batch, scan, key, "unknown", text=number[:SHOWN_CHARACTERS])
        event, outcome = None, cls._obstacle(batch, dossier)
        if not outcome:
            outcome = ARRIVALS[dossier.status]
            event = dossier.move(_arrival(batch, dossier, hold, postmark_on))
        return cls._write(batch, scan, key, outcome, dossier=dossier, event=event, round=found.round)

    @classmethod
    def _obstacle(cls, batch: Batch, dossier: Dossier) -> str:
        """Why this number is not simply recorded as arrived, if it is not."""
        if not Scope(batch.staff).sees(dossier):
            Audit.record(batch.staff, "elsewhere", dossier.id, batch=batch.id)  # who learnt whose number it is
            return "elsewhere"
        before = (cls.batch == batch) & (cls.dossier == dossier) & cls.outcome.in_(CHANGED)
        if cls.select().where(before & (cls.outcome != "absent")).exists():
            return "twice"
        if dossier.status not in ARRIVALS:
            return "again"
        return "early" if batch.day < local_day(dossier.created_at) else ""

    @classmethod
    def _write(cls, batch: Batch, scan: uuid.UUID, key: uuid.UUID, outcome: str, **fields: Any) -> "Read":
        return cls.create(key=key, scan=scan, batch=batch, outcome=outcome, at=now(), **fields)

    def _dossier(self) -> Dossier:
        if self.dossier_id is None:
            raise ConflictError
        return Dossier.loaded().where(Dossier.id == self.dossier_id).get()

    def _own(self, by: Staff) -> Dossier:
        """The dossier, if `by` may still move it: it may have been handed over to another authority since."""
        dossier = self._dossier()
        if not Scope(by).sees(dossier):
            raise ConflictError
        return dossier

    def _become(self, outcome: str, before: tuple[str, ...]) -> None:
        """Change the outcome if it is still one of `before`: of two taps at once, one wins."""
        mine = (Read.key == self.key) & (Read.outcome == self.outcome) & Read.outcome.in_(before)
        if Read.update(outcome=outcome).where(mine).execute() != 1:
            raise ConflictError
        self.outcome = outcome

    def _act(self, dossier: Dossier, by: Staff, hold: dt.timedelta = NO_HOLD) -> Act:
        return Act(by=by, version=dossier.version, hold=hold, batch=self.batch)

    def _keep(self, event: Event) -> None:
        Read.update(event=event).where(Read.key == self.key).execute()
        self.event = event


def _exists(number: str) -> bool:
    return Dossier.select().where(Dossier.number == number).exists()


def _arrival(batch: Batch, dossier: Dossier, hold: dt.timedelta, postmark_on: dt.date | None) -> Move:
    act = Act(by=batch.staff, version=dossier.version, hold=hold, batch=batch)
    return Move("received", arrived_on=batch.day, postmark_on=postmark_on, **vars(act))
