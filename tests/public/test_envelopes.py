"""One envelope, several forms: numbers typed, one sheet with one code for all, and each fault said for its number."""

import io

import pikepdf
import pytest

from models import Authority, Dossier, Form, Procedure, today
from models.catalogue.procedure import LANGUAGES
from models.dossiers.codes import Scanned
from models.dossiers.codes import codes as codes_in
from models.dossiers.moves import Move
from models.dossiers.number import grouped, new_number
from models.security.crockford import check_character
from support.envelopes import ENVELOPES, touches, windows
from support.paper_reading import codes, text, words, wrong_tags
from support.visitor import Page, Visitor


@pytest.fixture
def six(form) -> list[Dossier]:
    """Six dossiers, all for the authority of the rent subsidy."""
    return [Dossier.announce(form, "en", f"key-of-number-{place}") for place in range(6)]


@pytest.fixture
def foreign(form) -> Dossier:
    """A dossier for another authority."""
    other = Form.select().join(Procedure).where(Procedure.authority != form.procedure.authority, Form.tracked).first()
    return Dossier.announce(other, "en", "key-of-the-foreign-one")


def joined(dossiers: list[Dossier]) -> str:
    return "+".join(dossier.number for dossier in dossiers)


def bundle(visitor: Visitor, *lines: str, status: int = 200, **kwargs) -> Page:
    return visitor.submit(visitor.get("/envelope"), "/envelope", status, numbers="\r\n".join(lines), **kwargs)


def test_numbers_in_any_spelling_lead_to_their_list(visitor, six):
    one, two, three, four, *_ = (dossier.number for dossier in six)
    page = bundle(visitor, grouped(one).lower(), "", f" http://localhost/T/{two}", f"{three}, {four} {one}")
    assert page.url == f"/e/{joined(six[:4])}" and page.title == "4 forms, one envelope"
    links = [link["href"] for link in page.soup.select(".saved a")]
    assert links == [f"/t/{dossier.number}" for dossier in six[:4]]
    assert page.text.count("Not arrived yet") == 4
    assert page.response.headers["Cache-Control"] == "no-store" and "noindex" in page.response.headers["X-Robots-Tag"]


def test_number_without_a_digit_is_not_left_out(visitor, six):
    Dossier.update(number="XRYGFETVRXZHZ").where(Dossier.id == six[0].id).execute()
    page = bundle(visitor, f"XRYGFETVRXZHZ {six[1].number}")
    assert page.url == f"/e/XRYGFETVRXZHZ+{six[1].number}"


def test_number_comes_along_from_its_status_page(visitor, six):
    link = visitor.get(f"/t/{six[0].number}").soup.select_one("a[href^='/envelope']")
    assert six[0].number in visitor.get(link["href"]).soup.select_one("#numbers").get_text()
    assert visitor.get("/saved").soup.select_one("main a[href='/envelope']")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("window", ["left", "right"])
def test_sheet_has_one_code_and_every_number_in_words(app, six, language, window):
    Authority.update(window=window).execute()
    pdf = Visitor(app, language).open(f"/e/{joined(six)}/sheet.pdf").data
    ((code,), *_more) = codes(pdf)
    assert code.text == f"HTTP://LOCALHOST/E/{joined(six)}"
    assert codes_in(code.text) == (Scanned(tuple(dossier.number for dossier in six), kind="envelope"),)
    shown = " ".join(" ".join(text(pdf)).split())
    form = six[0].form
    assert all(grouped(dossier.number) in shown for dossier in six)
    assert shown.count(form.title[language]) >= 6 and shown.count(form.enclosures[0][language]) == 6
    assert f"localhost/e/{joined(six)}" in text(pdf)[0].replace("\r\n", "")
    address = {word for line in six[0].authority.address for word in line.split()}
    for _always, ever in (windows(*envelope) for envelope in ENVELOPES.values() if envelope[4] == window):
        assert not {word for word, box in words(pdf) if touches(box, ever)} - address


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("count", "enclosures"), [(2, 8), (4, 4), (6, 3)])
def test_sheet_is_one_accessible_page_where_that_can_be_read(app, six, language, count, enclosures):
    Form.update(enclosures=[dict.fromkeys(LANGUAGES, "Proof of all the household’s income")] * enclosures).execute()
    pdf = Visitor(app, language).open(f"/e/{joined(six[:count])}/sheet.pdf").data
    assert wrong_tags(pdf) == [] and len(text(pdf)) == 1
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.Lang == language and document.Root.ViewerPreferences.PrintScaling == "/None"
        assert b"<pdfuaid:part>1</pdfuaid:part>" in document.Root.Metadata.read_bytes()


def test_sheet_for_six_long_forms_flows_to_further_pages_with_a_number_on_each(app, visitor, six):
    long = max(Form.select().where(Form.tracked), key=lambda form: len(str(form.enclosures)))
    Dossier.update(form=long).execute()
    pdf = visitor.open(f"/e/{joined(six)}/sheet.pdf").data
    assert wrong_tags(pdf) == [] and 1 < len(text(pdf)) <= 4
    assert all(grouped(six[0].number) in page for page in text(pdf)), "a page that is alone says whose it is"


def test_page_to_print_says_what_the_pdf_says(visitor, six):
    page = visitor.get(f"/e/{joined(six[:2])}/sheet")
    pdf = " ".join(" ".join(text(visitor.open(f"/e/{joined(six[:2])}/sheet.pdf").data)).split())
    for said in page.soup.select(".sheet h1, .sheet h2, .sheet li"):
        assert " ".join(said.get_text().split()) in pdf


def test_papers_that_are_missing_share_an_envelope_too(visitor, six, clerk):
    dossier = six[0]
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    dossier.move(Move("incomplete", by=clerk, version=2, missing=["A certificate"], until=None))
    assert bundle(visitor, dossier.number, six[1].number).url.startswith("/e/")
    boxes = [box.get_text() for box in visitor.get(f"/e/{joined(six[:2])}/sheet").soup.select(".boxes")]
    assert boxes[0] == "A certificate" and "The form, filled in and signed" in boxes[1]


def test_every_fault_is_said_for_its_number_and_all_that_was_typed_stays(visitor, six, foreign, clerk):
    six[1].move(Move("received", by=clerk, version=1, arrived_on=today()))
    unknown = new_number()
    page = bundle(visitor, six[0].number, six[1].number, foreign.number, unknown, status=422)
    faults = [" ".join(item.get_text().split()) for item in page.soup.select("#numbers-error li")]
    assert [fault.split(":")[0] for fault in faults] == [grouped(n) for n in (six[1].number, foreign.number, unknown)]
    assert (
        "has arrived already" in faults[0] and foreign.authority.name["en"] in faults[1] and "no dossier" in faults[2]
    )
    assert page.soup.select_one("#numbers").get_text().split() == [
        six[0].number,
        six[1].number,
        foreign.number,
        unknown,
    ]
    assert page.soup.title.get_text().startswith("Error:")


@pytest.mark.long
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([""], "two to six numbers"),
        (["K7Q2"], "this has 4"),
        (["<script>"], "this has"),
        (["💌" * 30, "where?"], "this has"),
        (["x" * 5000], "no eTracking number in it"),
    ],
)
def test_what_is_no_number_is_said_without_a_look_up(visitor, lines, said):
    for _ in range(35):  # none of them is a guess
        page = bundle(visitor, *lines, status=422)
    assert said in page.errors["numbers"]


def test_one_number_or_seven_make_no_envelope(visitor, six, form):
    seventh = Dossier.announce(form, "en", "the-seventh")
    assert "One alone has its own sheet" in bundle(visitor, six[0].number, status=422).errors["numbers"]
    seven = [dossier.number for dossier in (*six, seventh)]
    assert "two to six" in bundle(visitor, *seven, status=422).errors["numbers"]
    assert visitor.get(f"/e/{'+'.join(seven)}", status=404).errors["numbers"]


def test_envelope_with_a_wrong_number_is_not_found_and_can_be_corrected(visitor, six):
    wrong = six[1].number[:-1] + ("0" if check_character(six[1].number[:-1]) != "0" else "1")
    for bad in (new_number(), wrong, "K7Q2", "where?"):
        for tail in ("", "/sheet", "/sheet.pdf"):
            page = visitor.get(f"/e/{six[0].number}+{bad}{tail}".replace("?", "%3F"), status=404)
            assert page.title == "One envelope, several forms" and page.errors["numbers"]
            assert page.soup.select_one("#numbers").get_text().split() == [six[0].number, bad]
    assert visitor.open(f"/e/{joined(six)}", "POST").status_code == 405


def test_who_guesses_by_envelopes_is_stopped(app, six):
    guesser = Visitor(app, address="198.51.100.7")
    for _ in range(8):  # 30 as anybody, 10 as a browser in which a number was found
        bundle(guesser, six[0].number, *(new_number() for _ in range(5)), status=422)
    assert guesser.open(f"/e/{joined(six)}").status_code == 429
    assert guesser.open("/envelope", "POST", data={"numbers": f"{six[0].number}\n{six[1].number}"}).status_code == 429
    assert Visitor(app, address="203.0.113.9").open(f"/e/{joined(six)}").status_code == 200


def test_code_is_read_in_capitals_and_its_list_follows_the_dossiers(visitor, six, clerk):
    assert visitor.get(f"/E/{joined(six[:2])}").title == "2 forms, one envelope"
    six[0].move(Move("received", by=clerk, version=1, arrived_on=today()))
    page = visitor.get(f"/E/{joined(six[:2])}")
    assert [pill.get_text() for pill in page.soup.select(".pill")] == ["Arrived", "Not arrived yet"]


def test_dossiers_of_different_authorities_have_no_common_sheet(visitor, six, foreign):
    address = f"/e/{six[0].number}+{foreign.number}"
    for tail in ("", "/sheet", "/sheet.pdf"):
        page = visitor.get(address + tail)
        assert page.url == address and "not with the same authority" in page.text
        assert not page.soup.select("a[href*='sheet']")


def test_form_works_by_htmx_and_sets_no_cookie(visitor, six):
    assert "Set-Cookie" not in visitor.open("/envelope").headers
    assert visitor.get("/envelope", htmx=True).title == "One envelope, several forms"
    answer = visitor.open("/envelope", "POST", htmx=True, data={"numbers": joined(six)})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/e/{joined(six)}")
