"""`flask --app app catalogue`: check and load the procedures and forms."""

from pathlib import Path
from typing import NoReturn

import click
from flask.cli import AppGroup

from models import Form, FormFile, Procedure, db
from models.catalogue import load as catalogue_load
from models.catalogue.files import CatalogueError
from models.catalogue.schemas import EventKinds, SpecimenFile
from models.dossiers import clocks
from models.dossiers.kinds import TOLD, WITH_NOTE
from paper import glyphs, specimen
from paper.forms.acceptance import accept
from paths import CATALOGUE

KINDS = EventKinds(TOLD, WITH_NOTE)

group = AppGroup("catalogue", help="The procedures and forms on offer.")


@group.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=CATALOGUE)
def check(folder: Path) -> None:
    """Check every file and every PDF of the catalogue; write nothing."""
    try:
        found = catalogue_load.check(folder, KINDS, _drawing(), _accept)
    except CatalogueError as error:
        _give_up(error)
    click.echo(f"catalogue: {len(found.procedures)} procedures, {len(found.authorities)} authorities, no fault")


@group.command("load")
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=CATALOGUE)
def load(folder: Path) -> None:
    """Load the catalogue into the database. A fault in any file stops it before anything is written."""
    try:
        with db.connection_context():
            counts = catalogue_load.load(folder, KINDS, _drawing(), _accept)
            clocks.keep_all()
            remarks = list(
                FormFile.select(FormFile, Form, Procedure).join(Form).join(Procedure).where(FormFile.note != "")
            )
    except CatalogueError as error:
        _give_up(error)
    click.echo("catalogue: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    for file in remarks:
        click.echo(f"  {file.form.procedure.slug}/{file.form.slug} ({file.language}): {file.note}")


def _drawing() -> catalogue_load.Drawing:
    return catalogue_load.Drawing(_draw, specimen.fingerprint(), glyphs.missing)


def _draw(source: SpecimenFile, language: str, authority: str, edition: str) -> bytes:
    return specimen.draw(source.model_dump(), language, authority, edition)


def _accept(data: bytes) -> catalogue_load.Accepted:
    form = accept(data)
    return form.data, [place.stored if place else None for place in form.places], ", ".join(form.notes)


def _give_up(error: CatalogueError) -> NoReturn:
    for problem in error.problems:
        click.echo(problem, err=True)
    raise SystemExit(1)
