"""Heartbeats: each worker writes its name and the time every half minute, so that monitors see that one lives."""

import datetime as dt

from peewee import CharField, ModelSelect

from models.base import Base, UTCDateTimeField, now

BEAT_SECONDS = 30.0
LIVES_FOR = dt.timedelta(seconds=120)  # after its last beat a worker counts as alive for so long
MAX_AHEAD = dt.timedelta(seconds=60)  # a beat later than that comes from a wrong clock, and tells nothing
KEPT_FOR = dt.timedelta(days=1)
PROBE = "probe"  # the row that /readyz writes to see whether the database can be written
ONCE = "once"  # the row of the latest `notifications send --once` that ended by itself


class Heartbeat(Base):
    """The last sign of life of a worker, by the worker's own clock."""

    name = CharField(max_length=60, primary_key=True)
    at = UTCDateTimeField()

    @classmethod
    def beat(cls, name: str) -> None:
        """Write a sign of life, or a write probe."""
        cls.insert(name=name, at=now()).on_conflict(conflict_target=[cls.name], preserve=[cls.at]).execute()

    @classmethod
    def stop(cls, name: str) -> None:
        """Remove a worker that ends by itself, and those that ended long ago without saying so."""
        cls.delete().where((cls.name == name) | (cls.at < now() - KEPT_FOR)).execute()

    @classmethod
    def end_once(cls, name: str) -> None:
        """Remove a worker that has sent what was due; whoever starts one every minute has a living worker meanwhile."""
        cls.stop(name)
        cls.beat(ONCE)

    @classmethod
    def alive(cls) -> int:
        """How many workers live. A beat from the future counts for none: its worker may be dead for long."""
        at = now()
        return cls.select().where((cls.name != PROBE) & cls.at.between(at - LIVES_FOR, at + MAX_AHEAD)).count()

    @classmethod
    def running(cls) -> int:
        """How many living workers have not said that they ended: they may write at any moment."""
        at = now()
        return cls.of_workers().where(cls.at.between(at - LIVES_FOR, at + MAX_AHEAD)).count()

    @classmethod
    def of_workers(cls) -> "ModelSelect[Heartbeat]":
        """The rows of workers that have not said that they ended, also of those that died."""
        return cls.select().where(cls.name.not_in((PROBE, ONCE)))

    @classmethod
    def last(cls) -> dt.datetime | None:
        """The latest beat of any worker, also one from the future; None if there is none."""
        return cls.select(cls.at).where(cls.name != PROBE).order_by(cls.at.desc()).scalar()
