"""Notifications that would wait too long because a clock ran ahead when their time was written.

Once the clock is right, nothing waits longer than its own rule can make it wait.
"""

import datetime as dt
import operator
from collections.abc import Mapping
from functools import reduce

from peewee import Expression

from models.base import now
from models.notifications import timetable
from models.notifications.notification import Notification
from models.notifications.states import UNSENT
from models.notifications.timetable import Hours

TOLERANCE = dt.timedelta(seconds=5)  # between the clocks of several machines
WAITING = ("queued", "held", "deferred", "unknown", "sending")


def correct(undo: dt.timedelta, leases: Mapping[str, dt.timedelta], hours: Hours) -> int:
    """Bring back to now what is dated too far ahead. Returns how many there were.

    `undo` is how long a move can be undone; `leases` has the lease of each channel.
    """
    return _correct_written_ahead(undo) + _correct_too_far(leases, hours)


def _correct_written_ahead(undo: dt.timedelta) -> int:
    """What a fast clock queued waits as long as it was to wait for an undo, from now on."""
    at = now()
    late = Notification.state.in_(UNSENT) & (Notification.run_at > at + undo)  # an index finds these
    rows = list(Notification.select().where(late & (Notification.created_at > at + TOLERANCE)))
    for row in rows:
        _move(row, at + min(max(row.run_at - row.created_at, dt.timedelta()), undo))
    return len(rows)


def _correct_too_far(leases: Mapping[str, dt.timedelta], hours: Hours) -> int:
    at = now()
    waiting = Notification.state.in_(WAITING) & (Notification.run_at > at + TOLERANCE)  # an index finds these
    rows = list(Notification.select().where(waiting & _too_far(at, leases, hours)))
    for row in rows:  # a worker that lives extends its lease again, one that died is found when this one is over
        _move(row, at + leases[row.channel] if row.state == "sending" else at)
    return len(rows)


def _too_far(at: dt.datetime, leases: Mapping[str, dt.timedelta], hours: Hours) -> Expression:
    """Dated further ahead than the rule of its state and channel can lead to."""
    tomorrow = timetable.midnight(at) + dt.timedelta(days=1, hours=max(hours.start, timetable.MORNING_HOUR) + 2)
    terms = [(Notification.state == "held") & (Notification.run_at > tomorrow)]
    for channel, lease in leases.items():
        pause = timetable.longest_pause(channel)
        longest = {"sending": lease, "deferred": pause, "queued": pause, "unknown": max(pause, lease)}
        mine = Notification.channel == channel
        terms += [
            mine & (Notification.state == state) & (Notification.run_at > at + wait + TOLERANCE)
            for state, wait in longest.items()
        ]
    return reduce(operator.or_, terms)


def _move(row: Notification, to: dt.datetime) -> None:
    """Set its time, unless somebody has just done so."""
    same = (Notification.id == row.id) & (Notification.state == row.state) & (Notification.run_at == row.run_at)
    Notification.update(run_at=to).where(same).execute()
