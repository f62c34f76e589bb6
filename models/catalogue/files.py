"""Read the files of the catalogue. Every fault is told with its file and line, and reading goes on."""

from pathlib import Path
from typing import TypeVar

from models.catalogue import references
from models.catalogue.fault import Fault
from models.catalogue.reader import Reader, Unprintable, texts_name
from models.catalogue.schemas import Catalogue, EventKinds
from models.catalogue.strays import PDFs

Value = TypeVar("Value")


class CatalogueError(Exception):
    """Something in the catalogue's files is wrong; `faults` has one line each, "file:line: where: what"."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Reading:
    """What the files say, as far as they are right, and the faults of the others."""

    def __init__(self, root: Path, catalogue: Catalogue, faults: list[Fault], pdfs: dict[str, PDFs]) -> None:
        self.root, self.catalogue = root, catalogue
        self.faults = sorted(faults, key=lambda fault: fault[:2])
        # Names of the files with a fault, from the catalogue's folder on: what came from them stays as it is.
        self.held = _held(faults)
        self._pdfs = pdfs

    def holds(self, procedure: str) -> bool:
        """True if a procedure that is not in the catalogue has only a fault, and is not gone."""
        return not self.held.isdisjoint((procedure, f"{procedure}/procedure.yaml"))

    def pdf(self, procedure: str, form: str, language: str) -> Path | None:
        """The administration's own PDF: that for one language, else that for all."""
        files = self._pdfs[procedure][form]
        return files.get(language) or files.get("")

    def held_pdfs(self) -> list[Path]:
        """The PDFs of procedures that have a fault themselves: nothing is made of them until it is mended."""
        held = [forms for slug, forms in self._pdfs.items() if slug not in self.catalogue.procedures]
        return sorted({path for forms in held for files in forms.values() for path in files.values()})


def read(folder: Path, kinds: EventKinds, unprintable: Unprintable) -> Reading:
    """Read and check every file of the catalogue.

    Raises CatalogueError if there is no procedure at all: then this is not the catalogue's folder.
    """
    reader = Reader(folder, kinds, unprintable)
    reader.read()
    reader.faults += references.faults(reader)
    if not reader.procedures:
        raise CatalogueError(
            [f"{folder.name}: no procedure in this folder; is it the catalogue?", *map(str, reader.faults)]
        )
    return _reading(reader)


def _reading(reader: Reader) -> Reading:
    """What was read, without that which has a fault."""
    held = _held(reader.faults)

    def right(values: dict[str, Value | None], name: str) -> dict[str, Value]:
        return {slug: value for slug, value in values.items() if value and name.format(slug) not in held}

    catalogue = Catalogue.model_construct(
        topics=reader.topics.root if reader.topics and "topics.yaml" not in held else {},
        authorities=right(reader.authorities, "authorities/{}.yaml"),
        procedures=right(reader.procedures, "{}/procedure.yaml"),
        specimens=right(reader.specimens, "{}.yaml"),
        texts={slug: file.root for slug, file in reader.texts.items() if file and texts_name(slug) not in held},
    )
    return Reading(reader.folder, catalogue, reader.faults, reader.pdfs)


def _held(faults: list[Fault]) -> frozenset[str]:
    return frozenset(fault.file.partition("/")[2] for fault in faults)
