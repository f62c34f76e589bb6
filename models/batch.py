"""Moves that were made together: the envelopes of one post-bag, or the rows ticked in the work list."""

import datetime as dt
from typing import TYPE_CHECKING

from peewee import CharField, ForeignKeyField, ModelSelect

from .base import Base, UTCDateTimeField, now
from .staff import Staff

if TYPE_CHECKING:
    from .event import Event

KINDS = ("post-bag", "bulk")


class Batch(Base):
    """A post-bag or a bulk move; its events can be undone together while nobody has been told."""

    staff = ForeignKeyField(Staff, backref="batches")
    kind = CharField(max_length=8)
    created_at = UTCDateTimeField()
    events: "ModelSelect[Event]"

    @classmethod
    def begin(cls, staff: Staff, kind: str) -> "Batch":
        """A new, empty batch."""
        return cls.create(staff=staff, kind=kind, created_at=now())

    def undoable(self, hold: dt.timedelta) -> bool:
        """Whether at least its latest move may still be taken back, if moves can be for `hold`."""
        latest = self.events.order_by(self.events.model.id.desc()).first()
        return latest is not None and latest.at + hold > now()
