"""Schemas of the catalogue's files."""

import datetime as dt
import re
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from models.catalogue.procedure import LANGUAGES

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Slug = Annotated[str, Field(pattern=SLUG, max_length=60)]


def _complete(texts: dict[str, str]) -> dict[str, str]:
    if set(texts) != set(LANGUAGES):
        lacks = {"missing": set(LANGUAGES) - set(texts), "unknown": set(texts) - set(LANGUAGES)}
        named = [f"{what}: {', '.join(sorted(languages))}" for what, languages in lacks.items() if languages]
        raise ValueError(f"needs exactly the languages {', '.join(LANGUAGES)}; {'; '.join(named)}")
    if not all(text.strip() for text in texts.values()):
        empty = ", ".join(language for language in LANGUAGES if not texts[language].strip())
        raise ValueError(f"a translation is empty; write it: {empty}")
    return {language: text.strip() for language, text in texts.items()}


Text = Annotated[dict[str, str], AfterValidator(_complete)]


def _day(day: str) -> str:
    try:
        return dt.date.fromisoformat(day).isoformat()
    except ValueError:
        raise ValueError("must be a day such as '2027-01-31', in quotes") from None


def _like(pattern: str, what: str) -> AfterValidator:
    """Accept what looks like a link or an address, or nothing at all where that may be left out."""

    def check(text: str) -> str:
        if text and not re.fullmatch(pattern, text):
            raise ValueError(what)
        return text

    return AfterValidator(check)


ReadOn = Annotated[str, AfterValidator(_day)]
Link = Annotated[str, _like(r"https?://[^\s/]+\.\S+", "must be a whole address that begins with https:// or http://")]
Email = Annotated[str, _like(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+", "must be one e-mail address, such as post@example.lu")]


class Strict(BaseModel):
    """Base of all schemas: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthorityFile(Strict):
    """authorities/<slug>.yaml"""

    name: Text
    address: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=3, max_length=6)]
    window: Literal["left", "right"]
    phone: Annotated[str, Field(max_length=40)] = ""
    email: Annotated[Email, Field(max_length=120)] = ""
    website: Annotated[Link, Field(max_length=200)] = ""
    hours: Text | None = None


class Section(Strict):
    """One section of a procedure's page."""

    kind: Literal["who", "conditions", "steps", "documents", "fees", "periods", "good_to_know"]
    text: Text | None = None
    items: list[Text] = []


class Period(Strict):
    """How long the authority has, in one version of the rule: the fields are those of models.deadlines.clock.Rule."""

    valid_from: dt.date | None = None
    length: Annotated[int, Field(gt=0, le=1000)]
    unit: Literal["days", "weeks", "months"]
    start: Literal["arrival", "completeness"]
    missing: Literal["suspend", "restart", "none"]
    transfer: Literal["continue", "restart"] = "continue"
    roll: bool = True
    target: Annotated[int, Field(gt=0)] | None = None
    source: Text

    @field_validator("target")
    @classmethod
    def _shorter(cls, target: int | None, info: ValidationInfo) -> int | None:
        if target and target > info.data.get("length", target):
            raise ValueError("the authority's own target is longer than the period")
        return target


def _in_order(versions: list[Period]) -> list[Period]:
    since = [version.valid_from or dt.date.min for version in versions]
    if any(earlier >= later for earlier, later in zip(since, since[1:], strict=False)):
        raise ValueError("each version needs a valid_from later than that of the version before it")
    return versions


# One version may stand alone, without a list.
Periods = Annotated[
    list[Period],
    BeforeValidator(lambda periods: [periods] if isinstance(periods, dict) else periods),
    AfterValidator(_in_order),
]


class EventKinds(NamedTuple):
    """The kinds of event that the files may name. Dossiers have them, so whoever reads the files brings them along."""

    told: tuple[str, ...]  # the citizen is told of them
    with_note: tuple[str, ...]  # the staff may write a note with them


def _one_of(group: Literal["told", "with_note"]) -> AfterValidator:
    """Accept a kind of this group of the EventKinds, which are the context of the validation."""

    def check(kind: str, info: ValidationInfo) -> str:
        kinds = getattr(info.context, group)
        if kind not in kinds:
            raise PydanticCustomError("unknown_kind", "Input should be {expected}", {"expected": " or ".join(kinds)})
        return kind

    return AfterValidator(check)


def _chosen(sms: bool | list[str]) -> list[str] | None:
    return {True: None, False: []}[sms] if isinstance(sms, bool) else sms


# true: every kind of news goes out by SMS too; false: the procedure sends no SMS; or the kinds that do.
SmsKinds = Annotated[bool | list[Annotated[str, _one_of("told")]], AfterValidator(_chosen)]


class FormEntry(Strict):
    """One form of a procedure."""

    slug: Slug
    tracked: bool
    title: Text
    edition: Annotated[str, Field(max_length=20)]
    enclosures: list[Text] = []
    period: Periods = []


class Source(Strict):
    """Where the texts of a procedure were taken from, and when it was read."""

    title: str
    url: Annotated[Link, Field(min_length=1)]
    read: ReadOn


class ProcedureFile(Strict):
    """<slug>/procedure.yaml"""

    audiences: Annotated[list[Literal["citizens", "businesses"]], Field(min_length=1)]
    topic: Slug
    authority: Slug
    life_event: Annotated[str, Field(max_length=60)] = ""
    title: Text
    summary: Text
    keywords: Text | None = None
    tracking_note: Text | None = None
    sms: SmsKinds = Field(default=True, validate_default=True)
    sections: list[Section]
    forms: Annotated[list[FormEntry], Field(min_length=1)]
    sources: list[Source]


class Field_(Strict):
    """One field of a specimen form."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    kind: Literal["text", "date", "check", "multiline"]
    width: Literal["half", "full"] = "full"
    label: Text


class Group(Strict):
    """Fields of a specimen form under one title."""

    title: Text
    fields: Annotated[list[Field_], Field(min_length=1)]


class SpecimenFile(Strict):
    """A specimen form, drawn as a PDF until the administration drops its own file into the folder."""

    title: Text
    intro: Text
    groups: Annotated[list[Group], Field(min_length=1)]
    declaration: Text
    signature: bool = True


class TextEntry(Strict):
    """A text block for the desk: the kinds of event it goes with, its name for the staff, its words for the citizen."""

    id: Slug
    moves: Annotated[list[Annotated[str, _one_of("with_note")]], Field(min_length=1)]
    title: Text
    text: Text


class Texts(RootModel[list[TextEntry]]):
    """Text blocks in the order in which they are offered."""


class Topics(RootModel[dict[Slug, Text]]):
    """The topics in the order in which the catalogue lists them."""


class Catalogue(Strict):
    """All files, read and checked against each other."""

    topics: dict[str, Text]
    authorities: dict[str, AuthorityFile]
    procedures: dict[str, ProcedureFile]
    specimens: dict[str, SpecimenFile]  # "procedure/form"
    texts: dict[str, list[TextEntry]]  # by procedure; "" for all
