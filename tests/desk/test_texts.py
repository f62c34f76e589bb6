"""The texts of all notifications, as administrators look them through; and what the helpdesk is shown of those sent."""

import pytest

from models import Contact, Dossier, Event, Notification, db
from models.catalogue.procedure import LANGUAGES
from models.dossiers.kinds import ASKING
from support.site import account, running, signed_in
from support.visitor import Visitor
from wording.samples import KINDS


@pytest.fixture
def office(app) -> Visitor:
    """An administrator's browser, signed in."""
    return signed_in(app, account("admin@example.lu", "admin"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_shown_by_every_channel_in_the_language_asked_for(office, language):
    page = office.get(f"/desk/texts?language={language}")
    assert [part["id"] for part in page.soup.select("#texts details")] == list(KINDS)
    assert page.soup.select_one(".filters [aria-current]")["lang"] == language
    for part in page.soup.select("#texts details"):
        sms, mail = (said.get_text() for said in part.select(f".said[lang={language}]"))
        assert f"{len(sms)} of 160 characters" in part.get_text() and len(sms) <= 160
        assert part["id"] in ASKING or part.strong.get_text() in mail and "K7Q2" not in part.strong.parent.get_text()
        assert "K7Q2-MX4P-9TRWY" in mail and part.summary.span.get_text() in mail


def test_page_opens_in_the_readers_own_language(app, office):
    assert office.get("/desk/texts").soup.select_one(".filters [aria-current]")["lang"] == "en"


def test_mail_is_shown_as_a_mail_program_does(office):
    link = office.get("/desk/texts?language=fr").soup.select_one("#received a")["href"]
    answer = office.open(link)
    assert answer.status_code == 200 and '<html lang="fr">' in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script-src" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_looking_writes_nothing(office):
    before = [model.select().count() for model in (Dossier, Event, Contact, Notification)]
    office.get("/desk/texts")
    assert [model.select().count() for model in (Dossier, Event, Contact, Notification)] == before


def test_link_in_a_sample_opens_nothing(office):
    mail = office.get("/desk/texts").soup.select_one("#received").get_text()
    token = mail.partition("/c/")[2][:24]
    office.get(f"/c/{token}", status=404)


@pytest.mark.parametrize(
    "path",
    [
        "/desk/texts?language=xx",
        "/desk/texts/nothing/en.html",
        "/desk/texts/received/xx.html",
        "/desk/texts/received",
        "/desk/texts/..%2F..%2Fbase/en.html",
    ],
)
def test_kind_or_language_that_is_none_is_not_found(office, path):
    assert office.open(path).status_code == 404


def test_only_administrators_read_them(app, desk, helpdesk):
    for browser in (desk, signed_in(app, helpdesk)):
        for path in ("/desk/texts", "/desk/texts/received/en.html"):
            assert browser.open(path).status_code == 403
        assert not browser.get("/desk").soup.select("a[href='/desk/texts']")
    assert Visitor(app).open("/desk/texts").headers["Location"] == "/sign-in"


def test_sms_that_does_not_fit_is_said_and_the_page_stands(sqlite_url):
    app = running(sqlite_url, SITE_URL=f"http://{'x' * 60}.localhost", VONAGE_APPLICATION_ID="")
    with db.connection_context():
        office = signed_in(app, account("admin@example.lu", "admin"))
        faults = office.get("/desk/texts").soup.select(".notice.bad")
    assert faults and "words are left out" in faults[0].get_text()


def test_page_stands_without_a_catalogue(office):
    with db.atomic() as transaction:
        db.execute_sql("UPDATE form SET tracked = false")
        assert "The catalogue is empty" in office.get("/desk/texts").text
        assert office.open("/desk/texts/received/en.html").status_code == 404
        transaction.rollback()


def test_helpdesk_sees_what_a_message_said_when_it_left(app, helpdesk, with_mail):
    notification = Notification.get()
    notification.keep_text({"subject": "Your <number>", "text": "As it was then\nhttp://localhost/c/***\n"})
    page = signed_in(app, helpdesk).get(f"/desk/dossiers/{with_mail.number}")
    block = page.soup.select_one(f"#notification-{notification.id} details")
    assert block.strong.get_text() == "Your <number>" and block.strong["lang"] == "en"
    assert block.select_one(".said").get_text() == "As it was then\nhttp://localhost/c/***\n"


def test_message_that_has_not_left_has_said_nothing(app, helpdesk, with_mail):
    page = signed_in(app, helpdesk).get(f"/desk/dossiers/{with_mail.number}")
    assert not page.soup.select_one(f"#notification-{Notification.get().id} details")
