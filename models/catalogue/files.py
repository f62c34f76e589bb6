"""Read the files of the catalogue. Every fault is told with its file and line, and reading goes on."""

import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from os.path import lexists
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from models.catalogue import strays
from models.catalogue.fault import Fault, did_you_mean
from models.catalogue.schemas import AuthorityFile, Catalogue, EventKinds, ProcedureFile, SpecimenFile, Texts, Topics
from models.catalogue.sentences import sentences
from models.catalogue.strays import PDFs, ProcedureFolder
from models.catalogue.yaml_file import Location, YamlFile

RESERVED = ("procedure", "texts")  # their .yaml is something else than a form
Value = TypeVar("Value")
Missing = Callable[[str], list[str]]  # the characters of a text that the fonts of the sheet lack; paper/ knows them


class CatalogueError(Exception):
    """Something in the catalogue's files is wrong; `problems` has one line each, "file:line: where: what"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Reading:
    """What the files say, as far as they are right, and the faults of the others."""

    def __init__(self, root: Path, catalogue: Catalogue, faults: list[Fault], pdfs: dict[str, PDFs]) -> None:
        self.root, self.catalogue = root, catalogue
        self.faults = sorted(faults, key=lambda fault: fault[:2])
        self._pdfs = pdfs

    @cached_property
    def held(self) -> frozenset[str]:
        """Names of the files with a fault, from the catalogue's folder on: what came from them stays as it is."""
        return frozenset(fault.file.partition("/")[2] for fault in self.faults)

    def holds(self, procedure: str) -> bool:
        """True if a procedure that is not in the catalogue has only a fault, and is not gone."""
        return not self.held.isdisjoint((procedure, f"{procedure}/procedure.yaml"))

    def pdf(self, procedure: str, form: str, language: str) -> Path | None:
        """The administration's own PDF: that for one language, else that for all."""
        files = self._pdfs[procedure][form]
        return files.get(language) or files.get("")


def read(folder: Path, kinds: EventKinds, missing: Missing) -> Reading:
    """Read and check every file of the catalogue.

    Raises CatalogueError if there is no procedure at all: then this is not the catalogue's folder.
    """
    reader = _Reader(folder, kinds, missing)
    reader.read()
    if not reader.procedures:
        raise CatalogueError(
            [f"{folder.name}: no procedure in this folder; is it the catalogue?", *map(str, reader.faults)]
        )
    return reader.reading()


class _Reader:
    """Reads all files. A value is None if its file has a fault."""

    def __init__(self, folder: Path, kinds: EventKinds, missing: Missing) -> None:
        self.folder, self.kinds, self.missing = folder, kinds, missing
        self.faults: list[Fault] = []
        self.files: dict[str, YamlFile] = {}
        self.authorities: dict[str, AuthorityFile | None] = {}
        self.procedures: dict[str, ProcedureFile | None] = {}
        self.specimens: dict[str, SpecimenFile | None] = {}
        self.texts: dict[str, Texts | None] = {}
        self.pdfs: dict[str, PDFs] = {}
        self.topics: Topics | None = None

    def read(self) -> None:
        """Read everything, then compare the files with each other."""
        self.topics = self._file("topics.yaml", Topics)
        self._all_procedures()
        if (self.folder / "authorities").is_dir():
            self._all_authorities()
        else:
            self._say("authorities", "this folder is missing; add it, with a file for each authority")
        self._texts("")
        for slug in self.procedures:
            self._texts(slug)
            self._specimens(slug)
        self._compare()

    def reading(self) -> Reading:
        """What was read, without that which has a fault."""
        empty = Reading(self.folder, Catalogue.model_construct(), self.faults, self.pdfs)
        held, procedures = empty.held, {slug: f"{slug}/procedure.yaml" for slug in self.procedures}

        def right(values: dict[str, Value | None], name: str) -> dict[str, Value]:
            return {slug: value for slug, value in values.items() if value and name.format(slug) not in held}

        texts = {slug: file.root for slug, file in self.texts.items() if file and _texts_name(slug) not in held}
        catalogue = Catalogue.model_construct(
            topics=self.topics.root if self.topics and "topics.yaml" not in held else {},
            authorities=right(self.authorities, "authorities/{}.yaml"),
            procedures={s: value for s, value in self.procedures.items() if value and procedures[s] not in held},
            specimens=right(self.specimens, "{}.yaml"),
            texts=texts,
        )
        return Reading(self.folder, catalogue, self.faults, self.pdfs)

    def _say(self, name: str, what: str) -> None:
        self.faults.append(Fault(f"{self.folder.name}/{name}", 0, "", what))

    def _file(self, name: str, schema: type[BaseModel]) -> Any:
        """The content of a file, checked against its schema; None with its faults noted."""
        path = self.folder / name
        if wrong := strays.wrong_link(path, self.folder):
            self._say(name, wrong)
            return None
        file = self.files[name] = YamlFile(path, f"{self.folder.name}/{name}")
        self.faults += [*file.faults, *self._unprintable(file, schema)]
        if not file.readable:
            return None
        try:
            return schema.model_validate(file.data, context=self.kinds)
        except ValidationError as error:
            told = {fault.line for fault in file.faults if "#" in fault.what}
            said = [file.at(where, what) for where, what in sentences(error, schema)]
            self.faults += [fault for fault in said if fault.line not in told]  # an empty text, because of its #
            return None

    def _unprintable(self, file: YamlFile, schema: type[BaseModel]) -> Iterator[Fault]:
        """Characters that would be replaced on the printed sheet, receipt or specimen."""
        for location, text, line in file.texts():
            if signs := self.missing(text) if _printed(schema, location) else []:
                named = ", ".join(f"{sign} (U+{ord(sign):04X} {unicodedata.name(sign, '')})" for sign in signs)
                what = f"the printed sheet has no letter for {named}; write it without"
                yield Fault(file.name, line, ".".join(map(str, location)), what)

    def _all_procedures(self) -> None:
        known = ["topics.yaml", "texts.yaml", "authorities"]
        for path in strays.entries(self.folder):
            if wrong := strays.wrong_link(path, self.folder):
                self._say(path.name, wrong)
            elif path.name in known:
                continue
            elif not path.is_dir():
                lacking = [name for name in known if not lexists(self.folder / name)]
                self._say(path.name, strays.belongs_to_nothing(path, lacking, "move it to its procedure, or delete it"))
            elif not strays.is_slug(path.name):
                self._say(path.name, strays.no_slug(path.name))
            else:
                self._procedure(path)

    def _procedure(self, path: Path) -> None:
        slug = path.name
        name = f"{slug}/procedure.yaml"
        if not lexists(path / "procedure.yaml"):
            others = [other.name for other in strays.entries(path)]
            like = next((other for other in others if did_you_mean(other, ["procedure.yaml", "procedure.yml"])), "")
            what = f"rename {like} to procedure.yaml" if like else "add it, or delete the folder"
            self._say(name, f"this file is missing; {what}")
            return
        procedure = self.procedures[slug] = self._file(name, ProcedureFile)
        file = self.files.get(name)
        forms = [form.slug for form in procedure.forms] if procedure else _forms(file.data if file else None)
        found = ProcedureFolder(path, forms)
        self.pdfs[slug] = found.pdfs
        for stray, what in found.strays:
            self._say(f"{slug}/{stray.name}", strays.wrong_link(stray, self.folder) or what)
        for files in found.pdfs.values():
            for pdf in files.values():
                if wrong := strays.wrong_link(pdf, self.folder) or _no_file(pdf):
                    self._say(f"{slug}/{pdf.name}", wrong)

    def _all_authorities(self) -> None:
        for path in strays.entries(self.folder / "authorities"):
            name = f"authorities/{path.name}"
            if path.suffix != ".yaml":
                wanted = f"{path.stem}.yaml" if strays.is_slug(path.stem) else ""
                self._say(name, strays.belongs_to_nothing(path, [wanted], "delete it"))
            elif not strays.is_slug(path.stem):
                self._say(name, strays.no_slug(path.stem))
            else:
                self.authorities[path.stem] = self._file(name, AuthorityFile)

    def _texts(self, slug: str) -> None:
        name = _texts_name(slug)
        if lexists(self.folder / name):
            self.texts[slug] = self._file(name, Texts)

    def _specimens(self, slug: str) -> None:
        for form in self.pdfs.get(slug, {}):
            name = f"{slug}/{form}"
            if form not in RESERVED and lexists(self.folder / f"{name}.yaml"):
                self.specimens[name] = self._file(f"{name}.yaml", SpecimenFile)

    def _compare(self) -> None:
        for slug, procedure in self.procedures.items():
            if procedure:
                self.faults += self._references(slug, procedure)
        for slug, file in self.texts.items():
            self.faults += _twice(self.files[_texts_name(slug)], file) if file else []
        self._copies("authorities/{}.yaml", "name", self.authorities)
        self._copies("{}/procedure.yaml", "title", self.procedures)

    def _copies(self, name: str, key: str, values: Mapping[str, BaseModel | None]) -> None:
        """Two files with the same name in every language: one is a copy, most likely that with the longer name."""
        first: dict[str, str] = {}
        for slug in sorted(values, key=lambda slug: (len(slug), slug)):
            texts = sorted(getattr(values[slug], key, {}).items())
            other = first.setdefault(str(texts), slug)
            if texts and other != slug:
                what = f"the same as in {name.format(other)}; delete the copy, or rename it"
                self.faults.append(self.files[name.format(slug)].at((key,), what))

    def _references(self, slug: str, procedure: ProcedureFile) -> Iterator[Fault]:
        """References to a topic, an authority or a form file that does not exist."""
        file = self.files[f"{slug}/procedure.yaml"]
        if self.topics and procedure.topic not in self.topics.root:
            what = f"no topic {procedure.topic!r} in topics.yaml; "
            yield file.at(("topic",), what + (did_you_mean(procedure.topic, list(self.topics.root)) or "add it there"))
        if procedure.authority not in self.authorities:
            what = f"no file authorities/{procedure.authority}.yaml; "
            yield file.at(
                ("authority",), what + (did_you_mean(procedure.authority, list(self.authorities)) or "add it")
            )
        slugs = [form.slug for form in procedure.forms]
        for index, form in enumerate(procedure.forms):
            at = ("forms", index, "slug")
            if form.slug in slugs[:index]:
                yield file.at(at, "two forms have the same slug; rename one")
            elif form.slug in RESERVED:
                yield file.at(at, f"{form.slug}.yaml is another file; give the form another slug")
            elif form.tracked and not self._made(slug, form.slug):
                yield file.at(
                    at, f"no {form.slug}.yaml and no {form.slug}.pdf beside it; add one, or write tracked: false"
                )

    def _made(self, slug: str, form: str) -> bool:
        """True if there is something to make a form's PDF from, even with a fault."""
        held = {fault.file for fault in self.faults}
        named = (f"{self.folder.name}/{slug}/{form}{tail}" for tail in ("", ".de", ".fr", ".en", ".lb"))
        return bool(
            self.pdfs[slug][form] or f"{slug}/{form}" in self.specimens or any(f"{name}.pdf" in held for name in named)
        )


def _texts_name(slug: str) -> str:
    return f"{slug}/texts.yaml" if slug else "texts.yaml"


def _forms(data: Any) -> list[str] | None:
    """The slugs of the forms in a file that has faults; None if they cannot be told."""
    entries = data.get("forms") if isinstance(data, dict) else None
    slugs = [entry.get("slug") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    named = [slug for slug in slugs if isinstance(slug, str) and strays.is_slug(slug)]
    return named if named and len(named) == len(entries or []) else None


def _printed(schema: type[BaseModel], location: Location) -> bool:
    """True for what is printed on paper, not only shown on a page."""
    if schema is ProcedureFile:
        return location[0] == "title" or location[0] == "forms" and "period" not in location
    return schema in (AuthorityFile, SpecimenFile)


def _no_file(pdf: Path) -> str:
    return "" if pdf.is_file() else "not a file; remove it, and put the PDF itself here"


def _twice(file: YamlFile, texts: Texts) -> Iterator[Fault]:
    """Text blocks with the same id."""
    names = [entry.id for entry in texts.root]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield file.at((index, "id"), "two text blocks have the same id; rename one")
