"""The catalogue as files: their shape, and reading them with file and line in every error."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from .catalogue import LANGUAGES

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class BadCatalogue(Exception):
    """Something in the catalogue's files is wrong; `problems` has one line each, "file:line: what"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _complete(texts: dict[str, str]) -> dict[str, str]:
    if set(texts) != set(LANGUAGES):
        raise ValueError(f"needs exactly the languages {', '.join(LANGUAGES)}")
    if not all(text.strip() for text in texts.values()):
        raise ValueError("a translation is empty")
    return {language: text.strip() for language, text in texts.items()}


Text = Annotated[dict[str, str], AfterValidator(_complete)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthorityFile(Strict):
    name: Text
    address: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=3, max_length=6)]
    window: Literal["left", "right"]
    phone: str = ""
    email: str = ""
    website: str = ""
    hours: Text | None = None


class Section(Strict):
    kind: Literal["who", "conditions", "steps", "documents", "fees", "periods", "good_to_know"]
    text: Text | None = None
    items: list[Text] = []


class Period(Strict):
    """How long the authority has, in one version of the rule: the fields are those of models.clock.Rule."""

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


# What a dossier's citizen is told of; each has its folder in templates/messages/.
Kind = Literal[
    "announced", "received", "supplied", "further", "incomplete", "examination", "decided", "closed", "lapsed",
    "withdrawn", "transferred", "corrected", "returned", "reminder", "unarrived", "forwarded",
    "absent",
]  # fmt: skip


def _chosen(sms: bool | list[Kind]) -> list[Kind] | None:
    return {True: None, False: []}[sms] if isinstance(sms, bool) else sms


# true: every kind of news goes out by SMS too; false: the procedure sends no SMS; or the kinds that do.
SmsKinds = Annotated[bool | list[Kind], AfterValidator(_chosen)]


class FormEntry(Strict):
    slug: Slug
    tracked: bool
    title: Text
    edition: Annotated[str, Field(max_length=20)]
    enclosures: list[Text] = []
    period: Periods = []


class Source(Strict):
    title: str
    url: str
    read: str


class ProcedureFile(Strict):
    audiences: Annotated[list[Literal["citizens", "businesses"]], Field(min_length=1)]
    topic: Slug
    authority: Slug
    life_event: str = ""
    title: Text
    summary: Text
    keywords: Text | None = None
    tracking_note: Text | None = None
    sms: SmsKinds = Field(default=True, validate_default=True)
    sections: list[Section]
    forms: Annotated[list[FormEntry], Field(min_length=1)]
    sources: list[Source]


class Field_(Strict):
    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    kind: Literal["text", "date", "check", "multiline"]
    width: Literal["half", "full"] = "full"
    label: Text


class Group(Strict):
    title: Text
    fields: Annotated[list[Field_], Field(min_length=1)]


class SpecimenFile(Strict):
    """What a specimen form asks: drawn as a PDF until the administration drops its own file into the folder."""

    title: Text
    intro: Text
    groups: Annotated[list[Group], Field(min_length=1)]
    declaration: Text
    signature: bool = True


class TextEntry(Strict):
    """A text block for the desk: which moves it goes with, its name for the staff, its words for the citizen."""

    id: Slug
    moves: Annotated[
        list[
            Literal["received", "incomplete", "examination", "decided", "closed", "lapsed", "withdrawn", "transferred",
                    "corrected", "further", "returned"]
        ],
        Field(min_length=1),
    ]  # fmt: skip
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


def read(folder: Path) -> Catalogue:
    """Read and check every file of the catalogue. Raises BadCatalogue with all that is wrong, not just the first."""
    reader = _Reader(folder)
    topics = reader.one(folder / "topics.yaml", Topics)
    authorities = {
        path.stem: reader.one(path, AuthorityFile) for path in sorted((folder / "authorities").glob("*.yaml"))
    }
    procedures, specimens = {}, {}
    for path in sorted(folder.glob("*/procedure.yaml")):
        procedure = procedures[path.parent.name] = reader.one(path, ProcedureFile)
        for form in procedure.forms if procedure else []:
            source = path.with_name(f"{form.slug}.yaml")
            if source.exists():
                specimens[f"{path.parent.name}/{form.slug}"] = reader.one(source, SpecimenFile)
    texts = {
        path.parent.name if path.parent != folder else "": reader.one(path, Texts)
        for path in [folder / "texts.yaml", *sorted(folder.glob("*/texts.yaml"))]
        if path.exists()
    }
    reader.problems += _dangling(reader, topics.root if topics else None, authorities, procedures)
    reader.problems += _stray(reader, texts, procedures)
    if reader.problems:
        raise BadCatalogue(reader.problems)
    return Catalogue.model_construct(
        topics=topics.root,
        authorities=authorities,
        procedures=procedures,
        specimens=specimens,
        texts={slug: file.root for slug, file in texts.items()},
    )


def _dangling(reader: "_Reader", topics: Any, authorities: Any, procedures: dict[str, Any]) -> Iterator[str]:
    """What one file says of another that is not there."""
    for slug, procedure in procedures.items():
        if procedure is None:
            continue
        path = reader.folder / slug / "procedure.yaml"
        if topics is not None and procedure.topic not in topics:
            yield reader.at(path, ("topic",), f"no topic {procedure.topic!r} in topics.yaml")
        if procedure.authority not in authorities:
            yield reader.at(path, ("authority",), f"no file authorities/{procedure.authority}.yaml")
        slugs = [form.slug for form in procedure.forms]
        if len(set(slugs)) != len(slugs):
            yield reader.at(path, ("forms",), "two forms have the same slug")
        for index, form in enumerate(procedure.forms):
            names = (f"{form.slug}{tail}" for tail in (".yaml", ".pdf", *(f".{code}.pdf" for code in LANGUAGES)))
            if form.tracked and not any(path.with_name(name).exists() for name in names):
                yield reader.at(path, ("forms", index, "slug"), f"no {form.slug}.yaml and no {form.slug}.pdf beside it")


def _stray(reader: "_Reader", texts: dict[str, Any], procedures: dict[str, Any]) -> Iterator[str]:
    """Text blocks that belong to no procedure, or that have the name of another in the same file."""
    for slug, file in texts.items():
        path = reader.folder / slug / "texts.yaml"
        if slug and slug not in procedures:
            yield reader.at(path, (), "no procedure.yaml beside it")
        names = [entry.id for entry in file.root] if file else []
        for index, name in enumerate(names):
            if name in names[:index]:
                yield reader.at(path, (index, "id"), "two text blocks have the same id")


class _Reader:
    """Reads YAML files and remembers where each value stands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[str] = []
        self._trees: dict[Path, yaml.Node | None] = {}

    def one(self, path: Path, shape: type[BaseModel]) -> Any:
        """The content of `path` in `shape`, or None with its problems noted."""
        try:
            text = path.read_text(encoding="utf-8")
            loader = yaml.CBaseLoader(text)  # every value is the text that was typed; "no" stays "no"
            self._trees[path] = tree = loader.get_single_node()
            return shape.model_validate(loader.construct_document(tree) if tree else None)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problems.append(f"{self._name(path)}:{line}: {error.problem}")
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self.problems.append(f"{self._name(path)}:{line}: {error.reason}")
        except ValidationError as error:
            self.problems += [self.at(path, found["loc"], found["msg"]) for found in error.errors()]
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{self._name(path)}:1: {type(error).__name__}")
        return None

    def at(self, path: Path, location: tuple[Any, ...], what: str) -> str:
        """A problem with file and line, and where in the file's structure it is."""
        where = ".".join(map(str, location))
        return f"{self._name(path)}:{self._line(path, location)}: {where}: {what}"

    def _line(self, path: Path, steps: tuple[Any, ...]) -> int:
        node = self._trees.get(path)
        line = 1
        for step in steps:
            start, node = _child(node, step)
            if start is None:
                break
            line = start.start_mark.line + 1
        return line

    def _name(self, path: Path) -> str:
        return f"{self.folder.name}/{path.relative_to(self.folder)}"


def _child(node: yaml.Node | None, step: Any) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Where the entry `step` of `node` begins (its key, or itself in a list), and its value."""
    if isinstance(node, yaml.MappingNode) and step == 0:
        return node, node  # the only entry of a list, written without the list
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None, None
