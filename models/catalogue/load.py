"""Load the catalogue's files into the database, in one transaction, or check them without one."""

from pathlib import Path
from typing import NamedTuple

from models.base import db
from models.catalogue.fault import Fault
from models.catalogue.files import Reading, read
from models.catalogue.form_files import Accept, Drawing, Finder, FormFiles, Known, held_faults
from models.catalogue.procedure import Authority, Form, FormFile, Procedure
from models.catalogue.schemas import EventKinds
from models.catalogue.writing import Writing


class Loaded(NamedTuple):
    """What a load brought: how many procedures, forms and new PDFs there are, and the faults of what was left out."""

    counts: dict[str, int]
    faults: list[Fault]


class Checked(NamedTuple):
    """What a check found in the files."""

    reading: Reading
    files: dict[str, FormFiles]  # by "procedure/form"
    faults: list[Fault]


def load(folder: Path, kinds: EventKinds, drawing: Drawing, accept: Accept) -> Loaded:
    """Bring the database in line with the files that have no fault.

    Raises CatalogueError, before anything is written, if the folder is no catalogue.
    """
    reading = read(folder, kinds, drawing.unprintable)
    names = {row.slug: row.name for row in Authority.select()}
    names |= {slug: entry.name for slug, entry in reading.catalogue.authorities.items()}
    files = Finder(reading, names, drawing, accept, _known()).all()
    with db.atomic():
        left_out = Writing(reading, files).write()
    new = sum(row is not None for form in files.values() for row in form.rows.values())
    offered = Form.select().where(~Form.retired).count()
    counts = {"procedures": Procedure.select().where(~Procedure.retired).count(), "forms": offered, "new PDFs": new}
    return Loaded(counts, _faults(reading, files) + left_out)


def check(folder: Path, kinds: EventKinds, drawing: Drawing, accept: Accept) -> Checked:
    """Read every file and try every PDF, without a database. Raises CatalogueError if the folder is no catalogue."""
    reading = read(folder, kinds, drawing.unprintable)
    names = {slug: entry.name for slug, entry in reading.catalogue.authorities.items()}
    files = Finder(reading, names, drawing, accept, known={}).all()
    return Checked(reading, files, [*_faults(reading, files), *held_faults(reading, accept)])


def _faults(reading: Reading, files: dict[str, FormFiles]) -> list[Fault]:
    return [*reading.faults, *(fault for form in files.values() for fault in form.faults)]


def _known() -> Known:
    files = FormFile.select(FormFile.fingerprint, FormFile.language, FormFile.form, Form, Procedure)
    return {
        (file.form.procedure.slug, file.form.slug, file.language): file.fingerprint
        for file in files.join(Form).join(Procedure)
    }
