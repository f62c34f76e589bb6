"""The field for scanner and keyboard: every spelling of an own number opens it, all else is helped and told nothing."""

import re

import pytest

from models import Dossier, Form, Procedure
from models.dossiers.number import grouped, new_number
from models.security.crockford import check_character
from support.site import signed_in
from support.visitor import Page


def scan(desk, typed: str, status: int = 200) -> Page:
    return desk.submit(desk.get("/desk"), "/desk/scan", status, number=typed)


@pytest.fixture
def foreign(form) -> Dossier:
    """A dossier of another authority."""
    other = Form.select().join(Procedure).where(Procedure.authority != form.procedure.authority, Form.tracked).first()
    return Dossier.announce(other, "en", "key-of-the-foreign-one")


@pytest.mark.parametrize(
    "spell",
    [
        str,
        str.lower,
        grouped,
        lambda n: f"  {grouped(n).replace('-', ' ')}\t",
        lambda n: ".".join(n),
        lambda n: grouped(n).replace("-", "–"),
        lambda n: n.replace("0", "O").replace("1", "l"),
        lambda n: f"HTTP://LOCALHOST/T/{n}",
        lambda n: f"http://localhost/t/{n}",
        lambda n: f"HTTPS://A-FORMER-HOST.EXAMPLE.LU/T/{n}\r\n",
        lambda n: f"HTTP://LOCALHOST/T/{n}/2",
    ],
)
def test_number_is_opened_in_every_spelling(desk, dossier, spell):
    page = scan(desk, spell(dossier.number))
    assert page.url == f"/desk/dossiers/{dossier.number}" and page.title == grouped(dossier.number)


def test_address_of_a_dossier_works_in_any_spelling_too(desk, dossier):
    assert desk.get(f"/desk/dossiers/{grouped(dossier.number).lower()}").title == grouped(dossier.number)


@pytest.mark.parametrize(
    "typed",
    ["", "K7Q2", "where is it", "RR123456785LU", "<script>alert(1)</script>", "x" * 400, "/", "{{7*7}}", "💌" * 13],
)
def test_what_is_no_number_is_helped_and_stays_in_the_field(desk, dossier, typed):
    page = scan(desk, typed, 404)
    assert page.title == "No dossier of yours has this number" and "13 characters are needed" in page.text
    assert page.soup.select_one("#scan")["value"] == typed[:300]


def test_two_codes_in_one_go_open_neither(desk, dossier):
    page = scan(desk, f"HTTPS://H.LU/T/{dossier.number}HTTPS://H.LU/T/{new_number()}", 404)
    assert "two different codes" in page.text


def test_code_of_an_envelope_names_each_of_its_dossiers_and_none_of_others(desk, form, foreign):
    one, other = (Dossier.announce(form, "en", f"key-of-number-{place}") for place in (1, 2))
    page = scan(desk, f"HTTPS://H.LU/E/{one.number}+{other.number}+{foreign.number}")
    assert page.title == "One envelope, 2 forms"
    assert [link["href"] for link in page.soup.select("main li a")] == [
        f"/desk/dossiers/{one.number}",
        f"/desk/dossiers/{other.number}",
    ]


def test_slip_in_one_character_is_helped(desk, dossier):
    body = dossier.number[:-1]
    page = scan(desk, body + ("0" if check_character(body) != "0" else "1"), 404)
    assert "8 and B" in page.text


def test_number_of_another_authority_and_one_nobody_has_get_the_same_page(desk, foreign):
    unknown = new_number()
    pages = [scan(desk, number, 404).html.replace(number, "") for number in (foreign.number, unknown)]
    pages = [
        re.sub(r'(?<="csrf_token" value=)"[^"]+"', "", page) for page in pages
    ]  # it says the second it was made in
    assert pages[0] == pages[1]
    words = scan(desk, foreign.number, 404).text
    assert "belongs to another authority" in words and "internal post" in words
    assert foreign.authority.name["en"] not in words and foreign.form.title["en"] not in words


def test_helpdesk_opens_a_number_of_any_authority(app, helpdesk, dossier, foreign):
    browser = signed_in(app, helpdesk)
    for each in (dossier, foreign):
        assert scan(browser, each.number).title == grouped(each.number)


def test_htmx_is_sent_to_the_dossier_and_gets_the_help_as_a_part(desk, dossier):
    answer = desk.open(f"/desk/scan?number={dossier.number}", htmx=True)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/desk/dossiers/{dossier.number}")
    assert desk.get("/desk/scan?number=x", 404, htmx=True).title == "No dossier of yours has this number"


def test_field_takes_the_scanner_at_once(desk, dossier):
    for page in (desk.get("/desk"), scan(desk, "x", 404)):
        field = page.soup.select_one("#scan")
        assert field.has_attr("autofocus") and field["autocomplete"] == "off" and field["type"] == "text"


def test_scan_is_never_kept(desk, dossier):
    for number in (dossier.number, "x"):
        assert desk.open(f"/desk/scan?number={number}").headers["Cache-Control"] == "no-store"
