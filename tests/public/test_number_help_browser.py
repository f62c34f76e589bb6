"""Typing a number in a real Chromium: it groups itself, slips are said at once, and likely ones are offered."""

import json
import random

import pytest

from models.dossiers.number import grouped, new_number, parse
from models.security.crockford import ALPHABET, check_character
from paths import ROOT
from support.keyboards import typed
from support.phone import NEEDED, Held, opened, playwright

pytestmark = NEEDED
expect = playwright.expect
NUMBER = "K7Q2MX4P9TRWY"
CASES = json.loads((ROOT / "tests" / "dossiers" / "numbers.json").read_text())
SLIPS = [  # what is typed, what was meant
    ("K7Q2MX4P9TRWV", "K7Q2-MX4P-9TRWY"),
    ("K702MX4P9TRWY", "K7Q2-MX4P-9TRWY"),
    ("KQ72MX4P9TRWY", "K7Q2-MX4P-9TRWY"),
    ("K7Q2MX4P9TRYW", "K7Q2-MX4P-9TRWY"),
    ("K1Q2MX4P9TRWY", "K7Q2-MX4P-9TRWY"),
    ("K7Q2NX4P9TRWY", "K7Q2-MX4P-9TRWY"),
    ("0123456789A8V", "0123-4567-89ABV"),
    ("012345678 9ABU", "0123-4567-89ABV"),
    ("01234S6789ABV", "0123-4567-89ABV"),
    ("ol2345G789abv", "0123-4567-89ABV"),
]


@pytest.fixture(scope="module")
def page(browser, site):
    """One page for all tests of this module: each begins by opening an address."""
    with opened(browser, site.url, "404 (NOT FOUND)") as page:
        yield page


@pytest.fixture
def dossier(site):
    return site.dossier("announced")


@pytest.fixture
def field(page):
    """The field on the page to look a number up, used for the first time."""
    page.goto("/t")
    field = page.get_by_label("Your eTracking number")
    field.focus()
    field.evaluate("async field => { await import(field.dataset.help) }")
    return field


def said(page, text: str) -> None:
    expect(page.locator("#number-said")).to_contain_text(text)


@pytest.mark.parametrize("path", ["/", "/t", "/scan"])
def test_number_groups_itself_while_it_is_typed(page, path):
    page.goto(path)
    field = page.get_by_label("Your eTracking number")
    field.press_sequentially("k7q2mx4p9trwy")
    expect(field).to_have_value("K7Q2-MX4P-9TRWY")
    said(page, "fit together")
    expect(field).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("k7q", "K7Q"),
        ("k7q2", "K7Q2"),
        ("k7q2-", "K7Q2"),
        ("k7q2m", "K7Q2-M"),
        ("K7Q2 MX4P 9TRWY", "K7Q2-MX4P-9TRWY"),
        ("K7Q2.MX4P–9TRWY", "K7Q2-MX4P-9TRWY"),
        ("oOiIlL", "0011-11"),
        ("http://localhost/t/k7q2mx4p9trwy", "K7Q2-MX4P-9TRWY"),
        ("where?", "WHER-E?"),
        ("K7Q2MX4P9TRWYZ", "K7Q2-MX4P-9TRWYZ"),
    ],
)
def test_what_is_typed_is_shown_as_it_is_printed(field, typed, shown):
    field.press_sequentially(typed)
    expect(field).to_have_value(shown)


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        (["Backspace"], "K7Q2-MX4P-9TRW|"),
        (["Backspace"] * 5, "K7Q2-MX4P|"),
        (["Backspace"] * 6, "K7Q2-MX4|"),
        (["Home", "Delete"], "|7Q2M-X4P9-TRWY"),
        (["Home", *["ArrowRight"] * 2, "a"], "K7A|Q-2MX4-P9TRWY"),
        (["Home", *["ArrowRight"] * 4, "a"], "K7Q2-A|MX4-P9TRWY"),
        (["Home", *["ArrowRight"] * 5, "Backspace"], "K7Q2|-MX4P-9TRWY"),
        (["Home", *["ArrowRight"] * 5, "Backspace", "Backspace"], "K7Q|M-X4P9-TRWY"),
        (["Home", *["ArrowRight"] * 8, "Delete"], "K7Q2-MX4|9-TRWY"),
    ],
)
def test_cursor_stays_where_the_writer_put_it(field, keys, shown):
    field.press_sequentially(NUMBER)
    for key in keys:
        field.press(key)
    assert field.evaluate("it => it.value.slice(0, it.selectionStart) + '|' + it.value.slice(it.selectionEnd)") == shown


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffk7q2\u2011mx4p\u20119trwy\u200b",
        "Good day,\nyour number is K7Q2 MX4P 9TRWY\nYour appointment is on 1.2.2027 at 10:30.",
        "Eingangsdatum: 24.12.2026, Nummer (K7Q2–MX4P–9TRWY)",
        "Sehr geehrte Damen und Herren, " * 20 + "K7Q2-MX4P-9TRWY",
    ],
)
def test_number_is_found_in_whatever_is_pasted(page, field, text):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    field.focus()
    page.keyboard.press("Control+v")
    expect(field).to_have_value("K7Q2-MX4P-9TRWY")


def test_text_without_a_number_is_pasted_as_it_is(page, field):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('no number (here)')")
    field.focus()
    page.keyboard.press("Control+v")
    expect(field).to_have_value("no number (here)")


@pytest.mark.parametrize(("typed", "meant"), SLIPS)
def test_slip_is_said_at_once_and_what_was_meant_is_offered(page, field, typed, meant):
    field.press_sequentially(typed)
    said(page, "Did you mean")
    expect(field).to_have_attribute("aria-invalid", "true")
    guesses = page.locator("#number-said").get_by_role("button")
    assert meant in guesses.all_inner_texts() and guesses.count() <= 3
    guesses.get_by_text(meant).click()
    expect(field).to_have_value(meant)
    expect(field).to_be_focused()
    said(page, "fit together")
    expect(guesses).to_have_count(0)


def test_slip_that_nothing_explains_is_said_without_a_guess(page, field):
    field.press_sequentially("AAAAAAAAAAAAA")
    said(page, "At least one character is wrong")
    expect(page.locator("#number-said").get_by_role("button")).to_have_count(0)


def test_nothing_is_said_before_there_are_thirteen_characters(page, field):
    field.press_sequentially(NUMBER[:12])
    expect(page.locator("#number-said")).to_be_empty()
    expect(field).not_to_have_attribute("aria-invalid", "true")


def test_wrong_number_may_be_sent_all_the_same_and_comes_back_with_the_guess(page, field, dossier):
    body = dossier.number[:-1]
    field.press_sequentially(body[1] + body[0] + dossier.number[2:] if body[0] != body[1] else "A" * 13)
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("We do not know this number")
    said(page, "At least one character is wrong")
    expect(page.locator("#number-error")).to_have_count(0)  # said once


def test_number_that_fits_and_is_unknown_keeps_the_answer_of_the_server(page, field):
    field.press_sequentially(new_number())
    field.press("Enter")
    expect(page.locator("#number-error")).to_contain_text("We know no dossier")
    field.press("End")
    field.press("Backspace")
    expect(page.locator("#number-error")).to_have_count(0)


def test_device_reads_a_text_as_the_server_does(page):
    """Each of a table of texts, or leaves it to the server."""
    page.goto("/t")
    address = page.locator("#number").get_attribute("data-help")
    found = page.evaluate(
        "async ([address, all]) => { const {find} = await import(address); return all.map(([text]) => find(text)) }",
        [address, CASES],
    )
    assert found == [number for _text, number in CASES]


@pytest.mark.parametrize("keyboard", ["de", "fr", "be"])
def test_scanner_that_thinks_of_another_keyboard_opens_the_dossier(page, field, dossier, keyboard):
    field.press_sequentially(typed(f"HTTPS://ETRACKING.EXAMPLE.LU/T/{dossier.number}\n", keyboard))
    page.wait_for_url(f"**/t/{dossier.number}")


def test_check_character_is_the_same_on_the_device_for_two_thousand_numbers(page):
    page.goto("/t")
    dice = random.Random(20261122)
    numbers = [new_number() for _ in range(1000)]
    for _ in range(1000):
        body = "".join(dice.choice(ALPHABET) for _ in range(12))
        numbers.append(body + dice.choice([check_character(body), dice.choice(ALPHABET), "U"]))
    address = page.locator("#number").get_attribute("data-help")
    found = page.evaluate(
        "async ([address, all]) => { const {find} = await import(address); return all.map(find) }", [address, numbers]
    )
    assert [number or None for number in found] == [parse(number) for number in numbers]
    assert 1000 < sum(map(bool, found)) < 2000


def test_with_the_keyboard_alone(page, dossier):
    page.goto("/t")
    number = dossier.number
    at = next(index for index in range(12) if number[index] != number[index + 1])
    page.get_by_label("Your eTracking number").focus()
    page.keyboard.type(number[:at] + number[at + 1] + number[at] + number[at + 2 :])
    said(page, "Did you mean")
    guess = page.locator("#number-said").get_by_role("button", name=grouped(number))
    for _ in range(3):
        page.keyboard.press("Tab")
        if guess.evaluate("it => it === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your eTracking number")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/t/{number}")


def test_help_comes_when_the_field_is_first_used_and_catches_up_with_what_was_typed(browser, site):
    with opened(browser, site.url) as page:
        script = Held(page, "**/number*.js")
        page.goto("/t")
        field = page.get_by_label("Your eTracking number")
        assert not script.routes
        field.focus()
        script.first()
        field.press_sequentially("k7q2mx4p9trwy")
        expect(field).to_have_value("k7q2mx4p9trwy")
        script.let_go()
        expect(field).to_have_value("K7Q2-MX4P-9TRWY")


@pytest.mark.parametrize("again", [False, True])
def test_number_is_copied_and_that_is_said(page, dossier, again):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/t/{dossier.number}")
    if again:
        with page.expect_response(lambda answer: "hx-request" in answer.request.headers):
            page.get_by_role("link", name="Look again").click()
    page.get_by_role("button", name="Copy the number").click()
    expect(page.locator("[data-toast]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == grouped(dossier.number)


def test_spelling_opens_at_a_tap(page, dossier):
    page.goto(f"/t/{dossier.number}")
    words = page.locator(".spelled li")
    expect(words.first).to_be_hidden()
    page.get_by_text("Spell it on the telephone").click()
    expect(words.first).to_be_visible()
    expect(words).to_have_count(13)


def test_without_javascript_there_is_no_dead_control(browser, site, dossier):
    with opened(browser, site.url, java_script_enabled=False) as page:
        page.goto(f"/t/{dossier.number}")
        expect(page.get_by_text("Copy the number")).to_be_hidden()
        page.get_by_text("Spell it on the telephone").click()
        expect(page.locator(".spelled li").first).to_be_visible()
        page.goto("/")
        expect(page.get_by_text("Scan the code with the camera")).to_be_hidden()
