"""A specimen is called one wherever it is offered, and shows no edition; the administration's own form is not."""

import re

import pytest

from models import Dossier, Form
from models.catalogue.procedure import LANGUAGES
from support.loading import copied, load
from support.paper_forms import plain
from support.paper_reading import text
from support.visitor import Visitor

PROCEDURE = "/procedures/rent-subsidy"
LABEL = {"de": "Muster", "fr": "Spécimen", "en": "Specimen", "lb": "Muster"}
FRENCH = {
    "de": ("Dieses Formular ist auf Französisch; auf Deutsch gibt es keines.", "auf Französisch"),
    "en": ("This form is in French; there is none in English.", "in French"),
    "lb": ("Dëse Formulaire ass op Franséisch; op Lëtzebuergesch gëtt et keen.", "op Franséisch"),
}
EDITION = re.compile(r"2026-11(?!-)")  # not a day


def offered(app, dossier: Dossier, language: str) -> dict[str, str]:
    """What the pages say of the form, buttons and file names included, by page."""
    visitor, number = Visitor(app, language), dossier.number
    pages = {path: visitor.get(path) for path in (PROCEDURE, "/track/rent-subsidy/application", f"/t/{number}")}
    said = {path: page.soup.main.get_text(" ") for path, page in pages.items()}
    (button,) = pages[f"/t/{number}"].soup.select("a[href$='form.pdf']")
    said["button"] = button.get_text()
    said["print view"] = visitor.get(f"/t/{number}/sheet").text
    said["sheet"] = " ".join(text(visitor.open(f"/t/{number}/sheet.pdf").data))
    for name, path in (("blank", f"{PROCEDURE}/forms/application"), ("stamped", f"/t/{number}/form.pdf")):
        said[name] = visitor.open(path).headers["Content-Disposition"]
    return said


@pytest.mark.parametrize("language", LANGUAGES)
def test_specimen_is_called_one_wherever_it_is_offered(app, dossier, language):
    said = offered(app, dossier, language)
    assert said.pop("blank") == 'inline; filename="specimen-application.pdf"'
    assert said.pop("stamped") == f'inline; filename="specimen-application-{dossier.number}.pdf"'
    assert [place for place, words in said.items() if LABEL[language].casefold() not in words.casefold()] == []
    assert [place for place, words in said.items() if EDITION.search(words)] == []


def test_form_of_the_administration_is_not_called_a_specimen_and_shows_its_edition(app, dossier, clerk, tmp_path):
    folder = copied(tmp_path)
    (folder / "rent-subsidy" / "application.fr.pdf").write_bytes(plain())
    before = Form.get_by_id(dossier.form.id).revision
    load(app, folder)
    said = offered(app, dossier, "fr")
    assert said.pop("blank") == 'inline; filename="application.pdf"'
    assert said.pop("stamped") == f'inline; filename="application-{dossier.number}.pdf"'
    assert [place for place, words in said.items() if re.search("sp[eé]cimen", words, re.IGNORECASE)] == []
    assert {place for place, words in said.items() if EDITION.search(words)} == {PROCEDURE, "print view", "sheet"}
    assert "Specimen" in offered(app, dossier, "en")[PROCEDURE], "who reads English still gets one"
    assert Form.get_by_id(dossier.form.id).revision != before, "pages kept in memory are rendered anew"


def test_form_in_another_language_than_the_readers_is_what_it_is(app, dossier, tmp_path):
    folder = copied(tmp_path)
    (folder / "rent-subsidy" / "application.yaml").unlink()
    (folder / "rent-subsidy" / "application.fr.pdf").write_bytes(plain())
    load(app, folder)
    assert EDITION.search(offered(app, dossier, "en")["sheet"]), "there is only the French one, and that is no specimen"
    for language, (sentence, words) in FRENCH.items():
        said = offered(app, dossier, language)
        before_the_number = (PROCEDURE, "/track/rent-subsidy/application", f"/t/{dossier.number}")
        assert [place for place in before_the_number if sentence not in said[place]] == [], language
        assert said["button"].endswith(f", {words}") and said[PROCEDURE].count(f", {words}") == 2, "two buttons"
    assert not re.search(r"en français|, en ", offered(app, dossier, "fr")[PROCEDURE])


def test_desk_says_what_the_citizen_was_given(app, dossier, desk):
    page = desk.get(f"/desk/dossiers/{dossier.number}")
    stands = page.soup.select_one("#stands").get_text(" ")
    assert "Specimen" in stands and not EDITION.search(stands)
