"""Figures for monitoring. All are read from the database, so that every process tells the same; none names a person.

Each is cheap with a million dossiers: by an index, or kept (counts of what is over).
"""

import datetime as dt
import shutil
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from peewee import Database, Expression, fn

from models.base import db, now, today
from models.dossiers.dossier import Dossier
from models.dossiers.kinds import AWAITING_AUTHORITY
from models.notifications.notification import Notification
from models.staff.audit import Audit
from models.systems.delivery import Delivery
from paths import ROOT

WAITING = ("queued", "held", "sending", "deferred", "unknown")  # states that may have a time to run at
TRIED = ("sending", "deferred", "unknown")
FIRST_DAY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)

Counts = list[tuple[str, str, int]]


def dossiers_by_status() -> dict[str, int]:
    """How many dossiers are in each status."""
    return dict(_rows(Dossier.select(Dossier.status, fn.COUNT(Dossier.id)).group_by(Dossier.status)))


def overdue() -> int:
    """Dossiers past their legal limit that wait for their authority."""
    return Dossier.select().where(Dossier.status.in_(AWAITING_AUTHORITY) & (Dossier.due_on < today())).count()


def waiting_notifications() -> Counts:
    """Notifications that are not over, by channel and state."""
    return _by_channel_and_state(Notification.state.in_(WAITING))


def past_notifications() -> Counts:
    """Notifications that are over, by channel and state. Slow with millions of them: keep the answer for a while."""
    # Both bounds make SQLite count in the index over created_at, state and channel, not in the table.
    counts = _by_channel_and_state(Notification.created_at.between(FIRST_DAY, now()))
    return [count for count in counts if count[1] not in WAITING]


def undelivered_since() -> dict[str, dt.datetime]:
    """For each channel since when its longest waiting notification could have arrived, whatever its next attempt.

    What was tried waits since its first attempt, what was not since it was due. What may not leave yet (undo window,
    night, three a day) does not wait.
    """
    since: dict[str, dt.datetime] = {}
    for which, at in ((tried(now()), Notification.tried_at), (due(now()), Notification.run_at)):
        first = Notification.select(Notification.channel, fn.MIN(at)).where(which).group_by(Notification.channel)
        for channel, moment in _rows(first):
            since[channel] = min(moment, since.get(channel, moment))
    return since


def tried(until: dt.datetime) -> Expression:
    """Notifications that were first tried before `until`, and will be again."""
    again = Notification.state.in_(TRIED) & Notification.run_at.is_null(False)
    return again & (Notification.tried_at <= until)


def due(until: dt.datetime) -> Expression:
    """Notifications that are due since before `until`, and were not tried since."""
    return Notification.state.in_(("queued", "held")) & (Notification.run_at <= until)


def deliveries_by_state() -> dict[str, int]:
    """Events for the systems of the authorities, by state."""
    return dict(_rows(Delivery.select(Delivery.state, fn.COUNT(Delivery.id)).group_by(Delivery.state)))


def audit_rows() -> int:
    """Rows of the audit log. They are numbered without gaps, so the last number is their count."""
    return Audit.select(fn.MAX(Audit.id)).scalar() or 0


def database_size(database: Database) -> int:
    """Bytes of the database: of its file and write-ahead log, or as PostgreSQL counts them."""
    if db.for_update:
        return int(db.execute_sql("SELECT pg_database_size(current_database())").fetchone()[0])
    paths = (Path(f"{database.database}{suffix}") for suffix in ("", "-wal"))
    return sum(path.stat().st_size for path in paths if path.exists())


def disk_free(database: Database) -> tuple[int, int]:
    """Free and total bytes of the disk with the database's file; with PostgreSQL, of the disk that we run on."""
    folder = ROOT if db.for_update else Path(database.database).resolve().parent
    usage = shutil.disk_usage(folder)
    return usage.free, usage.total


def version() -> str:
    """The version of this release, as in pyproject.toml."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _by_channel_and_state(which: Expression) -> Counts:
    fields = Notification.state, Notification.channel  # in the order of the index
    return list(_rows(Notification.select(*fields, fn.COUNT(Notification.id)).where(which).group_by(*fields)))


def _rows(query: Any) -> Iterable[Any]:
    return cast(Iterable[Any], query.tuples())
