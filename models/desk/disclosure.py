"""What was disclosed to the staff, in the audit log: a dossier that was opened, a list of all authorities.

One row for each account and dossier or list in AGAIN_AFTER: reading on, or loading the page again, is the same act. A
page is shown although the row cannot be written, so that the desk can go on looking dossiers up; the security events
tell that a row is missing.
"""

import datetime as dt
import time

from peewee import PeeweeException

from models.base import now
from models.security import events
from models.staff.audit import Audit
from models.staff.staff import Staff

AGAIN_AFTER = dt.timedelta(minutes=10)
PAUSE_SECONDS = 30.0  # after a failure no page waits for the database that long


class _Pause:
    until = 0.0  # by time.monotonic()


def opened(staff: Staff, dossier: int) -> None:
    """Record that `staff` opened a dossier."""
    _record(staff, "opened", dossier)


def listed(staff: Staff, what: str) -> None:
    """Record that `staff` opened a list of all authorities."""
    _record(staff, "listed", what=what)


def _record(staff: Staff, action: str, dossier: int | None = None, **details: str) -> None:
    if time.monotonic() < _Pause.until:
        return events.record("audit-missed", action)
    try:
        if not _recently(staff, action, dossier, details):
            Audit.record(staff, action, dossier, **details)
    except PeeweeException:
        _Pause.until = time.monotonic() + PAUSE_SECONDS
        events.record("audit-missed", action)
    return None


def _recently(staff: Staff, action: str, dossier: int | None, details: dict[str, str]) -> bool:
    """True if the row is there already. Found by the index of the dossier, or of the account."""
    mine = (Audit.staff == staff.id) & (Audit.action == action) & (Audit.at > now() - AGAIN_AFTER)
    if dossier is not None:
        return Audit.select().where((Audit.dossier == dossier) & mine).exists()
    return details in [row.details for row in Audit.select().where(mine)]
