"""Counters and single-use marks, shared by all processes. Keys are hashed: no address is stored."""

import datetime as dt
import hashlib
import hmac
import ipaddress

from peewee import CharField, IntegerField

from .base import Base, UTCDateTimeField, db, now


class Counter(Base):
    """How often something happened in a fixed window of time."""

    key = CharField(max_length=64, primary_key=True)
    count = IntegerField()
    expires_at = UTCDateTimeField(index=True)

    @classmethod
    def hit(cls, name: str, window: dt.timedelta) -> int:
        """Count one more `name` and return how many there are in the present window. One statement, exact."""
        start = int(now().timestamp() // window.total_seconds())
        expires_at = dt.datetime.fromtimestamp((start + 1) * window.total_seconds(), dt.UTC)
        insert = cls.insert(key=_key(f"{name}|{window.total_seconds()}|{start}"), count=1, expires_at=expires_at)
        rows = insert.on_conflict(conflict_target=[cls.key], update={cls.count: cls.count + 1}).returning(cls.count)
        with db.atomic():
            return list(rows.execute())[0].count

    @classmethod
    def peek(cls, name: str, window: dt.timedelta) -> int:
        """How many there are in the present window, without counting one more."""
        start = int(now().timestamp() // window.total_seconds())
        row = cls.get_or_none(cls.key == _key(f"{name}|{window.total_seconds()}|{start}"))
        return row.count if row else 0

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
    def purge(cls) -> int:
        """Forget what can no longer be presented anyway; returns how many rows went."""
        return cls.delete().where(cls.expires_at < now()).execute()


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def visitor(address: str | None, secret: str) -> str:
    """A name for a visitor's counters: their IPv4 address or IPv6 /64, keyed by the day, not reversible tomorrow."""
    return _anonymous(address, secret, v4=32, v6=64)


def neighbourhood(address: str | None, secret: str) -> str:
    """The same for a visitor's network: IPv4 /24 or IPv6 /48."""
    return _anonymous(address, secret, v4=24, v6=48)


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
