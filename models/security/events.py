"""Security events: one log line and one count for each. No line names a person, a number, an address or a URL.

The counts are for the whole site: each process keeps what it has counted and adds it to the database every
FLUSH_SECONDS at most, so that a flood of events is no flood of writes.
"""

import atexit
import datetime as dt
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from peewee import EXCLUDED, BigIntegerField, CharField, CompositeKey, PeeweeException, fn

from models.base import Base, UTCDateTimeField, db, now

log = logging.getLogger("etracking.security")

FLUSH_SECONDS, RETRY_SECONDS = 10.0, 60.0  # after a flush, and after one that the database refused
SLOT = dt.timedelta(minutes=10)  # what the rules of alarms are counted in
KEEP_SLOTS = dt.timedelta(days=30)
TOTAL = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)  # `since` of the count that never goes back, for /metrics

CAPTCHA_PATHS = ("proof", "code", "both", "ticket")  # solved by the browser; typed; both; typed, and waited
CAPTCHA_VERDICTS = (
    *("passed", "unticked", "untyped", "wrong", "invalid", "expired", "used", "too-fast", "too-many", "waiting"),
)  # of models.security.captcha.Verdict

# All kinds of events, and for each the closed set of its details. docs/operating.md says what each means.
KINDS: Mapping[str, tuple[str, ...]] = {
    # Accounts of the staff
    "signed-in": ("passkey", "password", "totp", "recovery"),
    "sign-in-failed": ("password", "code", "passkey"),
    "sign-in-locked": ("wait", "hour"),
    "recovery-code-used": ("code",),
    "factor-changed": ("password", "passkey", "totp", "recovery-codes", "removed", "reset"),
    "sessions-ended": ("owner", "administrator", "disabled"),
    # What a visitor may not do
    "route-denied": ("session", "right", "factor"),
    "csrf-refused": ("missing", "wrong", "origin"),
    "request-refused": ("host", "method", "body", "malformed"),
    "token-refused": ("contact", "invitation", "api", "metrics", "captcha"),
    "webhook-refused": ("signature", "stale", "replayed", "malformed"),
    # Numbers, CAPTCHA and limits
    "lookup-missed": ("number", "numbers", "seal", "price"),
    "captcha": tuple(f"{path}-{verdict}" for path in CAPTCHA_PATHS for verdict in CAPTCHA_VERDICTS),
    "limit-reached": (
        *("lookups-visitor", "lookups-network", "lookups-everybody"),
        *("captcha-proof", "captcha-picture", "captcha-recording", "captcha-code", "captcha-budget"),
        *("mail", "mail-address", "mail-visitor", "mail-network", "mail-domain", "mail-everybody", "mail-breaker"),
        *("sms", "sms-mobile", "sms-network", "sms-prefix", "sms-budget", "sms-breaker", "sms-everybody"),
        *("given", "api", "helpdesk", "push", "staff-mail", "hashes"),
    ),
    # The audit log and the key ring
    "audit-missed": ("opened", "listed"),  # somebody read while the audit log could not be written
    "key-problem": ("unknown-key", "unreadable"),
}


OTHER = "other"
Origin = tuple[str, str]  # the visitor as a keyed hash that changes every day, and the name of the route


class SecurityCount(Base):
    """How many events of a kind there were: in all, and in each slot of ten minutes."""

    kind = CharField(max_length=30)
    detail = CharField(max_length=30)
    since = UTCDateTimeField(index=True)
    count = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("kind", "detail", "since")

    @classmethod
    def add(cls, counts: Mapping[tuple[str, str], int]) -> None:
        """Add to the totals and to the present slot. In order of their keys: two processes at once do not deadlock."""
        slot = dt.datetime.fromtimestamp(now().timestamp() // SLOT.total_seconds() * SLOT.total_seconds(), dt.UTC)
        rows = [(*key, since, counts[key]) for key in sorted(counts) for since in (TOTAL, slot)]
        insert = cls.insert_many(rows, fields=[cls.kind, cls.detail, cls.since, cls.count])
        more = {cls.count: cls.count + EXCLUDED.count}
        with db.atomic():
            insert.on_conflict(conflict_target=[cls.kind, cls.detail, cls.since], update=more).execute()

    @classmethod
    def totals(cls) -> dict[tuple[str, str], int]:
        """The count of every kind and detail since the site began."""
        rows = cls.select(cls.kind, cls.detail, cls.count).where(cls.since == TOTAL).tuples()
        found = {(kind, detail): count for kind, detail, count in cast(Iterable[Any], rows)}
        return {(kind, detail): 0 for kind in KINDS for detail in KINDS[kind]} | found

    @classmethod
    def within(cls, window: dt.timedelta) -> "Counter[tuple[str, str]]":
        """The counts by kind and detail of the last `window`, to the slot."""
        recent = cls.since.between(now() - window - SLOT, now())
        rows = cls.select(cls.kind, cls.detail, fn.SUM(cls.count)).where(recent).group_by(cls.kind, cls.detail)
        return Counter({(kind, detail): int(count) for kind, detail, count in cast(Iterable[Any], rows.tuples())})

    @classmethod
    def purge(cls) -> int:
        """Delete the slots that are older than KEEP_SLOTS; returns how many rows there were. Totals stay."""
        return cls.delete().where((cls.since > TOTAL) & (cls.since < now() - KEEP_SLOTS)).execute()


class _Pending:
    """What this process has counted and not yet added to the database."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.lock = threading.Lock()
        self.due_at = 0.0

    def count(self, kind: str, detail: str) -> None:
        with self.lock:
            self.counts[kind, detail] += 1

    def take(self) -> "Counter[tuple[str, str]]":
        with self.lock:
            taken, self.counts = self.counts, Counter()
        self.due_at = time.monotonic() + FLUSH_SECONDS
        return taken

    def give_back(self, counts: "Counter[tuple[str, str]]") -> None:
        with self.lock:
            self.counts += counts
        self.due_at = time.monotonic() + RETRY_SECONDS


_pending = _Pending()
_origin: list[Callable[[], Origin]] = []


def initialize(origin: Callable[[], Origin]) -> None:
    """Let `origin` say where an event came from. What is left when the process ends is added then."""
    _origin[:] = [origin]
    atexit.unregister(flush)
    atexit.register(flush)


def record(kind: str, detail: str) -> None:
    """Log and count one event. Asks no database. Raises KeyError for a kind that is not in KINDS.

    A detail that is not in it becomes OTHER: a visitor who meets a limit is not to meet our mistake instead.
    """
    if detail not in KINDS[kind]:
        detail = OTHER
    visitor, endpoint = _origin[0]() if _origin else ("", "")
    fields = {"kind": kind, "detail": detail, "visitor": visitor, "endpoint": endpoint}
    log.info("%s: %s at %s by %s", kind, detail, endpoint or "-", visitor or "-", extra=fields)
    _pending.count(kind, detail)


def flush() -> None:
    """Add what was counted to the database. If it cannot be written, the counts are kept for the next time."""
    counts = _pending.take()
    if not counts:
        return
    try:
        SecurityCount.add(counts)
    except PeeweeException:
        _pending.give_back(counts)


def flush_if_due(_error: BaseException | None = None) -> None:
    """Add what was counted, if there is anything and the last time is FLUSH_SECONDS ago. At the end of a request."""
    if _pending.counts and time.monotonic() >= _pending.due_at:
        flush()
