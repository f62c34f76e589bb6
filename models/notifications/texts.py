"""The texts of notifications: the desk shows them for a while, then they are erased; the row stays."""

import datetime as dt

from peewee import SQL

from models.base import db, now
from models.notifications.notification import Notification
from models.notifications.timetable import GIVE_UP_AFTER

KEPT_FOR = dt.timedelta(days=7)  # after the notification has left, or was given up
ROWS_AT_ONCE, MAX_PIECES = 500, 40  # in one transaction, so that nobody waits long; and in one run


def erase_texts() -> int:
    """Erase the texts that are kept long enough, and which worker sent them. Returns how many there were.

    The first attempt of those that never left was up to GIVE_UP_AFTER before they were given up.
    """
    return sum(_erase_some() for _piece in range(MAX_PIECES))


def _erase_some() -> int:
    tried, ended = Notification.tried_at, Notification.run_at.is_null()
    left, given_up = now() - KEPT_FOR, now() - KEPT_FOR - max(GIVE_UP_AFTER.values())
    over = (tried < left) & (((Notification.sent_at < left) & Notification.sent_at.is_null(False)) | (tried < given_up))
    which = Notification.select(Notification.id).where(Notification.written.is_null(False) & ended & over)
    with db.atomic():
        keys = [row.id for row in which.order_by(tried).limit(ROWS_AT_ONCE)]
        return Notification.update(written=SQL("NULL"), claimed_by="").where(Notification.id.in_(keys)).execute()
