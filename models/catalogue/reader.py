"""Read each file of the catalogue by itself."""

import unicodedata
from collections.abc import Callable, Iterator
from os.path import lexists
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from models.catalogue import strays
from models.catalogue.fault import Fault, did_you_mean
from models.catalogue.schemas import AuthorityFile, EventKinds, ProcedureFile, SpecimenFile, Texts, Topics
from models.catalogue.sentences import sentences
from models.catalogue.strays import PDFs, ProcedureFolder
from models.catalogue.yaml_file import Location, YamlFile

RESERVED = ("procedure", "texts")  # their .yaml is something else than a form
Unprintable = Callable[[str], list[str]]  # the characters of a text that the fonts of the sheet lack; paper/ knows them


class Reader:
    """Reads all files. A value is None if its file has a fault."""

    def __init__(self, folder: Path, kinds: EventKinds, unprintable: Unprintable) -> None:
        self.folder, self.kinds, self.unprintable = folder, kinds, unprintable
        self.faults: list[Fault] = []
        self.files: dict[str, YamlFile] = {}
        self.authorities: dict[str, AuthorityFile | None] = {}
        self.procedures: dict[str, ProcedureFile | None] = {}
        self.specimens: dict[str, SpecimenFile | None] = {}
        self.texts: dict[str, Texts | None] = {}
        self.pdfs: dict[str, PDFs] = {}
        self.topics: Topics | None = None

    def read(self) -> None:
        """Read everything."""
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

    def _say(self, name: str, what: str) -> None:
        self.faults.append(Fault(f"{self.folder.name}/{name}", 0, "", what))

    def _file(self, name: str, schema: type[BaseModel]) -> Any:
        """The content of a file, checked against its schema; None with its faults noted."""
        path = self.folder / name
        if wrong := strays.wrong_link(path, self.folder):
            self._say(name, wrong)
            return None
        file = self.files[name] = YamlFile(path, f"{self.folder.name}/{name}")
        self.faults += [*file.faults, *self._unprintable_faults(file, schema)]
        if not file.readable:
            return None
        try:
            return schema.model_validate(file.data, context=self.kinds)
        except ValidationError as error:
            told = {fault.line for fault in file.faults if "#" in fault.what}
            said = [file.at(where, what) for where, what in sentences(error, schema) if not file.is_broken(where)]
            self.faults += [fault for fault in said if fault.line not in told]  # an empty text, because of its #
            return None

    def _unprintable_faults(self, file: YamlFile, schema: type[BaseModel]) -> Iterator[Fault]:
        """Characters that would be replaced on the printed sheet, receipt or specimen."""
        for location, text, line in file.texts():
            if signs := self.unprintable(text) if _printed(schema, location) else []:
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
        for stray, what in found.strays:
            self._say(f"{slug}/{stray.name}", strays.wrong_link(stray, self.folder) or what)
        self.pdfs[slug] = {
            form: {code: pdf for code, pdf in files.items() if self._is_file(slug, pdf)}
            for form, files in found.pdfs.items()
        }

    def _is_file(self, slug: str, pdf: Path) -> bool:
        wrong = strays.wrong_link(pdf, self.folder) or ("" if pdf.is_file() else strays.NOT_A_FILE)
        if wrong:
            self._say(f"{slug}/{pdf.name}", wrong)
        return not wrong

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
        name = texts_name(slug)
        if lexists(self.folder / name):
            self.texts[slug] = self._file(name, Texts)

    def _specimens(self, slug: str) -> None:
        for form in self.pdfs.get(slug, {}):
            name = f"{slug}/{form}"
            if form not in RESERVED and lexists(self.folder / f"{name}.yaml"):
                self.specimens[name] = self._file(f"{name}.yaml", SpecimenFile)


def texts_name(slug: str) -> str:
    """The file with the text blocks of a procedure; of all, if `slug` is empty."""
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
