"""The catalogue: procedures, their forms, and the authorities that receive the paper."""

import datetime as dt
import unicodedata
from typing import Any

from peewee import (
    BlobField,
    BooleanField,
    Case,
    CharField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    ModelSelect,
    TextField,
)

from models.base import Base
from models.deadlines.clock import Rule, applicable
from models.deadlines.facts import Fact

LOCALES = {"de": "de", "fr": "fr", "en": "en_GB", "lb": "lb"}  # British: dates as written in Europe
LANGUAGES = tuple(LOCALES)
AUDIENCES = ("citizens", "businesses")


def by_preference(language: str) -> list[str]:
    """The languages in which a reader of `language` is given a PDF, if it exists: the first that does."""
    return list(dict.fromkeys((language, *LANGUAGES)))


class Authority(Base):
    """An administration that receives paper."""

    slug = CharField(max_length=60, unique=True)
    name = JSONField()  # {language: text}
    address = JSONField()  # postal lines as printed in the envelope window
    window = CharField(max_length=5)  # where the authority's envelopes have their window: left or right
    phone = CharField(max_length=40, default="")
    email = CharField(max_length=120, default="")
    website = CharField(max_length=200, default="")
    hours = JSONField(null=True)


class Topic(Base):
    """A heading of the catalogue."""

    slug = CharField(max_length=60, unique=True)
    title = JSONField()
    position = IntegerField()


class Procedure(Base):
    """An entry of the catalogue: what a citizen wants to get done."""

    slug = CharField(max_length=60, unique=True)
    topic = ForeignKeyField(Topic, backref="procedures")
    authority = ForeignKeyField(Authority, backref="procedures")
    audiences = JSONField()  # list of AUDIENCES
    life_event = CharField(max_length=60, default="")  # a removal, a birth ...: what in a life leads to it, if anything
    title = JSONField()
    summary = JSONField()
    tracking_note = JSONField(null=True)
    sections = JSONField()
    sources = JSONField()
    search = JSONField()  # {language: folded words}, what the live search looks in
    tracked = BooleanField()  # at least one of its forms can be tracked
    position = IntegerField()
    revision = CharField(max_length=16)
    retired = BooleanField(default=False)
    sms = JSONField(null=True)  # the kinds of events that go out by SMS too; None: all, []: it sends no SMS

    @property
    def sends_sms(self) -> bool:
        """True if SMS can be chosen for it."""
        return self.sms != []

    def uses_sms(self, kind: str) -> bool:
        """True if news of this kind go out by SMS, too. The first must: it has the link that confirms."""
        return self.sms is None or (self.sends_sms and kind in ("announced", *self.sms))

    @classmethod
    def offered(cls) -> "ModelSelect[Procedure]":
        """The procedures of the catalogue in the order of their topics, with topic and authority loaded."""
        return (
            cls.select(cls, Topic, Authority)
            .join_from(cls, Topic)
            .join_from(cls, Authority)
            .where(~cls.retired)
            .order_by(Topic.position, cls.position)
        )


# Of a procedure, all but the long texts of its own page in the catalogue.
SHORT = [field for field in Procedure._meta.sorted_fields if field.name not in ("sections", "search", "sources")]


class Form(Base):
    """A paper form of a procedure."""

    procedure = ForeignKeyField(Procedure, backref="forms")
    slug = CharField(max_length=60)
    title = JSONField()
    edition = CharField(max_length=20)
    tracked = BooleanField()
    period = JSONField(null=True)  # the versions of how long the authority has, where a law or its own page says so
    enclosures = JSONField()  # [{language: text}], what goes into the envelope with the form
    specimens = JSONField(null=True)  # {language: True if its PDF is a specimen of ours}; None: not known yet
    languages = JSONField(null=True)  # {language of the reader: that of the PDF}; None: not known yet
    position = IntegerField()
    revision = CharField(max_length=16)
    retired = BooleanField(default=False)

    class Meta:
        indexes = ((("procedure", "slug"), True),)

    def foreign_language(self, language: str) -> str:
        """The language of the PDF that who reads `language` gets, if it is another one; else an empty text."""
        given: str = (self.languages or {}).get(language, language)
        return given if given != language else ""

    def is_specimen(self, language: str) -> bool:
        """True if who reads `language` gets a specimen, not the form of the administration."""
        return bool(self.specimens and self.specimens.get(language))

    @property
    def rules(self) -> list[Rule]:
        """The versions of the period, oldest first."""
        kept = self.period or []
        return [Rule.of(version) for version in (kept if isinstance(kept, list) else [kept])]  # alone: before versions

    def period_at(self, day: dt.date) -> Rule | None:
        """The version for a dossier that arrives complete on `day`."""
        return applicable(self.rules, [Fact("arrived", day)])

    def file(self, language: str) -> "FormFile | None":
        """The PDF in `language`, else in any language there is (many official forms exist in one only)."""
        return self._files(language, FormFile).first()

    def marks(self, language: str) -> set[str]:
        """What stands on the pages of that PDF: "full" stamps or the "code" alone; empty if the sheet is all.

        Kept as long as this object, for pages that take it from a cache; the form's revision changes with the marks.
        """
        kept: dict[str, set[str]] = self.__dict__.setdefault("_marks", {})
        if language not in kept:
            file = self._files(language, FormFile.places).first()  # without the PDF itself, which may be large
            kept[language] = {_mark(*place) for place in file.places if place} if file else set()
        return kept[language]

    def _files(self, language: str, *columns: Any) -> "ModelSelect[FormFile]":
        order = [(code, rank) for rank, code in enumerate(by_preference(language))]
        first = Case(FormFile.language, order, len(order))
        return FormFile.select(*columns).where(FormFile.form == self).order_by(first)


class FormFile(Base):
    """A form's PDF as it was accepted into the catalogue, with the free room for the stamp on each page."""

    form = ForeignKeyField(Form, backref="files")
    language = CharField(max_length=2)
    data = BlobField()
    places = JSONField()  # a page: [x, y, rotation] in millimetres, [x, y, rotation, "code"], or null without a mark
    specimen = BooleanField()
    fingerprint = CharField(max_length=64)  # of what it was made from: unchanged sources are not checked again
    note = TextField(default="")

    class Meta:
        indexes = ((("form", "language"), True),)


def _mark(_x: float, _y: float, _rotation: int, mark: str = "full") -> str:
    """Which mark a stored place is for: only the code alone is named."""
    return mark


def fold(text: str) -> str:
    """`text` for comparing: no accents, no case. "Lëtzebuerg" and "letzebuerg" are the same word.

    Nor does it matter which apostrophe a keyboard has: the texts say l’État, many people type l'Etat.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))
