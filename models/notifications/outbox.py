"""Which notifications are due, and their claims: each goes to one worker, and comes back if that worker dies."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from peewee import SQL, Case, Expression, ModelSelect, Value, fn

from models.base import db, is_first_free, now
from models.built_once import BuiltOnce
from models.catalogue.procedure import SHORT, Authority, Form, Procedure
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import APART, ASKING, SAYS_STATUS
from models.notifications import timetable
from models.notifications.channel import CHANNELS
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.notifications.states import LEFT
from models.notifications.timetable import Hours

# What a claim has to know of the notification, before it is loaded with all that it tells of.
CLAIMED = (
    Notification.id,
    Notification.contact,
    Notification.channel,
    Notification.kind,
    Notification.attempts,
    Notification.tried_at,
)


def due(channel: str, at: dt.datetime) -> "ModelSelect[Notification]":
    """What may be claimed: for each contact the newest notification that is due, the longest waiting first.

    A contact's first notification, the one with its link, goes before all others. While one is being sent the next
    waits: nobody reads "received" after "decided".
    """
    notification, other = Notification.alias("m"), Notification.alias("o")
    newer = (
        notification.kind.not_in(APART) & other.kind.not_in(APART) & (other.id > notification.id) & (other.run_at <= at)
    )
    before = (other.state == "sending") | (other.kind.in_(ASKING) & (other.id < notification.id)) | newer
    same = (other.contact == notification.contact) & (other.id != notification.id) & other.run_at.is_null(False)
    return (
        notification.select(notification.id)
        .where((notification.channel == channel) & (notification.run_at <= at) & (notification.state != "sending"))
        .where(~fn.EXISTS(other.select(SQL("1")).where(same & before)))
        .order_by(notification.run_at, notification.id)
    )


def claim(
    worker: str, channel: str, lease: dt.timedelta | None = None, hours: Hours | None = None
) -> "Notification | None":
    """Claim the next notification of `channel` for `worker`, or None. Nobody else gets it while its `lease` lasts.

    The claim is committed before anything is sent, so the attempt is on record even if the worker dies. Older unsent
    news to the same contact is superseded; what may not leave today is held until the morning.
    """
    lease = timetable.LEASE[channel] if lease is None else lease
    while True:
        with db.atomic():
            claimed = _claim_first.run(worker=worker, channel=channel, at=now(), until=now() + lease).fetchone()
            if claimed is None:
                return None
            notification = Notification(
                **{field.name: field.python_value(value) for field, value in zip(CLAIMED, claimed, strict=True)}
            )
            until = _wait_until(notification, now(), hours or Hours())
            if until is None:
                _supersede(notification)
                return next(iter(_loaded.rows(key=notification.id)), None)
            _hold(notification, until)


def waiting_since() -> dt.datetime | None:
    """Since when the longest waiting notification has been due. None if nothing is due."""
    waits = Notification.select(Notification.run_at).where(
        (Notification.run_at <= now()) & (Notification.state != "sending")
    )
    first = (waits.where(Notification.channel == name).order_by(Notification.run_at).first() for name in CHANNELS)
    return min((notification.run_at for notification in first if notification), default=None)


def reclaim(mine: Collection[int] = ()) -> int:
    """Mark notifications whose lease has expired as unknown: their worker died. Returns how many there were.

    `mine` are those that the caller is sending: their leases have not expired, the clock was wrong.
    """
    repeats = Case(Notification.channel, tuple(timetable.MAX_REPEATS.items()))
    again = Case(None, ((Notification.unknowns < repeats, Notification.run_at),), None)
    lost = (Notification.state == "sending") & (Notification.run_at <= now())
    if mine:
        lost &= Notification.id.not_in(list(mine))
    change = Notification.update(
        state="unknown", unknowns=Notification.unknowns + 1, run_at=again, error="the worker that sent it was lost"
    )
    return change.where(lost).execute()


def extend(notification: Notification, lease: dt.timedelta) -> bool:
    """Extend the lease of a claimed notification to `lease` from now. False if it is not this worker's any more."""
    mine = (Notification.id == notification.id) & (Notification.state == "sending")
    mine &= (Notification.attempts == notification.attempts) & (Notification.claimed_by == notification.claimed_by)
    return bool(Notification.update(run_at=now() + lease).where(mine).execute())


@BuiltOnce
def _claim_first(worker: str, channel: str, at: dt.datetime, until: dt.datetime) -> Any:
    tried_at = fn.COALESCE(Notification.tried_at, Value(at, converter=Notification.tried_at.db_value))
    change = Notification.update(
        state="sending",
        claimed_by=worker,
        attempts=Notification.attempts + 1,
        tried_at=tried_at,
        provider_id="",
        run_at=until,
    )
    return change.where(is_first_free(Notification.id, due(channel, at))).returning(*CLAIMED)


@BuiltOnce
def _loaded(key: int) -> Any:
    """The notification with contact, event, dossier and form, in one query. Nothing if the contact was just erased."""
    joined = Notification.select(Notification, Contact, Event, Dossier, Form, *SHORT, Authority).join_from(
        Notification, Contact
    )
    joined = joined.join_from(Notification, Event).join_from(Event, Dossier).join_from(Dossier, Form)
    return joined.join_from(Form, Procedure).join_from(Dossier, Authority).where(Notification.id == key)


@BuiltOnce
def _told_between(contact: int, start: dt.datetime, end: dt.datetime) -> Any:
    """How many notifications left for this contact between two instants."""
    told_at = fn.COALESCE(Notification.sent_at, Notification.tried_at)
    first, last = (Value(at, converter=Notification.sent_at.db_value) for at in (start, end))
    told = (Notification.contact == contact) & Notification.state.in_(LEFT) & told_at.between(first, last)
    return Notification.select(fn.COUNT(Notification.id)).where(told)


@BuiltOnce
def _older_kinds(contact: int, key: int) -> Any:
    """The kinds of the older notifications to this contact that have not left."""
    return Notification.select(Notification.kind).where(_older(contact, key))


def _older(contact: int, key: int) -> Expression:
    older = (Notification.contact == contact) & (Notification.id < key) & Notification.run_at.is_null(False)
    return older & Notification.kind.not_in(APART)


def _wait_until(notification: Notification, at: dt.datetime, hours: Hours) -> dt.datetime | None:
    """Until when it must wait, or None: no SMS at night, and only a few notifications a day to one contact."""
    if notification.kind not in APART and _told_today(notification, at) >= timetable.MAX_PER_DAY:
        notification.put(kind="digest")
        return timetable.next_morning(at, notification.contact_id)
    if notification.channel == "sms" and not hours.include(at):
        return timetable.next_opening(at, hours, notification.contact_id)
    return None


def _told_today(notification: Notification, at: dt.datetime) -> int:
    """How many have left for its contact today, until now: a clock that ran ahead may date some of them tomorrow."""
    cursor = _told_between.run(contact=notification.contact_id, start=timetable.midnight(at), end=at)
    return int(cursor.fetchone()[0])


def _hold(notification: Notification, until: dt.datetime) -> None:
    notification.put(
        state="held",
        run_at=until,
        claimed_by="",
        attempts=notification.attempts - 1,
        tried_at=notification.tried_at if notification.attempts > 1 else None,
    )


def _supersede(notification: Notification) -> None:
    """Supersede the older unsent notifications to the same contact: this one says where the dossier stands now.

    If one of them told more than a status (originals sent back, another authority), this one becomes a digest.
    """
    if notification.kind in APART:
        return
    kinds = {kind for (kind,) in _older_kinds.run(contact=notification.contact_id, key=notification.id)}
    if kinds and not kinds | {notification.kind} <= set(SAYS_STATUS):
        notification.put(kind="digest")
    if kinds:
        older = _older(notification.contact_id, notification.id)
        Notification.update(state="superseded", run_at=None).where(older).execute()
