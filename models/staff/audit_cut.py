"""Cuts of the audit log: its oldest rows are in a file, and the chain goes on from the seal of the last of them."""

from peewee import CharField, IntegerField

from models.base import Base, UTCDateTimeField


class AuditCut(Base):
    """One cut. The database lets rows up to `last_id` go once this row is there (migration 0026)."""

    last_id = IntegerField(primary_key=True)  # the last row of the audit log that was exported
    seal = CharField(max_length=64)  # of that row
    at = UTCDateTimeField()
    file = CharField(max_length=60)  # name of the export

    @classmethod
    def latest(cls) -> "AuditCut | None":
        """The latest cut; None if there was none, or in the schema of an older release."""
        known = cls.table_exists()  # type: ignore[no-untyped-call]
        return cls.select().order_by(cls.last_id.desc()).first() if known else None

    @classmethod
    def has_seal(cls, seal: str) -> bool:
        """True if a cut ended with this seal."""
        known = cls.table_exists()  # type: ignore[no-untyped-call]
        return bool(known and cls.select().where(cls.seal == seal).exists())
