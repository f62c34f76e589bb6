"""A file with a fault stops itself and nothing else: `catalogue load` keeps what was there of it, and loads all others."""

import re
from pathlib import Path

import pytest

from models import Authority, Dossier, Form, Procedure, TextBlock
from support.database import dump
from support.loading import command, copied, load, replace
from support.paper_forms import plain
from support.paper_reading import text

PAGE = "/procedures/rent-subsidy"
BLANK = f"{PAGE}/forms/application"
PROCEDURE = "rent-subsidy/procedure.yaml"
AUTHORITY = "authorities/housing-aid-service.yaml"
NO_PDF = "this is no PDF"


@pytest.fixture
def folder(tmp_path) -> Path:
    return copied(tmp_path, "rent-subsidy", "entry-visa")


def left_out(app, folder: Path) -> list[str]:
    """Load what has a fault: all else is loaded, and the faults are returned."""
    result = command(app, "load", folder)
    assert result.exit_code == 3 and re.search("^catalogue: ", result.stdout, re.MULTILINE), result.output
    *faults, last = result.stderr.splitlines()
    assert "left out" in last and "Traceback" not in result.output
    return faults


def write(path: Path, content: str | bytes) -> None:
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def blocks() -> list:
    """The text blocks of the procedure."""
    joined = TextBlock.select().join(Procedure).where(Procedure.slug == "rent-subsidy")
    return list(joined.order_by(TextBlock.id).tuples())


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (PROCEDURE, "  - kind: who", "  - kind: whom"),
        (PROCEDURE, "authority: housing-aid-service", "authority: gone"),
        (AUTHORITY, "window: right", "window: middle"),
        ("rent-subsidy/application.yaml", "kind: multiline", "kind: picture"),
        ("rent-subsidy/texts.yaml", "", "no list"),
        ("topics.yaml", "housing:", "Housing!:"),
        ("rent-subsidy/application.pdf", "", NO_PDF),
        ("rent-subsidy/application.en.pdf", "", NO_PDF),
        ("rent-subsidy/application.fr-LU.pdf", "", NO_PDF),
    ],
)
def test_file_with_a_fault_keeps_its_old_version_and_all_others_are_loaded(app, visitor, folder, name, old, new):
    before, blank, own = visitor.get(PAGE).text, visitor.open(BLANK).data, blocks()
    replace(folder / name, old, new) if old else write(folder / name, new)
    replace(folder / "entry-visa" / "procedure.yaml", "en: Entry visa for Luxembourg", "en: A visa for Luxembourg")
    faults = left_out(app, folder)
    assert faults and all(fault.startswith(f"catalogue/{name}:") for fault in faults)
    assert bool(re.match(r"\S+:\d+: ", faults[0])) == name.endswith(".yaml"), "the line, where there are lines"
    assert visitor.get(PAGE).text == before and visitor.open(BLANK).data == blank
    assert visitor.get("/procedures/entry-visa").title == "A visa for Luxembourg"
    assert blocks() == own


def test_edition_stays_with_the_pdf_that_stays(app, visitor, folder, form):
    """Else a dossier with the old form would count as one with the new form."""
    edition, blank = form.edition, visitor.open(BLANK).data
    replace(folder / PROCEDURE, f"edition: {edition}", "edition: 2027-05")
    write(folder / "rent-subsidy" / "application.pdf", NO_PDF)
    left_out(app, folder)
    assert Form.get_by_id(form.id).edition == edition and visitor.open(BLANK).data == blank
    assert Dossier.announce(form, "en", "still the old one").edition == edition
    write(folder / "rent-subsidy" / "application.pdf", plain())
    load(app, folder)
    assert Form.get_by_id(form.id).edition == "2027-05" and "Question 1.1" in text(visitor.open(BLANK).data)[0]


def test_one_language_with_a_fault_leaves_the_others_new(app, visitor, folder):
    blank = visitor.open(BLANK).data
    write(folder / "rent-subsidy" / "application.fr.pdf", plain())
    write(folder / "rent-subsidy" / "application.en.pdf", NO_PDF)
    (fault,) = left_out(app, folder)
    assert fault.startswith("catalogue/rent-subsidy/application.en.pdf: ")
    assert visitor.open(BLANK).data == blank
    assert "Question 1.1" in text(visitor.open(f"{BLANK}?lang=fr").data)[0]


def test_new_form_with_a_fault_is_not_offered_until_it_is_mended(app, visitor, folder):
    (folder / "rent-subsidy").rename(folder / "new-subsidy")
    pdf = folder / "new-subsidy" / "application.pdf"
    write(pdf, NO_PDF)
    (folder / "new-subsidy" / "application.yaml").unlink()
    left_out(app, folder)
    visitor.get(PAGE, status=404)
    assert "/track/" not in visitor.get("/procedures/new-subsidy").html
    visitor.get("/track/new-subsidy/application", status=404)
    write(pdf, plain())
    load(app, folder)
    assert "/track/new-subsidy/application" in visitor.get("/procedures/new-subsidy").html


def test_new_procedure_of_an_authority_with_a_fault_waits_for_it(app, visitor, folder):
    (folder / AUTHORITY).rename(folder / "authorities" / "new-service.yaml")
    replace(folder / PROCEDURE, "authority: housing-aid-service", "authority: new-service")
    (folder / "rent-subsidy").rename(folder / "new-subsidy")
    replace(folder / "authorities" / "new-service.yaml", "window: right", "window: middle")
    faults = left_out(app, folder)
    assert any("new-subsidy/procedure.yaml: authority: left out" in fault for fault in faults)
    visitor.get("/procedures/new-subsidy", status=404)
    assert not Authority.select().where(Authority.slug == "new-service").exists()
    replace(folder / "authorities" / "new-service.yaml", "window: middle", "window: right")
    load(app, folder)
    visitor.get("/procedures/new-subsidy")


def test_faults_change_neither_order_nor_rows_of_the_others(app, folder):
    load(app, folder)
    before = list(Procedure.select().where(Procedure.slug != "entry-visa").order_by(Procedure.id).tuples())
    replace(folder / "entry-visa" / "procedure.yaml", "topic: ", "topic: no-")
    left_out(app, folder)
    assert list(Procedure.select().where(Procedure.slug != "entry-visa").order_by(Procedure.id).tuples()) == before


def test_folder_that_is_no_catalogue_retires_nothing(app, tmp_path):
    (tmp_path / "catalogue").mkdir()
    before = dump()
    result = command(app, "load", tmp_path / "catalogue")
    assert (result.exit_code, result.stdout) == (1, "") and result.stderr and dump() == before
