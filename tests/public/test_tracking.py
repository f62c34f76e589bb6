"""From a form to its number: no step is skipped or replayed, nothing typed is lost, one tap too many changes nothing."""

import datetime as dt

import pytest
from bs4 import BeautifulSoup

from models import Contact, Dossier, Notification, Procedure, Used, now
from support.registration import CONTACT, START, digits, past_the_captcha
from support.visitor import Page, Visitor, values


@pytest.fixture
def contact_page(visitor) -> Page:
    return past_the_captcha(visitor)


def rows() -> tuple[int, int, int]:
    return Dossier.select().count(), Contact.select().count(), Notification.select().count()


def test_form_leads_over_captcha_and_contact_to_the_number(visitor, contact_page):
    assert contact_page.url == CONTACT and contact_page.title == "How shall we tell you?"
    page = visitor.submit(
        contact_page, CONTACT, by_email="y", email="Jemand@Example.LU", by_sms="y", mobile="+352 621 123 456"
    )
    dossier = Dossier.get()
    assert page.url == f"/t/{dossier.number}" and "This is your number" in page.text
    assert dossier.language == "en" and dossier.form.slug == "application"
    assert {(c.channel, c.address, c.language) for c in dossier.contacts} == {
        ("email", "Jemand@example.lu", "en"),
        ("sms", "+352621123456", "en"),
    }
    assert rows() == (1, 2, 2)


def test_neither_mail_nor_sms_is_a_choice_too(visitor, contact_page):
    assert visitor.submit(contact_page, CONTACT).title == "Not arrived yet"
    assert rows() == (1, 0, 0)


def test_procedure_that_sends_no_sms_asks_for_no_number(visitor):
    Procedure.update(sms=[]).where(Procedure.slug == "rent-subsidy").execute()
    page = past_the_captcha(visitor)
    assert "Mobile number" not in page.text and not page.soup.select("[name=mobile], [name=by_sms]")
    answer = visitor.submit(page, CONTACT, by_sms="y", mobile="621 123 456")
    assert answer.title == "Not arrived yet" and rows() == (1, 0, 0)


def test_without_an_account_for_sms_none_are_offered(app, visitor):
    app.config["VONAGE_APPLICATION_ID"] = ""
    page = past_the_captcha(visitor)
    assert not page.soup.select("[name=mobile], [name=by_sms]")
    assert visitor.submit(page, CONTACT, by_sms="y", mobile="621 123 456").title == "Not arrived yet"
    assert rows() == (1, 0, 0)
    assert "SMS" not in visitor.get("/").text and "SMS" not in visitor.get("/privacy").text


def test_development_inbox_takes_sms_without_an_account(app, visitor):
    app.config.update(VONAGE_APPLICATION_ID="", INBOX=True)
    assert past_the_captcha(visitor).soup.select("[name=mobile]")


def test_page_after_registration_says_what_to_do_with_and_without_a_printer(visitor, contact_page):
    page = visitor.submit(contact_page, CONTACT)
    form = Dossier.get().form
    for words in (
        "at the top right of page 1",
        "Put this into one envelope",
        "11, rue de Hollerich",
        "What happens next",
    ):
        assert words in page.text
    assert all(enclosure["en"] in page.text for enclosure in form.enclosures)
    links = [a["href"] for a in page.soup.main.select("a[href*='/t/']")]
    assert {"sheet.pdf", "sheet", "form.pdf"} <= {link.rsplit("/", 1)[-1] for link in links}


def test_double_tap_and_reload_make_one_dossier(visitor, contact_page):
    first = visitor.submit(contact_page, CONTACT, by_email="y", email="a@example.lu")
    second = visitor.submit(contact_page, CONTACT, by_email="y", email="a@example.lu")
    assert first.url == second.url and rows() == (1, 1, 1)


def test_going_back_to_the_contact_step_leads_to_the_number_that_was_given(visitor, contact_page):
    first = visitor.submit(contact_page, CONTACT)
    assert visitor.get(CONTACT).url == first.url


def test_wrong_code_brings_a_new_one(visitor):
    page = visitor.get(START)
    wrong = visitor.submit(page, START, captcha_code="222222", status=422)
    assert "right digits" in wrong.errors["captcha"] and wrong.soup.title.text.startswith("Error:")
    assert digits(wrong) != digits(page)
    assert visitor.submit(wrong, START, captcha_code=digits(wrong)).url == CONTACT


def test_solved_captcha_counts_once(app, visitor):
    page, stranger = visitor.get(START), Visitor(app)
    visitor.submit(page, START, captcha_code=digits(page))
    data = values(page.form(START)) | {"captcha_code": digits(page)}
    assert stranger.post(START, 422, data=data).errors["captcha"]
    assert stranger.get(CONTACT).url == START


def test_double_tap_on_the_captcha_goes_on(visitor):
    page = visitor.get(START)
    for _ in range(2):
        assert visitor.submit(page, START, captcha_code=digits(page)).url == CONTACT


def pressed(either, page: Page, cookie: str, **fields) -> Visitor:
    """A browser that has sent the form before any answer to it came."""
    browser = Visitor(either)
    data = values(page.form(START)) | fields
    browser.client.set_cookie("etracking", cookie)
    browser.answer = browser.open(START, "POST", data=data)
    return browser


def test_two_requests_before_any_answer_are_one_registration_and_no_third(either):
    first = Visitor(either)
    page = first.get(START)
    cookie = first.client.get_cookie("etracking").value
    tries = [pressed(either, page, cookie, captcha_code=digits(page)) for _ in range(3)]
    assert [browser.answer.status_code for browser in tries] == [303, 303, 422]
    number = tries[1].submit(tries[1].get(CONTACT), CONTACT).url
    assert tries[0].get(CONTACT).url == number and rows()[0] == 1


def test_second_request_with_other_digits_or_another_session_is_refused(app, visitor):
    page = visitor.get(START)
    cookie = visitor.client.get_cookie("etracking").value
    wrong = pressed(app, page, cookie, captcha_code="222222")
    assert "right digits" in Page(wrong.answer).errors["captcha"]
    assert "right digits" in Page(pressed(app, page, cookie, captcha_code="222222").answer).errors["captcha"]
    assert "already been used" in Page(pressed(app, page, cookie, captcha_code=digits(page)).answer).errors["captcha"]
    other = visitor.get(START)
    visitor.submit(other, START, captcha_code=digits(other))
    stranger = Visitor(app)
    stranger.get(START)
    data = values(other.form(START)) | {"captcha_code": digits(other)}
    assert "already been used" in stranger.post(START, 422, data=data).errors["captcha"]


def test_answer_sent_again_after_a_minute_is_refused(app, visitor):
    page = visitor.get(START)
    cookie = visitor.client.get_cookie("etracking").value
    assert pressed(app, page, cookie, captcha_code=digits(page)).answer.status_code == 303
    Used.update(expires_at=now()).where(Used.expires_at < now() + dt.timedelta(minutes=2)).execute()
    assert pressed(app, page, cookie, captcha_code=digits(page)).answer.status_code == 422


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Please type your e-mail address"),
        ("nonsense", "does not look like"),
        ("a@b", "does not look like"),
        ("jürg@example.lu", "does not look like"),
        ("a@example.lu, b@example.lu", "does not look like"),
        ("a@example.lu\r\nBcc: b@example.lu", "does not look like"),
        ("x" * 250 + "@example.lu", "too long"),
    ],
)
def test_mail_address_that_cannot_work_is_refused_and_kept(visitor, contact_page, typed, why):
    page = visitor.submit(contact_page, CONTACT, 422, by_email="y", email=typed, by_sms="y", mobile="621 123 456")
    assert why in page.errors["email"] and "mobile" not in page.errors
    assert page.soup.select_one("#email")["value"].split() == typed.split()
    assert page.soup.select_one("#mobile")["value"] in ("621 123 456", "+352621123456")
    assert page.soup.select_one("#by_email").has_attr("checked") and page.soup.select_one("#by_sms").has_attr("checked")
    assert page.soup.select_one(".summary a")["href"] == "#email"
    assert rows() == (0, 0, 0)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Please type your mobile number"),
        ("hello", "not a telephone number"),
        ("621 12", "does not exist"),
        ("26 12 34 56", "not a mobile number"),
        ("20 30 12 34", "not a mobile number"),
        ("900 12345", "not a mobile number"),
        ("+88 16 33 12 34 56", "cannot send SMS to this country"),
        ("+1 201 555 0123", "cannot send SMS to this country"),
        ("+44 7400 123456", "cannot send SMS to this country"),
    ],
)
def test_number_that_no_sms_reaches_is_refused_with_the_reason(visitor, contact_page, typed, why):
    page = visitor.submit(contact_page, CONTACT, 422, by_sms="y", mobile=typed)
    assert why in page.errors["mobile"] and page.soup.select_one("#mobile")["value"] == typed
    assert rows() == (0, 0, 0)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("621123456", "+352621123456"),
        ("00352 621 123 456", "+352621123456"),
        ("+49 1512 3456789", "+4915123456789"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("٦٢١١٢٣٤٥٦", "+352621123456"),
    ],
)
def test_mobile_number_is_kept_in_international_form(visitor, contact_page, typed, stored):
    visitor.submit(contact_page, CONTACT, by_sms="y", mobile=typed)
    assert Contact.get().address == stored


def test_what_stands_in_a_field_that_was_not_ticked_is_ignored(visitor, contact_page):
    visitor.submit(contact_page, CONTACT, email="nonsense", mobile="nonsense")
    assert rows() == (1, 0, 0)


def test_program_that_fills_in_everything_gets_no_number(visitor, contact_page):
    page = visitor.submit(contact_page, CONTACT, 422, website="https://example.com")
    assert rows() == (0, 0, 0) and "hidden field" in page.text
    assert visitor.submit(page, CONTACT).title == "Not arrived yet"  # a password manager may have been the one


def test_tries_are_counted_once_for_a_registration(visitor, contact_page):
    """A second request for SMS to this number would be refused: it came within the same minute."""
    for _ in range(5):
        page = visitor.submit(contact_page, CONTACT, by_sms="y", mobile="621 123 456")
        assert "We cannot send an SMS" not in page.text
    assert rows() == (1, 1, 1)


@pytest.mark.parametrize("language", ["de", "fr", "en", "lb"])
def test_errors_are_said_in_the_language_of_the_visitor(app, language):
    browser = Visitor(app, language)
    page = browser.submit(
        past_the_captcha(browser), CONTACT, 422, by_email="y", email="nonsense", by_sms="y", mobile="621 12"
    )
    assert page.soup.html["lang"] == language
    english = {"does not look like an e-mail", "does not exist: please check"}
    assert all((words in " ".join(page.errors.values())) == (language == "en") for words in english)


def test_forms_that_cannot_be_tracked_have_no_start(visitor):
    visitor.get("/track/student-residence/power-of-attorney", status=404)
    visitor.get("/track/rent-subsidy/nothing", status=404)
    visitor.get("/track/nothing/application", status=404)


def test_parts_for_htmx_carry_title_and_address(visitor):
    page = visitor.get(START, htmx=True)
    response = visitor.open(START, "POST", htmx=True, data=values(page.form()) | {"captcha_code": ""})
    assert response.status_code == 422 and response.headers["HX-Push-Url"] == START
    part = BeautifulSoup(response.text, "html.parser")
    assert part.find(id="step") and not part.find("html") and "eTracking" in part.title.text
