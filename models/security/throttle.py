"""Rate limits and single-use marks, in the database: all processes share them. Lock-outs: tries.py.

Every row is found by the hash of its name, so that no address and no IP is stored.
"""

import datetime as dt
import hashlib
import hmac
import ipaddress
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from peewee import CharField, IntegerField

from models.base import Base, UTCDateTimeField, db, delete_some, now
from models.security import keys

WINDOW_SLICES = 24  # parts of a rolling window; each has its own row
NO_TIME = dt.timedelta()
CLOCK_TOLERANCE = dt.timedelta(minutes=1)  # between the clocks of several machines


class Counter(Base):
    """How often something happened within a time window: the counter of a rate limit."""

    key = CharField(max_length=64, primary_key=True)
    count = IntegerField()
    expires_at = UTCDateTimeField(index=True)
    counted_at = UTCDateTimeField(null=True)  # when it was counted last, by the clock of that moment

    @classmethod
    def hit(cls, name: str, window: dt.timedelta, keep: dt.timedelta = NO_TIME) -> int:
        """Add one to the count of `name` in the present fixed window and return it. One statement, so no race.

        The row is kept for `keep` after the end of its window, for peek().
        """
        key, ends = _window(name, window, now())
        return cls._add(key, ends + keep, counted_at=now())

    @classmethod
    def peek(cls, name: str, window: dt.timedelta, at: dt.datetime | None = None) -> int:
        """The count of `name` in the window that contains `at` (default: now). Adds nothing."""
        row = cls.get_or_none(cls.key == _window(name, window, at or now())[0])
        return row.count if row else 0

    @classmethod
    def peek_all(cls, names: Sequence[str], window: dt.timedelta) -> list[int]:
        """The counts of `names` in the present fixed window, in one query. Adds nothing."""
        moment = now()
        wanted = [_window(name, window, moment)[0] for name in names]
        found = cls._counts(wanted)
        return [found.get(key, 0) for key in wanted]

    @classmethod
    def hit_rolling(cls, name: str, window: dt.timedelta) -> int:
        """Add one to the count of `name` and return the count of the last `window`, a rolling window ending now.

        A fixed window would let through twice the limit around its border. This one counts at most one slice too much,
        never too little.
        """
        return cls.hit_rolling_all([(name, window)])[0]

    @classmethod
    def hit_rolling_all(cls, counted: Sequence[tuple[str, dt.timedelta]]) -> list[int]:
        """hit_rolling() of several (name, window) at once, in two statements.

        The rows are locked in the order of their keys, so two requests at once do not deadlock.
        """
        moment, rows = now(), {}
        for name, window in counted:
            key, ends = _window(name, window / WINDOW_SLICES, moment)
            rows[key] = {"key": key, "count": 1, "expires_at": ends + window, "counted_at": moment}
        insert = cls.insert_many([rows[key] for key in sorted(rows)])
        more = {cls.count: cls.count + 1, cls.counted_at: moment}
        with db.atomic():
            insert.on_conflict(conflict_target=[cls.key], update=more).execute()
        return cls.rolling_all(counted, moment)

    @classmethod
    def rolling_all(cls, counted: Sequence[tuple[str, dt.timedelta]], at: dt.datetime | None = None) -> list[int]:
        """The count of each (name, window) in the window that ends now. Adds nothing; one statement."""
        slices = [_slices(name, window / WINDOW_SLICES, at or now()) for name, window in counted]
        found = cls._counts([key for keys_ in slices for key in keys_])
        return [sum(found.get(key, 0) for key in keys_) for keys_ in slices]

    @classmethod
    def peek_at(cls, name: str, window: dt.timedelta, moments: Sequence[dt.datetime]) -> list[int]:
        """The counts of `name` in the fixed windows that contain these moments. Adds nothing; one statement."""
        wanted = [_window(name, window, moment)[0] for moment in moments]
        found = cls._counts(wanted)
        return [found.get(key, 0) for key in wanted]

    @classmethod
    def _counts(cls, wanted: Sequence[str]) -> dict[str, int]:
        rows = cls.select(cls.key, cls.count).where(cls.key.in_(wanted)).tuples()
        return dict(cast(Iterable[tuple[str, int]], rows))

    @classmethod
    def add(cls, name: str, by: int, until: dt.datetime) -> int:
        """Add `by` to the running total of `name`, kept until `until`, and return it. It has no window."""
        key, *older = _keys(name)
        return cls._add(key, until, by) + cls._sum(older)

    @classmethod
    def total(cls, name: str) -> int:
        """The running total of `name` that add() has built up."""
        return cls._sum(_keys(name))

    @classmethod
    def _sum(cls, hashes: list[str]) -> int:
        return sum(cls._counts(hashes).values()) if hashes else 0

    @classmethod
    def _add(cls, key: str, expires_at: dt.datetime, by: int = 1, counted_at: dt.datetime | None = None) -> int:
        insert = cls.insert(key=key, count=by, expires_at=expires_at, counted_at=counted_at)
        more = {cls.count: cls.count + by, cls.counted_at: counted_at}
        rows = insert.on_conflict(conflict_target=[cls.key], update=more).returning(cls.count)
        with db.atomic():
            return list(rows.execute())[0].count

    @classmethod
    def purge(cls) -> int:
        """Delete some expired counters, and those that a clock counted while it ran ahead. Returns how many.

        Those would use up the limits of a window that is still to come.
        """
        ahead = cls.counted_at > now() + CLOCK_TOLERANCE
        return delete_some(cls, (cls.expires_at < now()) | ahead)


class Used(Base):
    """Single-use marks (a CAPTCHA was solved, a challenge was answered) and marks that hold for a time.

    A mark whose name is made with a key has several names: by the newest key, then by those of before a rotation.
    """

    key = CharField(max_length=64, primary_key=True)
    expires_at = UTCDateTimeField(index=True)

    @classmethod
    def consume_once(cls, name: str, lifetime: dt.timedelta) -> bool:
        """Set the single-use mark `name`: True for the first caller, False for every later one within `lifetime`.

        Atomic: of several requests at once, exactly one gets True.
        """
        key, *older = _keys(name)
        insert = cls.insert(key=key, expires_at=now() + lifetime).on_conflict_ignore().returning(cls.key)
        with db.atomic():
            before = older and cls.select().where(cls.key.in_(older) & (cls.expires_at > now())).exists()
            return not before and bool(list(insert.execute()))

    @classmethod
    def mark(cls, name: str | list[str], lifetime: dt.timedelta) -> None:
        """Set the mark `name` for `lifetime` from now on, or renew it."""
        until = now() + lifetime
        insert = cls.insert(key=_all_keys(name)[0], expires_at=until)
        insert.on_conflict(conflict_target=[cls.key], update={cls.expires_at: until}).execute()

    @classmethod
    def until(cls, name: str | list[str], longest: dt.timedelta | None = None) -> dt.datetime | None:
        """When the mark `name` expires; None if it is not set or has expired.

        With `longest`, the longest that it can hold, also None if a clock that ran ahead has set it.
        """
        holds = cls.key.in_(_all_keys(name)) & (cls.expires_at > now())
        if longest is not None:
            holds &= cls.expires_at <= now() + longest + CLOCK_TOLERANCE
        row = cls.select().where(holds).order_by(cls.expires_at.desc()).first()
        return row.expires_at if row else None

    @classmethod
    def clear(cls, name: str | list[str]) -> None:
        """Remove the mark `name`."""
        cls.delete().where(cls.key.in_(_all_keys(name))).execute()

    @classmethod
    def purge(cls) -> int:
        """Delete some expired marks; returns how many."""
        return delete_some(cls, cls.expires_at < now())


def _window(name: str, window: dt.timedelta, at: dt.datetime) -> tuple[str, dt.datetime]:
    """The key of the fixed window of `name` that contains `at`, and the end of that window."""
    seconds = window.total_seconds()
    start = int(at.timestamp() // seconds)
    return hashed_name(f"{name}|{seconds}|{start}"), dt.datetime.fromtimestamp((start + 1) * seconds, dt.UTC)


def _slices(name: str, slice_: dt.timedelta, at: dt.datetime) -> list[str]:
    """The keys of the slices of a rolling window that ends at `at`. One derived key for all: a limit has 25."""
    seconds, one = slice_.total_seconds(), keys.key("counter")
    present = int(at.timestamp() // seconds)
    names = (f"{name}|{seconds}|{present - back}" for back in range(WINDOW_SLICES + 1))
    return [hmac.digest(one, each.encode(), hashlib.sha256).hex() for each in names]


def hashed_name(name: str) -> str:
    """The keyed hash (HMAC) of a name: a plain hash of a telephone number is found in seconds by trying them all."""
    return keys.digest("counter", name)


def _keys(name: str) -> list[str]:
    """The same with every key that is known, newest first: totals and marks outlive a rotation.

    Rate limits with a window do not: a rotation begins their windows anew.
    """
    return keys.digests("counter", name)


def _all_keys(name: str | list[str]) -> list[str]:
    return [key for each in ([name] if isinstance(name, str) else name) for key in _keys(each)]


class Networks(NamedTuple):
    """The names of a visitor in rate limits, narrowest first. Keyed hashes: no IP can be read back from them.

    They change at midnight UTC, so nobody can be followed from day to day; a limit of a whole day begins anew then. The
    same text never names two widths. Who sends from many networks is met by the next wider one: of the 65,536 /48
    in a /32 all share one `provider`. A limit on `provider` must be wide, as thousands of households share it.
    """

    visitor: str  # IPv4 address, or IPv6 /64
    network: str  # IPv4 /24, or IPv6 /48
    provider: str  # IPv4 /16, or IPv6 /32


WIDTHS = {4: (32, 24, 16), 6: (64, 48, 32)}  # bits of the prefixes in Networks
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the IPv4 address stands in the last 32 bits


def networks(ip: str | None) -> Networks:
    """The names of the visitor with this IP (request.remote_addr). All whose IP is unknown share one."""
    address, day = _parsed(ip), now().date().isoformat()
    prefixes = [ipaddress.ip_network((address, width), strict=False) for width in WIDTHS[address.version]]
    return Networks(*(keys.digest("network", f"{day}|{prefix}")[:24] for prefix in prefixes))


def visitor_key(ip: str | None) -> str:
    """The same as networks(ip).visitor."""
    return networks(ip).visitor


def sms_network_key(ip: str | None) -> str:
    """The name for limits of SMS: IPv4 /24 or IPv6 /64, which is what a provider gives one customer."""
    return networks(ip).visitor if _parsed(ip).version == 6 else networks(ip).network


def _parsed(ip: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IP as an object; an IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) as that. 0.0.0.0 if malformed."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return ipaddress.IPv4Address(0)
    if isinstance(address, ipaddress.IPv6Address):
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
        return address.ipv4_mapped or address.sixtofour or inside or address
    return address
