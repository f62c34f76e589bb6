"""Batches: moves made together, for the envelopes of one post-bag or the rows ticked in the work list."""

import datetime as dt

from peewee import CharField, DateField, ForeignKeyField

from models.base import Base, ConflictError, UTCDateTimeField, db, local_day, now, today
from models.staff.audit import Audit
from models.staff.staff import Staff

MAX_AGE_WITHOUT_REASON = dt.timedelta(days=3)  # a bag may have waited over a weekend; what is older needs a reason
REASONS = ("closed", "waiting", "internal", "stamped")


class Batch(Base):
    """A post-bag or a bulk move; its events can be undone together while nobody has been told."""

    staff = ForeignKeyField(Staff, backref="batches")
    kind = CharField(max_length=8)  # post-bag or bulk
    created_at = UTCDateTimeField()
    arrived_on = DateField(null=True)  # of everything in a post-bag

    @classmethod
    def begin(cls, staff: Staff, kind: str) -> "Batch":
        """A new, empty batch."""
        return cls.create(staff=staff, kind=kind, created_at=now())

    @classmethod
    def open_bag(cls, staff: Staff, arrived_on: dt.date, reason: str = "") -> "Batch":
        """A new post-bag that arrived on this day. Raises ConflictError as `answer_for` does."""
        with db.atomic():
            bag = cls.create(staff=staff, kind="post-bag", created_at=now(), arrived_on=arrived_on)
            answer_for(arrived_on, reason, staff, batch=bag.id)
        return bag

    @property
    def day(self) -> dt.date:
        """The day on which everything in this post-bag arrived. Raises ValueError for a bulk move: it has none."""
        if self.arrived_on is None:
            raise ValueError("a bulk move has no day of arrival")
        return self.arrived_on

    @property
    def of_today(self) -> bool:
        """True if it was begun today: nobody goes on tomorrow with today's day of arrival."""
        return local_day(self.created_at) == today()


def answer_for(arrived_on: dt.date, reason: str, staff: Staff, **what: int) -> None:
    """Check the day of arrival that `staff` gave. Raises ConflictError for one to come, or an old one without a reason.

    A day further back than MAX_AGE_WITHOUT_REASON is audited with its reason, one of REASONS: it moves legal deadlines.
    """
    old = arrived_on < today() - MAX_AGE_WITHOUT_REASON
    if arrived_on > today() or (old and reason not in REASONS):
        raise ConflictError
    if old:
        Audit.record(staff, "backdated", arrived_on=arrived_on.isoformat(), reason=reason, **what)
