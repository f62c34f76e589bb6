"""Mails to the staff about their own accounts: an outbox beside that of notifications, which are for citizens.

A notice is written in the transaction of what it tells, and deleted once the mail server has taken it.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Literal

from peewee import CharField, ForeignKeyField, IntegerField

from models.base import Base, UTCDateTimeField, db, is_first_free, now
from models.staff.staff import Staff

Kind = Literal[
    "password",
    "passkey added",
    "passkey removed",
    "app added",
    "app removed",
    "codes renewed",
    "code used",
    "reset",
    "closed",
    "opened",
    "second asked",  # something about an administrator waits for a second one
    "second confirmed",
    "second refused",
]

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
RETRY_PAUSES = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR)  # after each failure; the last one repeats
GIVE_UP_AFTER = dt.timedelta(hours=72)
MAX_UNKNOWN = 5  # repeats of a mail that the server may have: it has the same Message-ID
LEASE = HOUR  # longer than one dialogue with a mail server may take


class Notice(Base):
    """One mail to the owner of an account. It says nothing that opens an account."""

    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    staff_id: int  # peewee makes it; its stubs do not say so
    kind = CharField(max_length=20)
    browser = CharField(max_length=60, null=True)  # kind of browser it was done with; null: by a command on the server
    at = UTCDateTimeField()
    run_at = UTCDateTimeField(index=True)  # when it may be claimed
    attempts = IntegerField(default=0)

    @classmethod
    def queue(cls, staff: Staff, kind: Kind, browser: str | None) -> None:
        """Queue a mail to the owner of `staff`; call it inside the transaction of what it tells."""
        cls.create(staff=staff, kind=kind, browser=browser, at=now(), run_at=now())

    @classmethod
    def queue_all(cls, people: Iterable[Staff], kind: Kind, browser: str | None) -> None:
        """Queue the same mail to several accounts."""
        for staff in people:
            cls.queue(staff, kind, browser)

    @classmethod
    def claim(cls) -> "Notice | None":
        """Claim the notice that is due longest. Nobody else gets it while its lease lasts.

        One that is dated further ahead than any pause is due as well: a clock was wrong.
        """
        due = (cls.run_at <= now()) | (cls.run_at > now() + max(LEASE, *RETRY_PAUSES))
        waiting = cls.select(cls.id).where(due).order_by(cls.run_at, cls.id)
        if not waiting.exists():  # an idle worker must write nothing
            return None
        with db.atomic():
            claim = cls.update(attempts=cls.attempts + 1, run_at=now() + LEASE).where(is_first_free(cls.id, waiting))
            return next(iter(claim.returning(cls).execute()), None)

    @property
    def reference(self) -> str:
        """Part of its Message-ID, the same at each attempt. With the time: SQLite gives ids of deleted rows again."""
        return f"{self.id}.{self.at:%Y%m%d%H%M%S%f}"

    @property
    def exhausted(self) -> bool:
        """True if it has been tried for long enough."""
        return now() - self.at > GIVE_UP_AFTER and self.attempts > len(RETRY_PAUSES)

    def finish(self) -> None:
        """Delete it: the mail server took it, or nobody will."""
        Notice.delete().where(self._mine).execute()

    def retry(self) -> None:
        """Let it be tried again after a pause."""
        pause = RETRY_PAUSES[min(self.attempts, len(RETRY_PAUSES)) - 1]
        Notice.update(run_at=now() + pause).where(self._mine).execute()

    @property
    def _mine(self) -> bool:
        """Condition: this row, unless another worker has claimed it since."""
        return (Notice.id == self.id) & (Notice.attempts == self.attempts)
