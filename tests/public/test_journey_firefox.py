"""The ways of a citizen and of a clerk in Firefox: another engine, on the service as it runs for real."""

import re

import pytest

from support import firefox
from support.firefox import ENTER, Firefox
from support.living import Service, service

pytestmark = firefox.MARKS
PASSWORD = "correct horse battery"
NUMBER = r"\w{4}-\w{4}-\w{5}"


@pytest.fixture
def living(tmp_path, stocked_sqlite) -> Service:
    with service(tmp_path, stocked_sqlite, INBOX=True, MAIL_SENDER="", UNDO_SECONDS=600) as running:
        add = ("staff", "add", "clerk@example.lu", "--role", "clerk", "--authority", "housing-aid-service")
        running.flask(*add, text=PASSWORD)
        yield running


@pytest.fixture
def browser(tmp_path_factory) -> Firefox:
    with Firefox(tmp_path_factory.mktemp("firefox")) as browser:
        yield browser


def test_citizen_gets_a_number_and_clerk_moves_it(living, browser):
    number = registered(browser, living.url)
    looked_up(browser, living.url, number)
    signed_in(browser, living.url)
    moved(browser, living.url, number)
    signed_out(browser, living.url, number)


def registered(browser: Firefox, site: str) -> str:
    """The number that a citizen gets for a form, with news by mail."""
    browser.go(site + "/procedures")
    browser.fill("What do you want to get done?", "rent subs")
    browser.follow("Apply for a rent subsidy")
    browser.follow("Take this specimen with eTracking")
    browser.tick("I am a human")  # its proof of work is done by a worker; then it goes on by itself
    browser.press("Continue")
    browser.arrive("/contact")
    browser.tick("By e-mail")
    browser.fill("E-mail address", "citizen@example.lu")
    browser.press("Get my number")
    number = browser.text(".ticket .number")
    assert re.fullmatch(NUMBER, number) and browser.url.startswith(f"{site}/t/{number.replace('-', '')}")
    browser.read("h1", "Not arrived yet")
    browser.follow("Sheet (PDF)")
    browser.arrive("/sheet.pdf")
    return number


def looked_up(browser: Firefox, site: str, number: str) -> None:
    """Somebody finds the dossier by its number as it is written, and reads it in another language."""
    browser.go(site + "/t")
    browser.fill("eTracking number", number.lower().replace("-", " ") + ENTER)
    browser.arrive(number.replace("-", ""))
    browser.read("h1", "Not arrived yet")
    browser.follow("FR")
    browser.find("html[lang=fr] h1", "css selector")
    assert number in browser.text()
    browser.follow("EN")
    browser.read("h1", "Not arrived yet")


def signed_in(browser: Firefox, site: str) -> None:
    browser.go(site + "/sign-in")
    browser.fill("E-mail address", "clerk@example.lu")
    browser.fill("Password", PASSWORD)
    browser.press("Sign in")
    browser.arrive("/desk")


def moved(browser: Firefox, site: str, number: str) -> None:
    """Its envelope arrives, is examined, and that is taken back; the citizen sees each."""
    browser.go(site + "/desk/post-bag?new=1")
    browser.press("Begin")
    browser.find("#state[data-key]", "css selector")  # its script has come
    browser.run("const day = document.querySelector('#postmark_on'); day.closest('details').open = true; day.focus()")
    browser.type(f"{site}/T/{number.replace('-', '')}".upper())  # a hand scanner that ends with nothing
    browser.read("#answer .outcome strong", "Arrived")
    dossier = f"{site}/desk/dossiers/{number.replace('-', '')}"
    browser.go(dossier)
    browser.press("Begin the examination")
    browser.find(".pill.examination", "css selector")
    browser.press("Undo")
    browser.find(".pill.received", "css selector")


def signed_out(browser: Firefox, site: str, number: str) -> None:
    """Whoever goes back then, as far as they like, finds the desk closed."""
    browser.go(site + "/desk")
    browser.follow(number)
    browser.press("Sign out")
    browser.arrive("/sign-in")
    for _page in range(4):
        browser.back()
        browser.arrive("/sign-in")
        browser.read("h1", "Sign in to the desk")
        assert number not in browser.run("return document.body.innerText")
