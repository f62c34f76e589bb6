"""When an alarm rings. Every rule holds at 20 notifications an hour and at 20,000: it goes by ages, rows and shares.

Held for the undo window, the night or the morning is not undelivered. One recipient whose mailbox is full is no alarm:
that he cannot be reached is his affair and the helpdesk's.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Set
from typing import Any, NamedTuple

from peewee import Database, Expression, Field, fn

from models.backup import Backup
from models.base import now
from models.dossiers.dossier import Dossier
from models.monitoring import figures, security
from models.monitoring.alarm import MACHINE, Condition
from models.notifications.channel import CHANNELS, Channel
from models.notifications.heartbeat import LIVES_FOR, Heartbeat
from models.notifications.kept_mail import KeptMail
from models.notifications.notification import Notification
from models.notifications.timetable import GIVE_UP_AFTER
from models.staff.digest import AuditWatch
from models.sweep import BYTES, RULES, Sweep
from models.systems.delivery import Delivery
from models.systems.system import ApiToken, System

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)

OF_CHANNELS = ("stopped", "failing", "undelivered", "given-up")
NAMES = (
    *(f"{channel}-{what}" for channel in CHANNELS for what in OF_CHANNELS),
    "worker-missing",
    "mails-kept",
    "hooks-failing",
    "token-ending",
    "disk-full",
    "backup-old",
    "erasure-missed",
    "audit-broken",
    "audit-digest",
    *security.NAMES,
)

MIN_FAILURES, FAILING_FOR = 3, 10 * MINUTE
DUE_FOR = 15 * MINUTE  # due, and no worker has tried
UNDELIVERED_FOR = 30 * MINUTE  # tried, and not sent
LONE_FOR = 2 * HOUR  # the same of one recipient, if nothing else was sent since
MIN_RECIPIENTS = 3  # so many at once are no coincidence
MAX_UNDELIVERED_SHARE = 0.5  # of the notifications of an hour
MIN_GIVEN_UP, MAX_GIVEN_UP_SHARE, GIVEN_UP_WINDOW = 10, 0.2, 4 * HOUR
MIN_HOOK_ATTEMPTS = 3  # the third is after an hour
ERASED_WITHIN = 6 * HOUR
MAX_DIGEST_AGE = dt.timedelta(days=2)
TOKEN_ENDS_WITHIN = dt.timedelta(days=7)
MIN_FREE_SHARE, MIN_FREE_BYTES = 0.1, 2 * 2**30  # the smaller of the two


class Watch(NamedTuple):
    """What the rules have to know beside the database."""

    database: Database
    max_backup_age: dt.timedelta  # zero: backups are not watched
    configured: Set[str]  # the channels that something can leave by
    digests: Set[str] = frozenset()  # where digests of the audit log are sent to


def ringing(watch: Watch) -> list[Condition]:
    """All that is wrong now."""
    channels = {channel.name: channel for channel in Channel.select()}
    judged = watch.configured | figures.undelivered_since().keys()  # one that is off is wrong only if something waits
    rows = [channels.get(name) or Channel(name=name) for name in CHANNELS if name in judged]
    found = [condition for row in rows for condition in _of_channel(row)]
    return [
        *found,
        *_workers(),
        *_mails(),
        *_hooks(),
        *_tokens(),
        *_disk(watch.database),
        *_backup(watch.max_backup_age),
        *_erasure(),
        *_audit(watch.digests),
        *security.ringing(),
    ]


def _of_channel(row: Channel) -> Iterator[Condition]:
    for what, rule in zip(OF_CHANNELS, (_stopped, _failing, _undelivered, _given_up), strict=True):
        if text := rule(row):
            yield Condition(f"{row.name}-{what}", text, rung=what == "stopped")  # the breaker has logged it


def _stopped(row: Channel) -> str:
    """The circuit breaker is open."""
    return f"every notification waits since {_clock(row.stopped_at)}: {row.why}" if row.probe_at else ""


def _failing(row: Channel) -> str:
    """Attempts fail, none succeeds, and it is not one recipient's affair. A channel that is stopped says so itself."""
    since = row.failing_since
    if row.probe_at or row.failures < MIN_FAILURES or since is None or since > now() - FAILING_FOR:
        return ""
    if not (_provider_fails(row) or _recipients(row) >= MIN_RECIPIENTS):
        return ""
    return f"{row.failures} attempts failed in a row since {_clock(since)}, none succeeded"


def _undelivered(row: Channel) -> str:
    """Notifications that could have arrived have not, however long their next attempt is away."""
    if row.probe_at:  # the channel is stopped: that alarm says it
        return ""
    at, of = now(), Notification.channel == row.name
    if due := _oldest(of & figures.due(at - DUE_FOR) & Notification.tried_at.is_null(), Notification.run_at):
        return f"the oldest is due since {_clock(due)} and was not tried: no worker runs, or they are too slow"
    tried = _oldest(of & figures.tried(at - UNDELIVERED_FOR), Notification.tried_at)
    if tried and (_nothing_else_left(row, tried) or _share_undelivered(row.name) >= MAX_UNDELIVERED_SHARE):
        return f"the oldest was first tried {_clock(tried)}, and most since then were not sent"
    return ""


def _nothing_else_left(row: Channel, tried: dt.datetime) -> bool:
    """True if nothing was sent since then, and it is not one recipient's affair."""
    if row.last_success_at and row.last_success_at > tried:
        return False
    return _provider_fails(row) or _recipients(row) >= MIN_RECIPIENTS or tried < now() - LONE_FOR


def _provider_fails(row: Channel) -> bool:
    """True if the provider itself failed (not reached, too busy, no answer) since the last success."""
    return bool(row.errors_from and (row.last_success_at is None or row.errors_from > row.last_success_at))


def _recipients(row: Channel) -> int:
    """How many recipients wait that were tried in vain."""
    waiting = (Notification.channel == row.name) & figures.tried(now())
    return Notification.select(fn.COUNT(Notification.contact.distinct())).where(waiting).scalar() or 0


def _share_undelivered(channel: str) -> float:
    """The share of an hour's notifications that were to arrive half an hour ago and have not; 0 if they are few."""
    states = _created(channel, UNDELIVERED_FOR, UNDELIVERED_FOR + HOUR)
    waiting = states["deferred"] + states["unknown"]
    return waiting / states.total() if waiting >= MIN_RECIPIENTS else 0.0


def _given_up(row: Channel) -> str:
    """Many of the latest were given up: at once, or those that have been tried for as long as we try."""
    for ago in (dt.timedelta(), GIVE_UP_AFTER[row.name]):
        states = _created(row.name, ago, ago + GIVEN_UP_WINDOW)
        lost = states["failed"]
        if lost >= MIN_GIVEN_UP and lost >= MAX_GIVEN_UP_SHARE * states.total():
            return f"{lost} notifications of four hours were given up"
    return ""


def _workers() -> Iterator[Condition]:
    """A machine whose workers have all gone without a word; one that is told to leave removes its heartbeat."""
    latest: dict[str, dt.datetime] = {}
    for beat in Heartbeat.of_workers():
        machine = beat.name.rpartition(":")[0]
        latest[machine] = max(beat.at, latest.get(machine, beat.at))
    if silent := sorted(machine for machine, at in latest.items() if at < now() - LIVES_FOR):
        last = min(latest[machine] for machine in silent)
        yield Condition("worker-missing", f"no worker of {', '.join(silent)} was heard of since {_clock(last)}")


def _mails() -> Iterator[Condition]:
    """Mails that came back wait for somebody to read them: they may say that messages do not arrive."""
    waiting = KeptMail.waiting()
    if first := waiting.first():
        yield Condition("mails-kept", f"{waiting.count()} mails that came back were not read, since {_clock(first.at)}")


def _hooks() -> Iterator[Condition]:
    """An authority's system does not take its news: for an hour, or it was given up within a day."""
    waits = Delivery.state.in_(("queued", "sending")) & (Delivery.attempts >= MIN_HOOK_ATTEMPTS)
    lost = (Delivery.state == "failed") & (Delivery.run_at > now() - dt.timedelta(days=1))
    open_ones = Delivery.select(Delivery.system).join(System).where((waits | lost) & System.revoked_at.is_null())
    if systems := sorted({delivery.system_id for delivery in open_ones.distinct()}):
        yield Condition("hooks-failing", f"news do not reach the systems {', '.join(map(str, systems))}")


def _tokens() -> Iterator[Condition]:
    """A system has no token that goes on."""
    if systems := ApiToken.ending(TOKEN_ENDS_WITHIN):
        yield Condition("token-ending", f"the last token ends, or has ended: systems {', '.join(map(str, systems))}")


def _disk(database: Database) -> Iterator[Condition]:
    free, total = figures.disk_free(database)
    if free < min(MIN_FREE_SHARE * total, MIN_FREE_BYTES):
        yield Condition("disk-full", f"{free // 2**20} MiB are left on {MACHINE}", MACHINE)


def _backup(max_age: dt.timedelta) -> Iterator[Condition]:
    """The last backup is too old; if there was none, the service is."""
    if not max_age:
        return
    last = Backup.last("created")
    first = None if last else Dossier.select(Dossier.created_at).order_by(Dossier.id).first()
    since = last.at if last else first and first.created_at
    if since and since < now() - max_age:
        yield Condition("backup-old", f"the last backup is of {_clock(since)}" if last else "there was never a backup")


def _erasure() -> Iterator[Condition]:
    """The worker erases what is due every hour and clears its bytes; else personal data is kept too long."""
    first = Dossier.select(Dossier.created_at).order_by(Dossier.id).first()
    if first is None:
        return
    for name, what in ((RULES, "what is due was not erased"), (BYTES, "bytes of what was erased were not cleared")):
        since = Sweep.last(name) or first.created_at
        if since < now() - ERASED_WITHIN:
            yield Condition("erasure-missed", f"{what} since {_clock(since)}")
            return


def _audit(digests: Set[str]) -> Iterator[Condition]:
    """The audit log was changed, or nobody else has learnt for two days how it ends."""
    if bad := AuditWatch.bad_row():
        yield Condition("audit-broken", f"row {bad} of the audit log was changed, removed or put in")
    last = {name: since for name in sorted(digests) if (since := AuditWatch.not_done_since(name))}
    if late := {name: since for name, since in last.items() if since < now() - MAX_DIGEST_AGE}:
        since = min(late.values())
        yield Condition(
            "audit-digest", f"no digest of the audit log was sent by {', '.join(late)} since {_clock(since)}"
        )


def _created(channel: str, to: dt.timedelta, since: dt.timedelta) -> Counter[str]:
    """How many notifications of a channel, created between these ages, are in each state."""
    created = Notification.created_at.between(now() - since, now() - to)
    of = Notification.channel.concat("") == channel  # not by itself: then SQLite goes through all of the channel
    counts = Notification.select(Notification.state, fn.COUNT(Notification.id)).where(created & of)
    rows: Any = counts.group_by(Notification.state).tuples()
    return Counter(dict(rows))


def _oldest(which: Expression, at: Field) -> dt.datetime | None:
    return Notification.select(fn.MIN(at)).where(which).scalar()


def _clock(at: dt.datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "a time unknown"
