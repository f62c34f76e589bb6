"""The pages tell when something is erased, and what they say comes true; a link lives as long as what it is for."""

import datetime as dt
import re

import pytest
from bs4 import BeautifulSoup

from models import Contact, Dossier, Erasure, Event, Notification
from models.base import local_day
from models.notifications import addresses, consent
from support.commands import run
from support.erasing import DAY, HOUR, later, worked
from support.moves import move
from support.production import SETTINGS as PRODUCTION
from support.site import running
from support.visitor import Visitor, values
from wording.deadlines import day

GONE = {
    "en": "Nothing is kept about this address any more",
    "de": "Zu dieser Adresse ist nichts mehr gespeichert",
    "fr": "Plus rien n’est conservé sur ces coordonnées",
    "lb": "Iwwer dës Adress ass näischt méi gespäichert",
}


def sent() -> None:
    Notification.update(state="sent", run_at=None, sent_at=Notification.created_at).execute()


def said(app, at: dt.datetime) -> str:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        return day(local_day(at))


@pytest.mark.parametrize("to", ["withdrawn", "lapsed"])
def test_status_page_tells_when_dossier_and_addresses_are_erased(app, visitor, with_mail, clerk, to):
    shown = visitor.get(f"/t/{with_mail.number}").text
    assert "The dossier will be erased 1 year after it is closed, lapsed or withdrawn." in shown
    move(with_mail, to, clerk)
    ended = Dossier.get().history.latest.at
    shown = visitor.get(f"/t/{with_mail.number}").text
    assert f"This page and the dossier will be erased on {said(app, ended + 365 * DAY)}." in shown
    assert f"Addresses for messages will be erased on {said(app, ended + 30 * DAY)}." in shown
    with later(31 * DAY):
        assert "Addresses for messages will be" not in visitor.get(f"/t/{with_mail.number}").text


def test_status_page_follows_the_settings(app, visitor, dossier, clerk):
    app.config |= {"RETENTION_DOSSIER_DAYS": 100, "RETENTION_CONTACT_DAYS": 100}
    move(dossier, "withdrawn", clerk)
    at = Dossier.get().history.latest.at + 100 * DAY
    assert f"This page and the dossier will be erased on {said(app, at)}." in visitor.get(f"/t/{dossier.number}").text


def test_page_of_a_contact_tells_when_it_is_erased_and_that_comes_true(app, visitor, with_mail):
    sent()
    path = f"/c/{with_mail.contacts.get().token}"
    due = with_mail.created_at + 14 * DAY
    words = f"This address will be erased on {said(app, due)}, unless you confirm it or your papers arrive before."
    assert words in visitor.get(path).text
    with later(14 * DAY - HOUR):
        worked(app)
        visitor.get(path)
    with later(14 * DAY + HOUR):
        worked(app)
        visitor.get(path, 410)


def test_page_of_a_contact_that_said_yes_tells_it_too(app, visitor, with_mail, clerk):
    contact = with_mail.contacts.get()
    consent.confirm(contact)
    sent()
    path = f"/c/{contact.token}"
    assert (
        "This address will be erased 30 days after the dossier is closed, lapsed or withdrawn."
        in visitor.get(path).text
    )
    move(with_mail, "withdrawn", clerk)
    due = said(app, Dossier.get().history.latest.at + 30 * DAY)
    assert f"This address will be erased on {due}." in visitor.get(path).text


@pytest.mark.parametrize("language", GONE)
def test_link_to_an_erased_address_says_that_nothing_is_kept(app, with_mail, language):
    contact = with_mail.contacts.get()
    path, visitor = f"/c/{contact.token}", Visitor(app, language)
    page = visitor.get(path)
    contact.erase()
    assert visitor.get(path, 410).title == GONE[language]
    visitor.post(path, 410, data=values(page.form(path)) | {"action": "stop"})
    assert visitor.open(f"{path}/data.json").status_code == visitor.open(f"{path}/stop").status_code == 410
    assert visitor.open(path).headers["Cache-Control"] == "no-store"


def test_one_click_by_a_mail_program_works_after_the_erasure(production, with_mail):
    token = with_mail.contacts.get().token
    visitor = Visitor(production)
    with_mail.contacts.get().erase()
    answer = visitor.open(f"/c/{token}/stop", "POST", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "No more messages" in answer.text


def test_link_that_was_never_ours_is_unknown_and_one_that_was_is_known_for_ever(either, with_mail):
    contact, visitor = with_mail.contacts.get(), Visitor(either)
    token = contact.token
    contact.erase()
    forged = token[:-1] + ("a" if token[-1] != "a" else "b")
    for path in (forged, "7" * 24, "a"):
        assert visitor.open(f"/c/{path}").status_code == visitor.open(f"/c/{path}/stop", "POST").status_code == 404
    assert visitor.open(f"/c/{token.upper()}").status_code == 410
    with later(91 * DAY):
        worked(either)
        assert not Erasure.select().where(Erasure.table == "contact").exists()
        assert visitor.open(f"/c/{token}").status_code == 410


def test_link_of_an_address_that_was_replaced_is_gone_once_it_is_erased(app, visitor, with_mail):
    old = with_mail.contacts.get()
    consent.confirm(old)
    consent.confirm(addresses.exchange(Contact.get_by_id(old.id), "email", "other@example.org"))
    sent()
    assert visitor.open(f"/c/{old.token}").status_code == 404, "its row is still there: something is kept"
    with later(4 * DAY):
        worked(app)
        assert visitor.open(f"/c/{old.token}").status_code == 410
        assert visitor.open(f"/c/{Contact.get().token}").status_code == 200


def test_link_of_a_dossier_that_is_erased_is_gone_with_it(app, visitor, with_mail, clerk):
    app.config |= {"RETENTION_DOSSIER_DAYS": 2, "RETENTION_CONTACT_DAYS": 2, "RETENTION_UNCONFIRMED_DAYS": 80}
    token = with_mail.contacts.get().token
    move(with_mail, "withdrawn", clerk)
    sent()
    with later(3 * DAY):
        worked(app)
        assert not Event.select().exists() and visitor.open(f"/c/{token}").status_code == 410


def test_privacy_page_names_who_is_responsible_and_every_period(production):
    page = Visitor(production).get("/privacy")
    for name in ("CONTROLLER_NAME", "CONTROLLER_ADDRESS", "CONTROLLER_EMAIL", "DATA_PROTECTION_OFFICER", "LEGAL_BASIS"):
        assert PRODUCTION[name] in page.text
    assert "article 6(1)(e)" in page.text and "L-4370 Belvaux" in page.text and "not named" not in page.text
    facts = {fact.dt.get_text(strip=True): fact.dd.get_text(strip=True) for fact in page.soup.select(".facts > div")}
    assert facts["What a message said"] == "7 days after it was sent, or given up"
    assert "14 days after the last message to it, and at most 90 days" in " ".join(facts.values())
    assert "Vonage, which" in page.text and "push service" not in page.text, "recipients are those that are configured"


def test_privacy_page_without_settings_says_plainly_what_is_not_named(app, visitor):
    shown = visitor.get("/privacy").text
    assert "Nobody is named here yet" in shown and "The law that gives it this task is not named here yet." in shown
    assert "They stay: no place is set for what is older" in shown


def test_periods_of_the_settings_stand_on_the_page_in_every_language(sqlite_url):
    app = running(sqlite_url, RETENTION_TEXT_DAYS=11, RETENTION_DOSSIER_DAYS=730, RETENTION_AUDIT_DAYS=3652)
    shown = {language: Visitor(app, language).get("/privacy").html for language in GONE}
    expected = {
        "en": ("11 days", "2 years", "10 years"),
        "de": ("11 Tage", "2 Jahre", "10 Jahre"),
        "fr": ("11 jours", "2 ans", "10 ans"),
        "lb": ("11 Deeg", "2 Joer", "10 Joer"),
    }
    for language, periods in expected.items():
        text = BeautifulSoup(shown[language], "html.parser").get_text()
        assert [period for period in periods if period not in text] == [], language


def test_config_check_names_what_citizens_are_not_told(production):
    assert "ETRACKING_CONTROLLER" not in run(production, "config", "check").stderr
    production.config |= {"CONTROLLER_NAME": "", "LEGAL_BASIS": "", "AUDIT_DIR": ""}
    refused = run(production, "config", "check")
    named = re.findall(r"^ETRACKING_(\w+)", refused.stderr, re.MULTILINE)
    assert refused.exit_code == 1 and named == ["CONTROLLER_NAME", "LEGAL_BASIS", "AUDIT_DIR"]
