"""The PDFs of the catalogue's forms: what they are made from, which are new, and which have a fault."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from models.catalogue.digest import digest
from models.catalogue.fault import Fault
from models.catalogue.files import Reading
from models.catalogue.procedure import LANGUAGES
from models.catalogue.reader import Unprintable
from models.catalogue.schemas import FormEntry, SpecimenFile

# Accepts a PDF -> (data, places, remarks). Like the drawing it is given by paper/, which models do not know.
Accepted = tuple[bytes, list[list[Any] | None], str]
Accept = Callable[[bytes], Accepted]
Known = Mapping[tuple[str, str, str], str]  # (procedure, form, language) -> fingerprint
Names = Mapping[str, dict[str, str]]  # authority -> its name in each language


class Drawing(NamedTuple):
    """How specimens are drawn: (form, language, authority, edition) -> PDF."""

    draw: Callable[[SpecimenFile, str, str, str], bytes]
    fingerprint: str  # changes with the code that draws and accepts: then every form is examined anew
    unprintable: Unprintable


@dataclass
class FormFiles:
    """The PDFs of one form: a new row for each language, or None where the old one stays."""

    rows: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    stays: bool = False  # a language has a fault: its old PDF stays, and with it the old edition
    unavailable: bool = False  # because of a fault there is no PDF in any language, new or old


class Source(NamedTuple):
    """What the PDF of one language is made from."""

    language: str
    file: str
    specimen: bool
    fingerprint: str
    make: Callable[[], bytes]


@dataclass(frozen=True)
class Finder:
    """Finds the PDFs of forms, and examines those that are new or changed. Writes nothing."""

    reading: Reading
    names: Names
    drawing: Drawing
    accept: Accept
    known: Known

    def all(self) -> dict[str, FormFiles]:
        """{"procedure/form": its PDFs} for every procedure that was read."""
        return {
            f"{slug}/{form.slug}": self._files(slug, form, self.names.get(entry.authority))
            for slug, entry in self.reading.catalogue.procedures.items()
            for form in entry.forms
        }

    def _files(self, slug: str, form: FormEntry, authority: dict[str, str] | None) -> FormFiles:
        held = [language for language in LANGUAGES if self._is_held(slug, form.slug, language)]
        files = FormFiles(dict.fromkeys(held), stays=bool(held))
        for source in self._sources(slug, form, authority):
            if source.language not in held:
                self._add(files, slug, source, self.known.get((slug, form.slug, source.language)))
        old = any((slug, form.slug, language) in self.known for language in files.rows)
        files.unavailable = files.stays and not old and not any(files.rows.values())
        return files

    def _is_held(self, slug: str, form: str, language: str) -> bool:
        """True if what there is for a language has a fault that reading has told."""
        dropped = self.reading.pdf(slug, form, language)
        tails = (f".{language}.pdf", ".pdf", ".yaml")
        names = [dropped.name] if dropped else [f"{form}{tail}" for tail in tails]
        return not self.reading.held.isdisjoint(f"{slug}/{name}" for name in names)

    def _add(self, files: FormFiles, slug: str, source: Source, known: str | None) -> None:
        files.rows[source.language] = None
        if known == source.fingerprint:
            return
        try:
            data, places, note = self.accept(source.make())
        except Exception as error:  # whatever a foreign PDF does to a PDF library, it is the file's fault
            fault = Fault(f"{self.reading.root.name}/{slug}/{source.file}", 0, "", str(error))
            files.faults += [] if fault in files.faults else [fault]  # one file for all languages is at fault once
            files.stays = True
        else:
            row = {"data": data, "places": places, "note": note}
            files.rows[source.language] = row | {"fingerprint": source.fingerprint, "specimen": source.specimen}

    def _sources(self, slug: str, form: FormEntry, authority: dict[str, str] | None) -> Iterator[Source]:
        """For each language there is: what the PDF is made from, and how."""
        specimen = self.reading.catalogue.specimens.get(f"{slug}/{form.slug}")
        for language in LANGUAGES:
            if dropped := self.reading.pdf(slug, form.slug, language):
                if dropped.is_file():
                    yield self._dropped(dropped.name, language, dropped.read_bytes())
            elif specimen and authority:
                yield self._drawn(specimen, form, language, authority[language])

    def _dropped(self, name: str, language: str, data: bytes) -> Source:
        fingerprint = digest(hashlib.sha256(data).hexdigest(), self.drawing.fingerprint)
        return Source(language, name, False, fingerprint, lambda: data)

    def _drawn(self, specimen: SpecimenFile, form: FormEntry, language: str, authority: str) -> Source:
        def make() -> bytes:
            return self.drawing.draw(specimen, language, authority, form.edition)

        fingerprint = digest(specimen, form, authority, self.drawing.fingerprint)
        return Source(language, f"{form.slug}.yaml ({language})", True, fingerprint, make)


def held_faults(reading: Reading, accept: Accept) -> Iterator[Fault]:
    """The faults of PDFs whose procedure has a fault itself, so that an editor learns of all at once."""
    for path in reading.held_pdfs():
        try:
            accept(path.read_bytes())
        except Exception as error:  # as above
            yield Fault(f"{reading.root.name}/{path.relative_to(reading.root)}", 0, "", str(error))
