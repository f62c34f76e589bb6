"""Text blocks: ready-made notes from the catalogue, offered where the desk writes to a citizen."""

from collections.abc import Iterable

from peewee import CharField, ForeignKeyField, IntegerField, JSONField

from models.base import Base
from models.catalogue.procedure import Procedure


class TextBlock(Base):
    """One text in every language; of one procedure, or of all if it has none."""

    procedure = ForeignKeyField(Procedure, backref="text_blocks", null=True)
    slug = CharField(max_length=60)
    moves = JSONField()  # the kinds of event it goes with
    title = JSONField()  # {language: text}, for the staff
    text = JSONField()  # {language: text}, for the citizen
    position = IntegerField()

    class Meta:
        indexes = ((("procedure", "slug"), True),)

    @classmethod
    def fitting(cls, procedures: Iterable[Procedure]) -> list["TextBlock"]:
        """The blocks for dossiers of these procedures: those for all.

        If all dossiers are of one procedure, its own blocks come first.
        """
        alone = set(procedures)
        own = cls.procedure.in_(alone if len(alone) == 1 else ())
        return list(cls.select().where(own | cls.procedure.is_null()).order_by(cls.procedure.is_null(), cls.position))
