"""Moves that were made together: the envelopes of one post-bag, or the rows ticked in the work list."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from peewee import CharField, DateField, ForeignKeyField, ModelSelect

from models.base import Base, Conflict, UTCDateTimeField, db, now, today
from models.deadlines.facts import local_day
from models.staff.audit import Audit
from models.staff.staff import Staff

if TYPE_CHECKING:
    from models.dossiers.event import Event

KINDS = ("post-bag", "bulk")
RECENT = dt.timedelta(days=3)  # a bag may have waited over a weekend; what is older needs a reason
REASONS = ("closed", "waiting", "internal", "stamped")


class Batch(Base):
    """A post-bag or a bulk move; its events can be undone together while nobody has been told."""

    staff = ForeignKeyField(Staff, backref="batches")
    kind = CharField(max_length=8)
    created_at = UTCDateTimeField()
    arrived_on: Any = DateField(null=True)  # of everything in a post-bag
    events: "ModelSelect[Event]"

    @classmethod
    def begin(cls, staff: Staff, kind: str) -> "Batch":
        """A new, empty batch."""
        return cls.create(staff=staff, kind=kind, created_at=now())

    @classmethod
    def open_bag(cls, staff: Staff, arrived_on: dt.date, reason: str = "") -> "Batch":
        """A new post-bag that arrived on this day. Raises Conflict as `answer_for` does."""
        with db.atomic():
            bag = cls.create(staff=staff, kind="post-bag", created_at=now(), arrived_on=arrived_on)
            answer_for(arrived_on, reason, staff, batch=bag.id)
        return bag

    @property
    def of_today(self) -> bool:
        """Whether it was begun today: nobody goes on tomorrow with the day of arrival of today."""
        return local_day(self.created_at) == today()

    def undoable(self, hold: dt.timedelta) -> bool:
        """Whether at least its latest move may still be taken back, if moves can be for `hold`."""
        latest = self.events.order_by(self.events.model.id.desc()).first()
        return latest is not None and latest.at + hold > now()


def answer_for(arrived_on: dt.date, reason: str, staff: Staff, **what: int) -> None:
    """Paper may be recorded as arrived on this day. Raises Conflict for a day to come, or an old one without a reason.

    A day further back than RECENT is audited with its reason (one of REASONS): it moves legal periods.
    """
    old = arrived_on < today() - RECENT
    if arrived_on > today() or (old and reason not in REASONS):
        raise Conflict
    if old:
        Audit.record(staff, "backdated", arrived_on=arrived_on.isoformat(), reason=reason, **what)
