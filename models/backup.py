"""When the last copy of the database was made, and when one was last tried, for /readyz and the metrics."""

from peewee import BigIntegerField, CharField, FloatField

from models.base import Base, UTCDateTimeField, now


class Backup(Base):
    """The latest success of an act: "created" or "verified"."""

    act = CharField(primary_key=True, max_length=8)
    at = UTCDateTimeField()
    size = BigIntegerField()  # bytes of the copy
    seconds = FloatField()  # how long it took

    @classmethod
    def record(cls, act: str, size: int, seconds: float) -> None:
        """Record that `act` has succeeded just now."""
        known = {cls.at: now(), cls.size: size, cls.seconds: seconds}
        insert = cls.insert({cls.act: act} | known)
        insert.on_conflict(conflict_target=[cls.act], update=known).execute()

    @classmethod
    def last(cls, act: str) -> "Backup | None":
        """The latest success of `act`; None if there was none."""
        return cls.get_or_none(cls.act == act)
