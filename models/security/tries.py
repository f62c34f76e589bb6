"""Lock-outs after wrong passwords or codes, in the database: all processes share them."""

import datetime as dt

from peewee import CharField, IntegerField

from models.base import Base, UTCDateTimeField, db, delete_some, now
from models.security.throttle import CLOCK_TOLERANCE, hashed_name


class Tries(Base):
    """Lock-out after wrong passwords or codes: the fifth locks out for a minute, each further one twice as long.

    The longest lock-out is MAX_WAIT. take() counts an attempt before the secret is checked, and give_back() undoes it
    after a correct one, so that parallel requests get no extra attempts. An hour without attempts resets the count.
    """

    key = CharField(max_length=64, primary_key=True)
    count = IntegerField()
    blocked_until = UTCDateTimeField()
    expires_at = UTCDateTimeField(index=True)

    FREE_TRIES = 5
    MIN_WAIT, MAX_WAIT = dt.timedelta(minutes=1), dt.timedelta(minutes=15)
    RESET_AFTER = dt.timedelta(hours=1)

    @classmethod
    def take(cls, name: str) -> int:
        """Count one attempt at `name` and return 0, or the seconds of its lock-out (then nothing is counted)."""
        moment = now()
        with db.atomic():
            row = cls._lock(name, moment)
            count = row.count + 1 if moment < row.expires_at <= moment + cls.RESET_AFTER + CLOCK_TOLERANCE else 1
            if moment < row.blocked_until <= moment + cls.MAX_WAIT + CLOCK_TOLERANCE:
                return int((row.blocked_until - moment).total_seconds()) + 1
            changes = {
                "count": count,
                "blocked_until": moment + cls._wait(count),
                "expires_at": moment + cls.RESET_AFTER,
            }
            cls.update(changes).where(cls.key == row.key).execute()
        return 0

    @classmethod
    def give_back(cls, name: str) -> None:
        """Undo take() after a correct password."""
        with db.atomic():
            row = cls._lock(name, now())
            count = max(row.count - 1, 0)
            until = row.blocked_until if count >= cls.FREE_TRIES else now()
            cls.update(count=count, blocked_until=until).where(cls.key == row.key).execute()

    @classmethod
    def _wait(cls, count: int) -> dt.timedelta:
        """How long the lock-out lasts after attempt number `count`."""
        if count < cls.FREE_TRIES:
            return dt.timedelta()
        return min(cls.MIN_WAIT * 2 ** min(count - cls.FREE_TRIES, 9), cls.MAX_WAIT)

    @classmethod
    def _lock(cls, name: str, moment: dt.datetime) -> "Tries":
        """The row of `name`, inserted if missing. The update takes its row lock until the transaction ends."""
        new = cls.insert(key=hashed_name(name), count=0, blocked_until=moment, expires_at=moment + cls.RESET_AFTER)
        kept = new.on_conflict(conflict_target=[cls.key], update={cls.count: cls.count}).returning(cls)
        return list(kept.execute())[0]

    @classmethod
    def purge(cls) -> int:
        """Delete some counts that were reset by time; returns how many."""
        return delete_some(cls, cls.expires_at < now())
