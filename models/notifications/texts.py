"""The texts of notifications: the desk shows them for a while, then they are erased; the row stays."""

import datetime as dt

from peewee import SQL

from models.base import db, now
from models.notifications.notification import Notification
from models.notifications.timetable import GIVE_UP_AFTER

ROWS_AT_ONCE = 500  # in one transaction, so that nobody waits long


def erase_texts(period: dt.timedelta) -> int:
    """Erase some of the texts whose notification left, or was given up, so long ago, and which worker sent them.

    Returns how many. The first attempt of those that never left was up to GIVE_UP_AFTER before they were given up.
    """
    tried, ended = Notification.tried_at, Notification.run_at.is_null()
    left, given_up = now() - period, now() - period - max(GIVE_UP_AFTER.values())
    over = (tried < left) & (((Notification.sent_at < left) & Notification.sent_at.is_null(False)) | (tried < given_up))
    which = Notification.select(Notification.id).where(Notification.written.is_null(False) & ended & over)
    with db.atomic():
        keys = [row.id for row in which.order_by(tried).limit(ROWS_AT_ONCE)]
        return Notification.update(written=SQL("NULL"), claimed_by="").where(Notification.id.in_(keys)).execute()
