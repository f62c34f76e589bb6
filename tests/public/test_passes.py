"""A pass of the CAPTCHA: good for one number, of one form, in one session."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from peewee import fn

from models import Contact, Counter, Dossier, Notification, db
from support.registration import CONTACT, START, digits, past_the_captcha
from support.visitor import Page, Visitor, values


@pytest.fixture
def contact_page(visitor) -> Page:
    return past_the_captcha(visitor)


def rows() -> tuple[int, int, int]:
    return Dossier.select().count(), Contact.select().count(), Notification.select().count()


def token_of(visitor: Visitor) -> str:
    """A CSRF token of this visitor's own session."""
    return visitor.get("/sign-in").soup.select_one("[name=csrf_token]")["value"]


def counted() -> int:
    """How much all limits together have counted."""
    return Counter.select(fn.COALESCE(fn.SUM(Counter.count), 0)).scalar()


def test_sixty_posts_of_one_pass_are_one_dossier_and_count_for_one_address(either):
    browser = Visitor(either)
    page = past_the_captcha(browser)
    first = browser.submit(page, CONTACT, by_email="y", email="first@example.lu")
    before = counted()
    for number in range(59):
        again = browser.submit(page, CONTACT, by_email="y", email=f"victim{number}@example.lu")
        assert again.url.startswith(first.url) and "cannot write to this e-mail address" in again.text
    assert rows() == (1, 1, 1) and counted() == before


def test_posts_of_one_pass_at_once_are_one_dossier_and_count_for_one_address(either):
    first, before = Visitor(either), counted()
    first.submit(past_the_captcha(first), CONTACT, by_email="y", email="first@example.lu")
    usual, page = counted() - before, past_the_captcha(first)
    before, cookie = counted(), first.client.get_cookie("etracking").value

    def send(number: int) -> str:
        browser = Visitor(either)
        browser.client.set_cookie("etracking", cookie)
        data = values(page.form(CONTACT)) | {"by_email": "y", "email": f"victim{number}@example.lu"}
        try:
            return browser.open(CONTACT, "POST", data=data).headers["Location"].split("?")[0]
        finally:
            db.close()

    with ThreadPoolExecutor(8) as pool:
        urls = set(pool.map(send, range(16)))
    assert len(urls) == 1 and rows() == (2, 2, 2)
    assert 0 < counted() - before < usual  # `usual` has the CAPTCHA, too


def test_what_was_typed_survives_a_pass_that_ended(visitor, contact_page):
    with visitor.client.session_transaction() as session:
        session["passes"] = {}
    typed = {"by_email": "y", "email": "a@example.lu", "by_sms": "y", "mobile": "hello"}
    page = visitor.submit(contact_page, CONTACT, 422, **typed)
    assert page.title == "Are you a person?" and "what you typed is kept" in page.text
    wrong = visitor.submit(page, START, 422, captcha_code="222222")
    again = visitor.submit(wrong, START, captcha_code=digits(wrong))
    assert again.title == "How shall we tell you?" and values(again.form(CONTACT)).items() >= typed.items()
    page = visitor.submit(again, CONTACT, mobile="621 123 456")
    assert page.url.startswith("/t/") and rows() == (1, 2, 2)


def test_pass_whose_dossier_was_erased_leads_to_the_captcha(visitor, contact_page):
    visitor.submit(contact_page, CONTACT)
    Dossier.update(key="of a dossier that was erased").execute()
    assert visitor.submit(contact_page, CONTACT).url == START
    page = visitor.get(START)
    assert visitor.submit(page, START, 422, captcha_code="222222").errors["captcha"]


def test_pass_ends_after_an_hour(visitor, contact_page, monkeypatch):
    with visitor.client.session_transaction() as session:
        session["passes"] = {key: [scope, expires - 3601] for key, (scope, expires) in session["passes"].items()}
    assert visitor.submit(contact_page, CONTACT).url == START
    assert rows() == (0, 0, 0)


def test_pass_of_one_form_is_none_for_another(visitor, contact_page):
    other = "/track/rental-guarantee/application/contact"
    assert visitor.get(other).url == other.removesuffix("/contact")
    data = values(contact_page.form(CONTACT))
    assert visitor.post(other, data=data).url == other.removesuffix("/contact")
    assert rows() == (0, 0, 0)


def test_pass_of_one_visitor_is_none_for_another(app, contact_page):
    stranger = Visitor(app)
    token = token_of(stranger)
    data = values(contact_page.form(CONTACT)) | {"csrf_token": token}
    assert stranger.post(CONTACT, data=data).url == START
    assert rows() == (0, 0, 0)


def test_old_tab_leads_to_its_own_number_although_a_new_one_was_begun(visitor, contact_page):
    first = visitor.submit(contact_page, CONTACT)
    second = visitor.submit(past_the_captcha(visitor), CONTACT)
    again = visitor.submit(contact_page, CONTACT)
    assert again.url == first.url != second.url and rows()[0] == 2


def test_contact_step_cannot_be_reached_without_the_captcha(visitor):
    assert visitor.get(CONTACT).url == START
    token = token_of(visitor)
    assert visitor.post(CONTACT, data={"csrf_token": token, "key": "invented"}).url == START
    assert rows() == (0, 0, 0)
