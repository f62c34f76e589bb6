"""Figures for monitoring. All are read from the database, so that every process tells the same; none names a person.

Each is cheap with a million dossiers: by an index, or from the counts that the database keeps.
"""

import datetime as dt
import shutil
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from peewee import Database, Expression, fn

from models.base import db, now, today
from models.desk.tally import Tally
from models.dossiers.kinds import AWAITING_AUTHORITY
from models.notifications.channel import CHANNELS
from models.notifications.notification import Notification
from models.staff.audit import Audit
from models.systems.delivery import Delivery
from paths import ROOT

TRIED = ("sending", "deferred", "unknown")


def dossiers_by_status() -> dict[str, int]:
    """How many dossiers are in each status."""
    return Tally.counts(Tally.select().where(Tally.subject == "status"), Tally.status)


def overdue() -> int:
    """Dossiers past their legal limit that wait for their authority."""
    late = (Tally.subject == "due") & Tally.between(dt.date.min, today() - dt.timedelta(days=1))
    counts = Tally.counts(Tally.select().where(late), Tally.status)
    return sum(cases for status, cases in counts.items() if status in AWAITING_AUTHORITY)


def notifications() -> Iterable[tuple[str, str, int]]:
    """Notifications by channel and state."""
    counts = Tally.counts_by_subject(Tally.select().where(Tally.subject.in_(CHANNELS)), Tally.status)
    return [(channel, state, cases) for channel, states in counts.items() for state, cases in states.items()]


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


def _rows(query: Any) -> Iterable[Any]:
    return cast(Iterable[Any], query.tuples())
