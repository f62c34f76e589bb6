"""Counters and single-use marks, shared by all processes. Keys are hashed: no address is stored."""

import datetime as dt
import hashlib
import hmac
import ipaddress

from peewee import CharField, IntegerField, fn

from models.base import Base, UTCDateTimeField, db, now
from models.security import keys

SLICES = 24  # of a rolling window
AT_ONCE = dt.timedelta()


class Counter(Base):
    """How often something happened in a window of time."""

    key = CharField(max_length=64, primary_key=True)
    count = IntegerField()
    expires_at = UTCDateTimeField(index=True)

    @classmethod
    def hit(cls, name: str, window: dt.timedelta, keep: dt.timedelta = AT_ONCE) -> int:
        """Count one more `name` and return how many there are in the present window. One statement, exact.

        The count can be asked for until `keep` after its window has ended.
        """
        key, ends = _window(name, window, now())
        return cls._add(key, ends + keep)

    @classmethod
    def peek(cls, name: str, window: dt.timedelta, at: dt.datetime | None = None) -> int:
        """How many there are in the window of `at` (the present one), without counting one more."""
        row = cls.get_or_none(cls.key == _window(name, window, at or now())[0])
        return row.count if row else 0

    @classmethod
    def rolling(cls, name: str, window: dt.timedelta) -> int:
        """Count one more `name` and return how many there were in the last `window`, wherever that begins.

        Never too few, so that nobody gets twice as many across midnight: it looks back up to a slice too far.
        """
        slice_, moment = window / SLICES, now()
        key, ends = _window(name, slice_, moment)
        present = cls._add(key, ends + window)
        earlier = [_window(name, slice_, moment - back * slice_)[0] for back in range(1, SLICES + 1)]
        return present + (cls.select(fn.SUM(cls.count)).where(cls.key.in_(earlier)).scalar() or 0)

    @classmethod
    def add(cls, name: str, by: int, until: dt.datetime) -> int:
        """Add `by` to the total called `name`, kept until `until`, and return it."""
        return cls._add(_key(name), until, by)

    @classmethod
    def total(cls, name: str) -> int:
        """What add() has brought together under `name`."""
        row = cls.get_or_none(cls.key == _key(name))
        return row.count if row else 0

    @classmethod
    def _add(cls, key: str, expires_at: dt.datetime, by: int = 1) -> int:
        insert = cls.insert(key=key, count=by, expires_at=expires_at)
        rows = insert.on_conflict(conflict_target=[cls.key], update={cls.count: cls.count + by}).returning(cls.count)
        with db.atomic():
            return list(rows.execute())[0].count

    @classmethod
    def purge(cls) -> int:
        """Forget the windows that are over; returns how many rows went."""
        return cls.delete().where(cls.expires_at < now()).execute()


class Used(Base):
    """Something that counts once: a solved CAPTCHA, a picture that was shown."""

    key = CharField(max_length=64, primary_key=True)
    expires_at = UTCDateTimeField(index=True)

    @classmethod
    def burn(cls, name: str, lifetime: dt.timedelta) -> bool:
        """True for the first caller, False for every later one, however many ask at the same moment."""
        insert = cls.insert(key=_key(name), expires_at=now() + lifetime).on_conflict_ignore().returning(cls.key)
        with db.atomic():
            return bool(list(insert.execute()))

    @classmethod
    def mark(cls, name: str, lifetime: dt.timedelta) -> None:
        """Note that `name` holds from now on for `lifetime`, whatever was noted before."""
        until = now() + lifetime
        insert = cls.insert(key=_key(name), expires_at=until)
        insert.on_conflict(conflict_target=[cls.key], update={cls.expires_at: until}).execute()

    @classmethod
    def until(cls, name: str) -> dt.datetime | None:
        """Until when `name` holds; None if it does not, or not any more."""
        row = cls.get_or_none((cls.key == _key(name)) & (cls.expires_at > now()))
        return row.expires_at if row else None

    @classmethod
    def clear(cls, name: str) -> None:
        """`name` holds no longer."""
        cls.delete().where(cls.key == _key(name)).execute()

    @classmethod
    def purge(cls) -> int:
        """Forget what can no longer be presented anyway; returns how many rows went."""
        return cls.delete().where(cls.expires_at < now()).execute()


class Tries(Base):
    """Tries at a secret: five wrong ones are free, then each costs a wait of a minute, two, four ... 15 at most.

    A try is taken before the secret is looked at and given back if it was right, so many at once gain nothing.
    After an hour without a try all is forgotten.
    """

    key = CharField(max_length=64, primary_key=True)
    count = IntegerField()
    blocked_until = UTCDateTimeField()
    expires_at = UTCDateTimeField(index=True)

    FREE = 5
    FIRST_WAIT, LONGEST_WAIT = dt.timedelta(minutes=1), dt.timedelta(minutes=15)
    MEMORY = dt.timedelta(hours=1)

    @classmethod
    def take(cls, name: str) -> int:
        """Take one try at `name`; 0 if there was one, else how many seconds there is none."""
        moment = now()
        with db.atomic():
            row = cls._locked(name, moment)
            count = row.count + 1 if row.expires_at > moment else 1
            if row.blocked_until > moment:
                return int((row.blocked_until - moment).total_seconds()) + 1
            changes = {"count": count, "blocked_until": moment + cls._wait(count), "expires_at": moment + cls.MEMORY}
            cls.update(changes).where(cls.key == row.key).execute()
        return 0

    @classmethod
    def give_back(cls, name: str) -> None:
        """The try was right: it was none."""
        with db.atomic():
            row = cls._locked(name, now())
            count = max(row.count - 1, 0)
            until = row.blocked_until if count >= cls.FREE else now()
            cls.update(count=count, blocked_until=until).where(cls.key == row.key).execute()

    @classmethod
    def _wait(cls, count: int) -> dt.timedelta:
        """How long nobody may try after the try of this number."""
        if count < cls.FREE:
            return dt.timedelta()
        return min(cls.FIRST_WAIT * 2 ** min(count - cls.FREE, 9), cls.LONGEST_WAIT)

    @classmethod
    def _locked(cls, name: str, moment: dt.datetime) -> "Tries":
        """The row of `name`, made if there is none; nobody else counts on it before this transaction ends."""
        new = cls.insert(key=_key(name), count=0, blocked_until=moment, expires_at=moment + cls.MEMORY)
        kept = new.on_conflict(conflict_target=[cls.key], update={cls.count: cls.count}).returning(cls)
        return list(kept.execute())[0]

    @classmethod
    def purge(cls) -> int:
        """Forget what nobody has tried for an hour; returns how many rows went."""
        return cls.delete().where(cls.expires_at < now()).execute()


def _window(name: str, window: dt.timedelta, at: dt.datetime) -> tuple[str, dt.datetime]:
    """The key of the window of `name` that `at` is in, and when that window ends."""
    seconds = window.total_seconds()
    start = int(at.timestamp() // seconds)
    return _key(f"{name}|{seconds}|{start}"), dt.datetime.fromtimestamp((start + 1) * seconds, dt.UTC)


def _key(name: str) -> str:
    """Under a key of our own: a plain hash of a telephone number is read back in seconds, there are so few of them."""
    return keys.digest("counter", name)


def visitor(address: str | None, secret: str) -> str:
    """A name for a visitor's counters: their IPv4 address or IPv6 /64, keyed by the day, not reversible tomorrow."""
    return _anonymous(address, secret, v4=32, v6=64)


def neighbourhood(address: str | None, secret: str) -> str:
    """The same for a visitor's network: IPv4 /24 or IPv6 /48."""
    return _anonymous(address, secret, v4=24, v6=48)


def network(address: str | None, secret: str) -> str:
    """The same for where an SMS is asked for: IPv4 /24 or IPv6 /64, which one provider's customer can fill alone."""
    return _anonymous(address, secret, v4=24, v6=64)


def _address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address in `text`; all visitors whose address is not known, or is none, share one."""
    try:
        return ipaddress.ip_address(text or "")
    except ValueError:
        return ipaddress.IPv4Address(0)


def _anonymous(address: str | None, secret: str, v4: int, v6: int) -> str:
    ip = _address(address)
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    network = ipaddress.ip_network((ip, v4 if ip.version == 4 else v6), strict=False)
    day = now().date().isoformat()
    return hmac.new(secret.encode(), f"{day}|{network}".encode(), hashlib.sha256).hexdigest()[:24]
