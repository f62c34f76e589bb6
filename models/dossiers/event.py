"""One row of a dossier's history."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from peewee import (
    SQL,
    CharField,
    DateField,
    DeferredForeignKey,
    Expression,
    ForeignKeyField,
    ModelSelect,
)

from models.base import UTCDateTimeField, db
from models.deadlines.workdays import working_day
from models.dossiers.batch import Batch
from models.dossiers.kinds import ENDS, FINAL
from models.security.encrypted import EncryptedField, RowKey, SealedModel, UnreadableError
from models.staff.audit import Audit
from models.staff.staff import Staff

ROW = ("dossier", "kind", "row_key")


class Event(SealedModel):
    """One row of a dossier's history, never changed. What its kind means stands in kinds.py."""

    dossier = DeferredForeignKey("Dossier", backref="events", on_delete="CASCADE")
    kind = CharField(max_length=12)
    from_status = CharField(max_length=12, default="")
    to_status = CharField(max_length=12)
    at = UTCDateTimeField()
    by = ForeignKeyField(Staff, null=True, index=False)
    row_key = RowKey()
    note = EncryptedField(*ROW)  # public: the citizen reads it
    arrived_on = DateField(null=True)  # the day this paper came; of a correction, the right day
    postmark_on = DateField(null=True)
    details = EncryptedField(*ROW, json=True, empty=dict)
    held_until = UTCDateTimeField(null=True)  # nobody is told before, and staff can undo it; None: told at once
    batch = ForeignKeyField(Batch, null=True, backref="events", index=False)
    by_id: int | None
    batch_id: int | None
    dossier_id: int

    @classmethod
    def of_batch(cls, batch: Batch) -> "ModelSelect[Event]":
        """The events of one post-bag or bulk move, the latest first."""
        return cls.select().where(cls.batch == batch).order_by(cls.id.desc())

    @classmethod
    def of_dossier(cls, dossier_id: int) -> "Iterable[Event]":
        """The events of one dossier, oldest first.

        Raw SQL: building this query takes Peewee four times as long as running it.
        """
        return cls.raw(f"SELECT * FROM event WHERE dossier_id = {db.param} ORDER BY id", dossier_id)  # noqa: S608

    @property
    def is_final(self) -> bool:
        """True if no status can follow the one that it left the dossier in."""
        return self.to_status in FINAL

    @property
    def put_back(self) -> dict[str, Any]:
        """The columns of the dossier that an undo of this event restores from its details."""
        restored: dict[str, Any] = {"status": self.from_status}
        if "round" in self.details:
            restored["round"] = self.details["round"] - 1
        if "look" in self.details:
            restored["look_on"] = dt.date.fromisoformat(self.details["look"])
        return restored

    def audit(self) -> None:
        """Write the audit row of what staff did, with the reason if one was given. A citizen's own act has none."""
        if self.by:
            why = {"reason": self.details["reason"]} if "reason" in self.details else {}
            Audit.record(self.by, self.kind, self.dossier_id, event=self.id, **why)

    @property
    def shown(self) -> dict[str, Any]:
        """The details, to be read by people: nothing if they cannot be decrypted. What is decided goes by `details`."""
        with suppress(UnreadableError):
            return dict(self.details)
        return {}

    def missing(self, language: str) -> list[str]:
        """The documents that were asked for: as the catalogue names them in `language`, or as a clerk wrote them."""
        return [item if isinstance(item, str) else item[language] for item in self.shown.get("missing", [])]

    @property
    def until_set(self) -> dt.date | None:
        """Of "incomplete": the day by which the documents should come, as the clerk set it."""
        until = self.shown.get("until")
        return dt.date.fromisoformat(until) if until else None

    @property
    def until(self) -> dt.date | None:
        """The same day, moved to the next working day if it is not one (Basel Convention, art. 5)."""
        return working_day(self.until_set) if self.until_set else None


Event.add_index(Event.index(Event.batch, name="event_of_batch", where=Event.batch.is_null(False)))
# Events after which a dossier is over: few of all, and found by their day (models/retention.py).
ENDING = Expression(Event.kind, "IN", SQL(f"({', '.join(repr(kind) for kind in ENDS)})"))
Event.add_index(Event.index(Event.at, name="event_ending", where=ENDING))
