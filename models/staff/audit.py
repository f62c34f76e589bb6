"""The audit log: what the staff did and read. Append-only rows in a hash chain."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from peewee import CharField, IntegerField, JSONField

from models.base import Base, UTCDateTimeField, db, now
from models.security import events
from models.staff import acting
from models.staff.audit_cut import AuditCut
from models.staff.staff import Staff

ADVISORY_LOCK = 0x61756469  # PostgreSQL: appends wait for each other, so that the chain does not fork
FIRST_SEAL = "0" * 64  # stands before the first row
PIECE = 2000  # rows that verify() reads at a time
# Acts that are security events too: kind and detail. That of a sign-in is what it was by.
AS_EVENTS = {
    "signed in": ("signed-in", ""),
    "recovery code used": ("recovery-code-used", "code"),
    "password changed": ("factor-changed", "password"),
    "passkey added": ("factor-changed", "passkey"),
    "authenticator added": ("factor-changed", "totp"),
    "recovery codes renewed": ("factor-changed", "recovery-codes"),
    "factor removed": ("factor-changed", "removed"),
    "account reset": ("factor-changed", "reset"),
    "session ended": ("sessions-ended", "owner"),
    "account signed out": ("sessions-ended", "administrator"),
    "account closed": ("sessions-ended", "disabled"),
}


class Audit(Base):
    """One act of a member of staff, or of the service itself (`staff` is None).

    A row holds ids and no personal data, so that erasing a person leaves the chain whole. The database refuses to
    change or delete a row (migration 0003); verify() finds rows that were tampered with all the same.
    """

    id = IntegerField(primary_key=True)  # counted here, without gaps: a missing row is noticed
    at = UTCDateTimeField(index=True)
    staff = IntegerField(null=True)
    action = CharField(max_length=30)
    dossier = IntegerField(null=True)
    details = JSONField(default=dict)  # ids, kinds and counts; never an address, a name or free text
    seal = CharField(max_length=64)  # see compute_seal()

    class Meta:
        indexes = ((("dossier", "id"), False), (("staff", "id"), False))

    @classmethod
    def record(cls, staff: Staff | None, action: str, dossier: int | None = None, **details: Any) -> "Audit":
        """Append one row. Call it inside the transaction of the act, so that act and row are committed together.

        While a command runs, the row names the command and its operator; `staff` is the account that was acted on.
        """
        if command := acting.command():
            details |= command.details() | ({"account": staff.id} if staff else {})
            staff = None
        with db.atomic():
            cls.lock()
            last = cls.select().order_by(cls.id.desc()).first()
            row = cls(
                id=last.id + 1 if last else 1,
                at=now(),
                staff=staff.id if staff else None,
                action=action,
                dossier=dossier,
                details=details,
            )
            row.seal = row.compute_seal(last.seal if last else FIRST_SEAL)
            row.save(force_insert=True)
        if action in AS_EVENTS:
            kind, detail = AS_EVENTS[action]
            events.record(kind, detail or details["factor"])
        return row

    @staticmethod
    def lock() -> None:
        """Take the advisory lock of the log until the transaction ends (on SQLite an IMMEDIATE transaction is alone).

        A transaction that changes rows which others change too must take this lock first and the rows second.
        In the other order two such transactions deadlock, and PostgreSQL aborts one.
        """
        if db.for_update:
            db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (ADVISORY_LOCK,))

    def compute_seal(self, previous: str) -> str:
        """The seal of this row: SHA-256 of the seal of the row before it (`previous`) and of its own content."""
        content = [self.id, self.at.isoformat(), self.staff, self.action, self.dossier, self.details]
        text = previous + json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @classmethod
    def verify(cls) -> tuple[int | None, "Audit | None"]:
        """Check the whole chain: the id of the first row that was changed, removed or inserted, and the last good row.

        The id is None if the chain is whole. That does not prove that no rows were cut off at the end, nor that the log
        was not rewritten from the beginning: for that, keep a seal elsewhere and ask has_seal(). What was exported and
        cut off (audit_export.py) is known by the seal of its last row.
        """
        cut = AuditCut.latest()
        bad, good = cls._verify_after(cut)
        if bad and AuditCut.latest() != cut:  # it was cut off while it was read
            return cls.verify()
        return bad, good

    @classmethod
    def _verify_after(cls, cut: AuditCut | None) -> tuple[int | None, "Audit | None"]:
        good, recorded = None, False
        before, seal = (cut.last_id, cut.seal) if cut else (0, FIRST_SEAL)
        rows = cls._after(before)
        while True:
            expected = good.id + 1 if good else before + 1
            try:
                row = next(rows, None)
                if row is None:
                    return (None if cut is None or recorded else before), good
                if row.id != expected or row.seal != row.compute_seal(good.seal if good else seal):
                    return expected, good
                recorded = recorded or bool(cut and row.records(cut))
            except (ValueError, TypeError, AttributeError):  # a value that does not parse was not written by us
                return expected, good
            good = row

    @classmethod
    def _after(cls, last: int) -> "Iterator[Audit]":
        """The rows after the one with this id, PIECE at a time.

        All rows of some years do not fit in memory, and reading them at once would keep the WAL from being cut.
        """
        more = True
        while more:
            more = False
            for row in cls.select().where(cls.id > last).order_by(cls.id).limit(PIECE).iterator():
                more, last = True, row.id
                yield row

    def records(self, cut: AuditCut) -> bool:
        """True if this row says that the log was cut there: a cut without it is a part that somebody took away."""
        return self.action == "cut" and (self.details["last"], self.details["seal"]) == (cut.last_id, cut.seal)

    @classmethod
    def has_seal(cls, seal: str) -> bool:
        """True if a row has this seal, or a cut ended with it. False for one that was noted: rows are gone."""
        return cls.select().where(cls.seal == seal).exists() or AuditCut.has_seal(seal)
