"""What the staff did and read: rows that are only ever added, each sealed with the one before it."""

import hashlib
import json
from typing import Any

from peewee import CharField, IntegerField, JSONField

from models.base import Base, UTCDateTimeField, db, now
from models.staff.staff import Staff

LOCK = 0x61756469  # PostgreSQL's advisory lock: two rows must not follow the same one
BEGINNING = "0" * 64


class Audit(Base):
    """One act of a member of staff, or of the service itself. It names ids and no person: erasing breaks no chain.

    The database refuses to change or delete a row (migration 0003); `verify` finds what was changed in spite of it.
    """

    id = IntegerField(primary_key=True)  # counted here, without gaps: a missing row shows
    at = UTCDateTimeField(index=True)
    staff = IntegerField(null=True)
    action = CharField(max_length=30)
    dossier = IntegerField(null=True)
    details = JSONField(default=dict)  # ids, kinds and counts; never an address, a name or what somebody typed
    seal = CharField(max_length=64)

    class Meta:
        indexes = ((("dossier", "id"), False), (("staff", "id"), False))

    @classmethod
    def record(cls, staff: Staff | None, action: str, dossier: int | None = None, **details: Any) -> "Audit":
        """Add one row; inside the transaction of what it records, so that neither stands without the other."""
        with db.atomic():
            cls.take_turn()
            last = cls.select().order_by(cls.id.desc()).first()
            row = cls(
                id=last.id + 1 if last else 1,
                at=now(),
                staff=staff.id if staff else None,
                action=action,
                dossier=dossier,
                details=details,
            )
            row.seal = row.sealed(last.seal if last else BEGINNING)
            row.save(force_insert=True)
        return row

    @staticmethod
    def take_turn() -> None:
        """From here to the end of the transaction nobody else records anything.

        Whoever changes rows that others change too takes the turn first: two who hold rows and wait for it, while it
        waits for their rows, would be ended by PostgreSQL. On SQLite the IMMEDIATE transaction does the same.
        """
        if db.for_update:
            db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (LOCK,))

    def sealed(self, before: str) -> str:
        """The seal of this row after one with the seal `before`: SHA-256 of that and of all that this row says."""
        content = [self.id, self.at.isoformat(), self.staff, self.action, self.dossier, self.details]
        text = before + json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def verify(cls) -> tuple[int | None, "Audit | None"]:
        """The id of the first row that was changed, removed or put in (None: all is well), and the last good row.

        Rows cut off at the end leave a chain that is whole, and so does one that was written anew from its beginning:
        both show by a seal that was kept elsewhere and is gone (`has_seal`).
        """
        good = None
        rows = iter(cls.select().order_by(cls.id).iterator())
        while True:
            expected = good.id + 1 if good else 1
            try:
                row = next(rows, None)
                if row is None:
                    return None, good
                if row.id != expected or row.seal != row.sealed(good.seal if good else BEGINNING):
                    return expected, good
            except (ValueError, TypeError, AttributeError):  # what cannot be read, we have not written
                return expected, good
            good = row

    @classmethod
    def has_seal(cls, seal: str) -> bool:
        """Whether the row with this seal, the last one at some time, is still there."""
        return cls.select().where(cls.seal == seal).exists()
