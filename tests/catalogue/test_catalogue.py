"""The catalogue's pages: every procedure in every language says all that its file says, and the search finds it."""

from functools import cache

import pytest
import yaml

from models import Form, FormFile, Procedure
from models.catalogue.procedure import LANGUAGES
from paths import CATALOGUE
from support.paper_reading import fields, text
from support.visitor import Page, Visitor

SLUGS = sorted(path.parent.name for path in CATALOGUE.glob("*/procedure.yaml"))


@cache
def written(name: str) -> dict:
    return yaml.safe_load((CATALOGUE / name).read_text(encoding="utf-8"))


def folded(words: str) -> str:
    return " ".join(words.split())


def found(page: Page) -> list[str]:
    """The procedures that a page of the catalogue lists, each once."""
    links = [link["href"] for link in page.soup.select("#index .list a")]
    return sorted({link.removeprefix("/procedures/") for link in links})


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_procedure_says_all_that_its_file_says(app, language):
    visitor = Visitor(app, language)
    for slug in SLUGS:
        page, entry = visitor.get(f"/procedures/{slug}"), written(f"{slug}/procedure.yaml")
        assert folded(page.title) == folded(entry["title"][language]) and page.soup.html["lang"] == language
        texts = [entry["summary"], entry.get("tracking_note"), *[form["title"] for form in entry["forms"]]]
        for section in entry["sections"]:
            texts += [section.get("text"), *section.get("items", [])]
        assert [words for words in texts if words and folded(words[language]) not in page.text] == []
        assert all(page.soup.find("section", {"aria-labelledby": section["kind"]}) for section in entry["sections"])
        assert all(page.soup.find("a", href=source["url"]) for source in entry["sources"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_procedure_names_the_authority_with_its_postal_address(app, language):
    visitor = Visitor(app, language)
    for slug in SLUGS:
        authority = written(f"authorities/{written(f'{slug}/procedure.yaml')['authority']}.yaml")
        shown = visitor.get(f"/procedures/{slug}").soup.select_one("address.authority").get_text("\n")
        assert authority["name"][language] in shown, slug
        assert all(line in shown for line in authority["address"]), slug


def test_only_forms_marked_in_the_catalogue_lead_to_a_number(visitor):
    for slug in SLUGS:
        page = visitor.get(f"/procedures/{slug}")
        for form in written(f"{slug}/procedure.yaml")["forms"]:
            start = page.soup.find("a", href=f"/track/{slug}/{form['slug']}")
            assert bool(start) == form["tracked"], f"{slug}/{form['slug']}"


def test_note_on_tracking_is_shown_on_the_page_and_in_the_list(visitor):
    noted = [slug for slug in SLUGS if "tracking_note" in written(f"{slug}/procedure.yaml")]
    assert noted, "the catalogue has notes on tracking"
    listed = visitor.get("/procedures").text
    for slug in noted:
        note = folded(written(f"{slug}/procedure.yaml")["tracking_note"]["en"])
        assert visitor.get(f"/procedures/{slug}").soup.select_one(".notice").get_text() and note in listed


@pytest.mark.parametrize("language", LANGUAGES)
def test_list_has_every_procedure_under_its_audience_and_topic(app, language):
    page, topics = Visitor(app, language).get("/procedures"), written("topics.yaml")
    assert found(page) == SLUGS
    for slug in SLUGS:
        entry = written(f"{slug}/procedure.yaml")
        for audience in ("citizens", "businesses"):
            links = page.soup.select(f"section[aria-labelledby={audience}] a[href='/procedures/{slug}']")
            assert len(links) == (audience in entry["audiences"]), slug
            if links:
                topic = links[0].find_parent(class_="topic")
                assert topic.h4.get_text() == topics[entry["topic"]][language]


def test_procedure_for_both_stands_in_both_groups(visitor):
    Procedure.update(audiences=["citizens", "businesses"]).where(Procedure.slug == "rent-subsidy").execute()
    page = visitor.get("/procedures")
    assert len(page.soup.select("#index a[href='/procedures/rent-subsidy']")) == 2
    for audience in ("citizens", "businesses"):
        assert "rent-subsidy" in found(visitor.get(f"/procedures?audience={audience}"))


@pytest.mark.parametrize(
    ("language", "words", "expected"),
    [
        ("de", "mietzuschuss", {"rent-subsidy"}),
        ("de", "MIETZUSCHUSS beantragen", {"rent-subsidy"}),
        ("de", "wohnung mwst", {"vat-housing-direct", "vat-housing-refund"}),
        ("fr", "etat payer loyer", {"rent-subsidy"}),
        ("fr", "l'etat loyer", {"rent-subsidy"}),
        ("fr", "l’État loyer", {"rent-subsidy"}),
        ("fr", "diplomes", {"register-of-diplomas"}),
        ("en", "rent", {"rent-subsidy", "rental-guarantee"}),
        ("en", "  subsidy   rent ", {"rent-subsidy"}),
        ("lb", "loyerssubventioun", {"rent-subsidy"}),
        ("lb", "hellef wunneng", {"rent-subsidy"}),
        ("lb", "Hëllef Wunneng", {"rent-subsidy"}),
    ],
)
def test_search_needs_neither_accents_nor_case_nor_order(app, language, words, expected):
    page = Visitor(app, language).get("/procedures", query_string={"q": words})
    assert expected <= set(found(page)) < set(SLUGS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_procedure_is_found_by_its_title_in_every_language(app, language):
    visitor = Visitor(app, language)
    for slug in SLUGS:
        title = folded(written(f"{slug}/procedure.yaml")["title"][language])
        assert slug in found(visitor.get("/procedures", query_string={"q": title.upper()})), title


def test_search_looks_only_into_the_language_of_the_visitor(app):
    assert found(Visitor(app, "fr").get("/procedures?q=Mietzuschuss")) == []


@pytest.mark.parametrize("words", ["zzz", "rent zzz", "_", "rent%", "<b>", "'; DROP TABLE procedure"])
def test_nothing_found_says_so_and_leads_back(visitor, words):
    page = visitor.get("/procedures", query_string={"q": words})
    assert "Nothing found" in page.text and "0 procedures" in page.text
    assert page.soup.find("a", href="/procedures", class_="button")
    assert page.soup.select_one("#q")["value"] == words


@pytest.mark.parametrize(
    ("query", "keep"),
    [
        ("audience=citizens", lambda entry: "citizens" in entry["audiences"]),
        ("audience=businesses", lambda entry: "businesses" in entry["audiences"]),
        ("audience=nobody", lambda entry: True),
        ("topic=housing", lambda entry: entry["topic"] == "housing"),
        ("topic=nothing", lambda entry: False),
        ("event=moving", lambda entry: entry.get("life_event") == "moving"),
        (
            "topic=housing&event=moving&audience=citizens",
            lambda entry: (entry["topic"], entry.get("life_event")) == ("housing", "moving"),
        ),
    ],
)
def test_filters_narrow_the_list(visitor, query, keep):
    assert found(visitor.get(f"/procedures?{query}")) == [s for s in SLUGS if keep(written(f"{s}/procedure.yaml"))]


def test_search_and_filter_work_together_and_stay_in_the_form(visitor):
    page = visitor.submit(visitor.get("/procedures?audience=citizens"), "/procedures", q="rent")
    assert set(found(page)) >= {"rent-subsidy"}
    assert page.soup.select_one("#q")["value"] == "rent"
    assert page.soup.select_one("[name=audience][value=citizens]").has_attr("checked")


@pytest.mark.parametrize("path", ["/procedures?q=rent", "/procedures/rent-subsidy"])
def test_htmx_gets_a_part_and_everybody_else_the_page(visitor, path):
    part, page = visitor.get(path, htmx=True), visitor.get(path)
    assert len(part.html) < len(page.html) and not part.soup.find("head")
    words = " ".join(part.soup.get_text(" ").split())
    assert words in page.text
    for answer in (part, page):
        assert {"HX-Request", "Accept-Language", "Cookie"} <= set(answer.response.headers["Vary"].split(", "))


def test_going_back_in_history_gets_the_page(visitor):
    page = visitor.open("/procedures?q=rent", htmx=True, headers={"HX-History-Restore-Request": "true"})
    assert page.text.startswith("<!doctype html>")


@pytest.mark.parametrize("language", LANGUAGES)
def test_blank_form_opens_in_the_language_of_the_visitor_and_can_be_filled_in(app, language):
    for file in FormFile.select(FormFile, Form).join(Form).where(FormFile.language == language):
        answer = Visitor(app, language).open(f"/procedures/{file.form.procedure.slug}/forms/{file.form.slug}")
        assert answer.mimetype == "application/pdf" and answer.headers["Content-Disposition"].startswith("inline")
        assert fields(answer.data) > 0, "a form has at least one field to fill in"
        assert file.form.title[language].split()[0] in text(answer.data)[0]


def test_every_tracked_form_has_a_file_in_every_language(app):
    tracked = list(Form.select().where(Form.tracked))
    assert tracked
    for form in tracked:
        assert {file.language for file in form.files} == set(LANGUAGES), form.title["en"]
        assert all(len(place) == 3 for file in form.files for place in file.places)


@pytest.mark.parametrize(
    "path",
    [
        "/procedures/nothing",
        "/procedures/nothing/forms/application",
        "/procedures/rent-subsidy/forms/nothing",
        "/procedures/student-residence/forms/power-of-attorney",  # listed, but the administration has its file
        "/procedures/Rent-Subsidy",
        "/procedures/%00",
    ],
)
def test_what_is_not_in_the_catalogue_is_not_there(visitor, path):
    assert visitor.get(path, status=404).title == "This page does not exist"


@pytest.mark.parametrize(
    "path", ["/procedures", "/procedures/rent-subsidy", "/procedures/rent-subsidy/forms/application"]
)
def test_catalogue_is_only_read(visitor, path):
    for method in ("POST", "PUT", "DELETE"):
        assert visitor.open(path, method).status_code == 405
