"""What of the outbox may leave now, and who takes it: no two workers the same, and nothing a worker took is lost."""

import datetime as dt

from peewee import SQL, Case, ModelSelect, Value, fn

from models.base import db, now
from models.catalogue.procedure import SHORT, Authority, Form, Procedure
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.life import STATUSES
from models.notifications import timetable
from models.notifications.channel import CHANNELS
from models.notifications.contact import APART, FIRST, Contact
from models.notifications.notification import LEFT, Message
from models.notifications.timetable import Hours

# Kinds whose text says where the dossier stands: the next of them says all that the one before it said.
PLAIN = {*STATUSES, "supplied", "reminder", "unarrived"}


def due(channel: str, at: dt.datetime) -> "ModelSelect[Message]":
    """What may be claimed: for each contact the newest message whose time has come, those that wait longest first.

    A contact's first message, the one with its link, goes before all others; and while one is being sent the next one
    waits: nobody reads "received" after "decided".
    """
    message, other = Message.alias("m"), Message.alias("o")
    newer = message.kind.not_in(APART) & other.kind.not_in(APART) & (other.id > message.id) & (other.run_at <= at)
    before = (other.state == "sending") | (other.kind.in_(FIRST) & (other.id < message.id)) | newer
    same = (other.contact == message.contact) & (other.id != message.id) & other.run_at.is_null(False)
    return (
        message.select(message.id)
        .where((message.channel == channel) & (message.run_at <= at) & (message.state != "sending"))
        .where(~fn.EXISTS(other.select(SQL("1")).where(same & before)))
        .order_by(message.run_at, message.id)
    )


def claim(worker: str, channel: str, lease: dt.timedelta | None = None, hours: Hours | None = None) -> "Message | None":
    """The next message of `channel` for `worker`, or None. Nobody else gets it while its `lease` lasts.

    The claim is committed before anything is sent, so the attempt is on record whatever happens to the worker.
    What it makes old news is superseded; what may not leave today is held until the morning.
    """
    lease = timetable.LEASE[channel] if lease is None else lease
    while True:
        with db.atomic():
            message = _take(worker, channel, now(), lease)
            if message is None:
                return None
            until = _rest(message, now(), hours or Hours())
            if until is None:
                _supersede(message)
                return _loaded(message.id)
            _hold(message, until)


def waiting_since() -> dt.datetime | None:
    """When the message that has waited longest might have left. None if nothing waits."""
    waits = Message.select(Message.run_at).where((Message.run_at <= now()) & (Message.state != "sending"))
    first = (waits.where(Message.channel == name).order_by(Message.run_at).first() for name in CHANNELS)
    return min((message.run_at for message in first if message), default=None)


def sweep() -> int:
    """What became of messages whose worker never came back, nobody knows. Returns how many there are."""
    repeats = Case(Message.channel, tuple(timetable.REPEATS.items()))
    again = Case(None, ((Message.unknowns < repeats, Message.run_at),), None)
    lost = (Message.state == "sending") & (Message.run_at <= now())
    change = Message.update(
        state="unknown", unknowns=Message.unknowns + 1, run_at=again, error="the worker that sent it was lost"
    )
    return change.where(lost).execute()


def _take(worker: str, channel: str, at: dt.datetime, lease: dt.timedelta) -> "Message | None":
    first = due(channel, at).limit(1)
    if db.for_update:  # PostgreSQL; on SQLite the IMMEDIATE transaction does the same
        first = first.for_update(skip_locked=True)
    tried_at = fn.COALESCE(Message.tried_at, Value(at, converter=Message.tried_at.db_value))
    change = Message.update(
        state="sending",
        claimed_by=worker,
        attempts=Message.attempts + 1,
        tried_at=tried_at,
        provider_id="",
        run_at=at + lease,
    )
    return next(iter(change.where(Message.id.in_(first)).returning(Message).execute()), None)


def _loaded(key: int) -> "Message | None":
    """The message with all that its text speaks of, in one query. None if its contact was erased at this moment."""
    joined = Message.select(Message, Contact, Event, Dossier, Form, *SHORT, Authority).join_from(Message, Contact)
    joined = joined.join_from(Message, Event).join_from(Event, Dossier).join_from(Dossier, Form)
    return joined.join_from(Form, Procedure).join_from(Dossier, Authority).where(Message.id == key).get_or_none()


def _rest(message: Message, at: dt.datetime, hours: Hours) -> dt.datetime | None:
    """Until when it must wait: SMS wake nobody at night, and nobody gets more than a few messages a day."""
    told_at = fn.COALESCE(Message.sent_at, Message.tried_at)
    told = (Message.contact == message.contact_id) & Message.state.in_(LEFT) & (told_at >= timetable.midnight(at))
    if message.kind not in APART and Message.select().where(told).count() >= timetable.A_DAY:
        message.put(kind="digest")
        return timetable.tomorrow(at, message.contact_id)
    if message.channel == "sms" and not hours.include(at):
        return timetable.morning(at, hours, message.contact_id)
    return None


def _hold(message: Message, until: dt.datetime) -> None:
    message.put(
        state="held",
        run_at=until,
        claimed_by="",
        attempts=message.attempts - 1,
        tried_at=message.tried_at if message.attempts > 1 else None,
    )


def _supersede(message: Message) -> None:
    """What is older and has not left is not news any more: this one tells where the dossier stands now.

    If one of them tells more than a status (originals on their way back, another authority), it becomes a digest.
    """
    if message.kind in APART:
        return
    older = (Message.contact == message.contact_id) & (Message.id < message.id) & Message.run_at.is_null(False)
    older &= Message.kind.not_in(APART)
    kinds = {row.kind for row in Message.select(Message.kind).where(older)}
    if kinds and not kinds | {message.kind} <= PLAIN:
        message.put(kind="digest")
    if kinds:
        Message.update(state="superseded", run_at=None).where(older).execute()
