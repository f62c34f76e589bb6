"""`flask --app app catalogue`: check and load the procedures and forms."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import AppGroup

from models import Form, FormFile, Procedure, db
from models.catalogue import load as catalogue_load
from models.catalogue.files import CatalogueError
from models.catalogue.form_files import Accepted, Drawing
from models.catalogue.schemas import EventKinds, SpecimenFile
from models.dossiers import clocks
from models.dossiers.kinds import TOLD, WITH_NOTE
from paper import glyphs, specimen
from paper.forms.acceptance import accept
from paper.forms.examination import FormRefusedError
from paper.forms.notes import carried, in_words, remarks
from paper.forms.stamp import Place
from paths import CATALOGUE

KINDS = EventKinds(TOLD, WITH_NOTE)
OUTCOMES = MARKED, BY_SHEET, REFUSED = "with a mark", "by the sheet alone", "refused"
LEFT_OUT = 3  # the exit status of a load that left something out
Row = Mapping[str, Any]

group = AppGroup("catalogue", help="The procedures and forms on offer.")


@group.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=CATALOGUE)
def check(folder: Path) -> None:
    """Check every file and every PDF of the catalogue; write nothing."""
    try:
        found = catalogue_load.check(folder, KINDS, _drawing(), _accept)
    except CatalogueError as error:
        _give_up(error)
    for name, form in found.files.items():
        _show(name, [(language, row) for language, row in form.rows.items() if row])
    if found.faults:
        _say(found.faults)
        raise SystemExit(1)
    catalogue = found.reading.catalogue
    click.echo(f"catalogue: {len(catalogue.procedures)} procedures, {len(catalogue.authorities)} authorities, no fault")


@group.command("load")
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=CATALOGUE)
def load(folder: Path) -> None:
    """Load the catalogue into the database.

    A file with a fault is left out, and what the database has of it stays: the exit status is 3 then. It is 1 if
    nothing was loaded, as the folder is no catalogue.
    """
    try:
        with db.connection_context():
            loaded = catalogue_load.load(folder, KINDS, _drawing(), _accept)
            clocks.keep_all()
            forms = [(f"{form.procedure.slug}/{form.slug}", _rows(form)) for form in _offered()]
    except CatalogueError as error:
        _give_up(error)
    for name, rows in forms:
        _show(name, rows)
    click.echo("catalogue: " + ", ".join(f"{count} {name}" for name, count in loaded.counts.items()))
    if loaded.faults:
        _say(loaded.faults)
        click.echo("These were left out; what the database had of them stays. All else is loaded.", err=True)
        raise SystemExit(LEFT_OUT)


@group.command("try")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
def try_(paths: tuple[Path, ...]) -> None:
    """Say of any PDFs what would become of them as forms; write nothing.

    PATHS are PDFs, or folders with PDFs. The exit status is 1 if one would be refused.
    """
    outcomes = Counter(_tried(path) for path in _pdfs(paths))
    count = "1 PDF" if outcomes.total() == 1 else f"{outcomes.total()} PDFs"
    click.echo(f"{count}: " + ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in OUTCOMES))
    if outcomes[REFUSED]:
        raise SystemExit(1)


def _pdfs(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(found for found in path.rglob("*") if found.suffix.casefold() == ".pdf")
        else:
            yield path


def _tried(path: Path) -> str:
    """Try one PDF, say what would become of it, and return that in a few words."""
    try:
        form = accept(path.read_bytes())
    except (FormRefusedError, OSError) as error:
        click.echo(f"{path}: {REFUSED}: {in_words(str(error))}")
        return REFUSED
    click.echo("\n    ".join([f"{path}: {carried(form.places)}", *remarks(form.notes)]))
    return MARKED if any(form.places) else BY_SHEET


def _offered() -> list[Form]:
    return list(Form.select(Form, Procedure).join(Procedure).where(~Form.retired).order_by(Procedure.slug, Form.slug))


def _rows(form: Form) -> list[tuple[str, Row]]:
    """(language, what is to be told of its PDF), without the PDF itself."""
    fields = (FormFile.language, FormFile.places, FormFile.note, FormFile.specimen, FormFile.fingerprint)
    rows: Any = FormFile.select(*fields).where(FormFile.form == form).dicts()
    return [(row["language"], row) for row in rows]


def _show(name: str, rows: list[tuple[str, Row]]) -> None:
    """Say which pages of a form carry which mark; of specimens only what is to be known."""
    told: dict[str, list[str]] = {}
    for language, row in rows:
        places = [Place.restored(place) for place in row["places"]]
        if row["note"] or not row["specimen"] or not all(places):
            said = [carried(places), *remarks(filter(None, row["note"].split(", ")))]
            told.setdefault("\n    ".join(said), []).append(language)
    for text, languages in told.items():
        click.echo(f"  {name} ({', '.join(languages)}): {text}")


def _drawing() -> Drawing:
    return Drawing(_draw, specimen.fingerprint(), glyphs.unprintable)


def _draw(source: SpecimenFile, language: str, authority: str, edition: str) -> bytes:
    return specimen.draw(source.model_dump(), language, authority, edition)


def _accept(data: bytes) -> Accepted:
    try:
        form = accept(data)
    except FormRefusedError as error:
        raise ValueError(in_words(str(error))) from error
    return form.data, [place.stored if place else None for place in form.places], ", ".join(form.notes)


def _say(faults: Iterable[object]) -> None:
    for fault in faults:
        click.echo(fault, err=True)


def _give_up(error: CatalogueError) -> NoReturn:
    _say(error.faults)
    raise SystemExit(1)
