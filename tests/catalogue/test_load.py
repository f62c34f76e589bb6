"""`catalogue load`: the database follows the files, and only what changed is written."""

import datetime as dt
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from models import MODELS, Authority, Dossier, Form, FormFile, Procedure, db, today
from models.catalogue.procedure import LANGUAGES
from models.dossiers.moves import Act, Move
from paths import CATALOGUE, ROOT
from support.loading import add_version, copied, load, replace
from support.paper_forms import locked, plain
from support.paper_reading import text
from support.sending import environment
from support.site import running
from support.visitor import Visitor

PAGE = "/procedures/rent-subsidy"


@pytest.fixture
def catalogue(tmp_path) -> Path:
    return copied(tmp_path)


def rows() -> list:
    """Every row of the catalogue's tables, PDFs included."""
    return [list(model.select().order_by(model.id).tuples()) for model in MODELS[:5]]


def files(form: Form) -> dict[str, tuple[bool, str]]:
    """For each language: is it a specimen, and the fingerprint of what it was made from."""
    return {file.language: (file.specimen, file.fingerprint) for file in form.files}


def revision(form: Form) -> str:
    return Form.get_by_id(form.id).revision


def test_second_load_changes_nothing_and_draws_no_pdf(app, catalogue):
    before = rows()
    assert load(app, catalogue).endswith("0 new PDFs\n")
    assert rows() == before


def product(folder: Path) -> Path:
    """A copy of the project, to change."""
    apart = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "tests", "bench", "instance")
    return Path(shutil.copytree(ROOT, folder / "project", ignore=apart))


def drawn() -> list[Path]:
    """The sources of the catalogue's specimens."""
    others = ("procedure.yaml", "texts.yaml")
    return [
        path for path in CATALOGUE.glob("*/*.yaml") if path.parent.name != "authorities" and path.name not in others
    ]


def load_there(project: Path, app: Flask) -> str:
    """What `catalogue load` of a copied project says, with the settings of `app`."""
    environ = environment(app)
    command = [sys.executable, "-m", "flask", "--app", "app", "catalogue", "load"]
    return subprocess.run(command, cwd=project, env=environ, check=True, capture_output=True, text=True).stdout


@pytest.mark.long
def test_changed_drawing_draws_every_specimen_anew(app, tmp_path):
    project, specimens = product(tmp_path), FormFile.select().where(FormFile.specimen).count()
    assert specimens == FormFile.select().count() == len(drawn()) * len(LANGUAGES)
    assert load_there(project, app).endswith(" 0 new PDFs\n"), "another folder, the same drawing"
    with (project / "paper" / "specimen.typ").open("a") as drawing:
        drawing.write("\n")
    assert load_there(project, app).endswith(f" {specimens} new PDFs\n")
    assert load_there(project, app).endswith(" 0 new PDFs\n")


@pytest.mark.long
def test_first_load_says_what_it_brought(tmp_path):
    app = running(f"sqlite:///{tmp_path}/empty.db")
    assert app.test_cli_runner().invoke(args=["db", "upgrade"]).exit_code == 0
    folder = copied(tmp_path, "rent-subsidy", "rental-guarantee")
    assert load(app, folder) == "catalogue: 2 procedures, 2 forms, 8 new PDFs\n"
    assert Form.select().where(Form.tracked).count() == 2
    db.close()


@pytest.mark.parametrize(
    ("choice", "stored"), [("true", None), ("false", []), ("[]", []), ("[received, decided]", ["received", "decided"])]
)
def test_procedure_chooses_what_goes_out_by_sms(app, catalogue, form, choice, stored):
    assert form.procedure.sms is None, "everything, if nothing is said"
    replace(catalogue / "rent-subsidy" / "procedure.yaml", "topic: housing", f"sms: {choice}\ntopic: housing")
    load(app, catalogue)
    procedure = Procedure.get_by_id(form.procedure.id)
    assert procedure.sms == stored and procedure.sends_sms == (stored != [])
    assert procedure.uses_sms("announced") == (stored != []), "the link to confirm goes out wherever SMS do"
    assert procedure.uses_sms("examination") == (stored is None)


def test_changed_text_is_shown_found_and_raises_the_revision(app, visitor, catalogue, form):
    before = revision(form), form.procedure.revision
    replace(catalogue / "rent-subsidy" / "procedure.yaml", "Apply for a rent subsidy", "Ask for help with the rent")
    load(app, catalogue)
    assert visitor.get(PAGE).title == "Ask for help with the rent"
    assert "Ask for help" in visitor.get("/procedures?q=ask+for+help").text
    assert revision(form) != before[0] and Procedure.get_by_id(form.procedure.id).revision != before[1]


def test_changed_text_leaves_the_other_procedures_as_they_were(app, catalogue, form):
    others = list(Procedure.select().where(Procedure.slug != "rent-subsidy").order_by(Procedure.id).tuples())
    replace(catalogue / "rent-subsidy" / "procedure.yaml", "Apply for a rent subsidy", "Ask for help with the rent")
    load(app, catalogue)
    assert list(Procedure.select().where(Procedure.slug != "rent-subsidy").order_by(Procedure.id).tuples()) == others


@pytest.mark.long
def test_status_page_kept_in_memory_follows_the_authority(app, visitor, catalogue, dossier):
    page = f"/t/{dossier.number}"
    tag = visitor.get(page).response.headers["ETag"]
    file = catalogue / "authorities" / "housing-aid-service.yaml"
    replace(file, "11, rue de Hollerich", "12, rue de Hollerich")
    replace(file, "Single point of contact for housing assistance", "Housing office")
    load(app, catalogue)
    shown = visitor.get(page, headers={"If-None-Match": tag}).text
    assert "12, rue de Hollerich" in shown and "Housing office" in shown and "Single point" not in shown


def test_status_page_follows_the_authority_it_was_handed_over_to(app, visitor, catalogue, dossier, clerk, other_clerk):
    other = Authority.get_by_id(other_clerk.authority.id)
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    dossier.transfer(other, Act(by=clerk, version=2))
    assert other.name["en"] in visitor.get(f"/t/{dossier.number}").text
    replace(catalogue / "authorities" / f"{other.slug}.yaml", other.name["en"], "The new office")
    load(app, catalogue)
    assert "The new office" in visitor.get(f"/t/{dossier.number}").text


def test_procedure_that_is_gone_is_retired_and_its_dossiers_go_on(app, visitor, catalogue, form, dossier):
    shutil.rmtree(catalogue / "rent-subsidy")
    load(app, catalogue)
    assert Procedure.get(slug="rent-subsidy").retired and Form.get_by_id(form.id).retired
    for path in (PAGE, f"{PAGE}/forms/application", "/track/rent-subsidy/application"):
        visitor.get(path, status=404)
    assert "rent-subsidy" not in visitor.get("/procedures").html
    page = visitor.get(f"/t/{dossier.number}")
    assert form.title["en"] in page.text and visitor.open(f"/t/{dossier.number}/form.pdf").status_code == 200
    assert visitor.open(f"/t/{dossier.number}/sheet.pdf").status_code == 200


def test_form_that_is_gone_is_retired_and_the_others_stay(app, visitor, catalogue):
    path = catalogue / "student-residence" / "procedure.yaml"
    words = path.read_text(encoding="utf-8")
    start, end = words.index("  - slug: residence-permit-renewal"), words.index("  - slug: financial-responsibility")
    path.write_text(words[:start] + words[end:], encoding="utf-8")
    path.with_name("residence-permit-renewal.yaml").unlink()
    dossier = Dossier.announce(Form.get(slug="residence-permit-renewal"), "en", "renewal")
    load(app, catalogue)
    assert Form.get(slug="residence-permit-renewal").retired
    visitor.get("/track/student-residence/residence-permit-renewal", status=404)
    visitor.get("/track/student-residence/residence-permit-application")
    assert "residence-permit-renewal" not in visitor.get("/procedures/student-residence").html
    assert visitor.get(f"/t/{dossier.number}").title == "Not arrived yet"


@pytest.mark.long
def test_what_comes_back_is_offered_again(app, visitor, catalogue, form):
    shutil.move(catalogue / "rent-subsidy", catalogue.parent / "aside")
    load(app, catalogue)
    shutil.move(catalogue.parent / "aside", catalogue / "rent-subsidy")
    load(app, catalogue)
    assert visitor.get(PAGE).status == 200 and Form.get(slug=form.slug, procedure=form.procedure).id == form.id
    visitor.get("/track/rent-subsidy/application")


def test_official_pdf_in_one_language_replaces_the_specimen_of_that_language(app, catalogue, form):
    before = files(form)
    (catalogue / "rent-subsidy" / "application.fr.pdf").write_bytes(plain())
    assert "1 new PDFs" in load(app, catalogue)
    after = files(form)
    assert not after["fr"][0] and {code: after[code] for code in ("de", "en", "lb")} == {
        code: before[code] for code in ("de", "en", "lb")
    }
    assert "Question 1.1" in text(Visitor(app, "fr").open(f"{PAGE}/forms/application").data)[0]
    assert "Question 1.1" not in text(Visitor(app, "de").open(f"{PAGE}/forms/application").data)[0]


def test_official_pdf_for_all_languages_replaces_every_specimen_but_not_one_of_its_own_language(app, catalogue, form):
    (catalogue / "rent-subsidy" / "application.pdf").write_bytes(plain())
    (catalogue / "rent-subsidy" / "application.de.pdf").write_bytes(plain(pages=1))
    assert "4 new PDFs" in load(app, catalogue)
    pages = {code: len(text(Visitor(app, code).open(f"{PAGE}/forms/application").data)) for code in LANGUAGES}
    assert pages == {"de": 1, "fr": 2, "en": 2, "lb": 2} and not any(specimen for specimen, _ in files(form).values())


@pytest.mark.long
def test_new_edition_of_an_official_pdf_is_taken_over_and_stamped(app, visitor, catalogue, dossier):
    path = catalogue / "rent-subsidy" / "application.pdf"
    for pages in (1, 2):
        path.write_bytes(plain(pages=pages))
        load(app, catalogue)
        stamped = text(visitor.open(f"/t/{dossier.number}/form.pdf").data)
        assert len(stamped) == pages and all("eTracking" in page for page in stamped)


def test_form_that_may_not_be_changed_is_handed_out_untouched_and_the_status_page_says_so(
    app, visitor, catalogue, dossier
):
    page = f"/t/{dossier.number}"
    assert "already on it" in visitor.get(page).text
    locked_form = locked("", 6, change=False)
    (catalogue / "rent-subsidy" / "application.pdf").write_bytes(locked_form)
    load(app, catalogue)
    assert "does not carry your number" in visitor.get(page).text
    assert visitor.open(f"{page}/form.pdf").data == locked_form


@pytest.mark.long
def test_specimen_returns_when_the_official_pdf_is_taken_away(app, catalogue, form):
    before, path = files(form), catalogue / "rent-subsidy" / "application.fr.pdf"
    path.write_bytes(plain())
    load(app, catalogue)
    path.unlink()
    load(app, catalogue)
    assert files(form) == before


def test_language_without_a_file_gets_another_one_and_no_old_one(app, catalogue, form):
    folder = catalogue / "rent-subsidy"
    (folder / "application.yaml").unlink()
    (folder / "application.fr.pdf").write_bytes(plain())
    load(app, catalogue)
    assert list(files(form)) == ["fr"]
    assert "Question 1.1" in text(Visitor(app, "de").open(f"{PAGE}/forms/application").data)[0]


@pytest.mark.long
def test_pdf_beside_a_form_that_is_not_tracked_is_offered_blank(app, visitor, catalogue):
    path = "/procedures/student-residence/forms/power-of-attorney"
    visitor.get(path, status=404)
    (catalogue / "student-residence" / "power-of-attorney.pdf").write_bytes(plain())
    load(app, catalogue)
    assert visitor.open(path).mimetype == "application/pdf"
    assert visitor.get("/procedures/student-residence").soup.find("a", href=path)


@pytest.mark.long
def test_dossier_keeps_the_period_that_was_valid_when_it_arrived(app, catalogue):
    form = Form.get(Form.slug == "financial-responsibility-student")
    assert form.period_at(dt.date(2027, 1, 1)).length == 60
    add_version(catalogue / "student-residence" / "procedure.yaml", 45, "2027-01-01")
    load(app, catalogue)
    changed = Form.get_by_id(form.id)
    assert [changed.period_at(day).length for day in (dt.date(2026, 12, 31), dt.date(2027, 1, 1))] == [60, 45]
    assert changed.revision != form.revision


def test_form_without_a_period_has_none(form):
    assert form.rules == [] and form.period_at(today()) is None


def test_period_that_was_loaded_before_there_were_versions_is_still_read(form):
    texts = dict.fromkeys(LANGUAGES, "a law")
    form.period = {"length": 2, "unit": "months", "start": "arrival", "missing": "none", "source": texts}
    assert form.period_at(today()).unit == "months"
