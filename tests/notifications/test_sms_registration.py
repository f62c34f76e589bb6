"""What a citizen notices of the limits of SMS, and what a store of counters that breaks costs."""

import pytest

from models import Contact, Dossier, Notification, db
from models.notifications.allowance import MINUTE
from support.registration import CONTACT, past_the_captcha
from support.site import running
from support.sms_limits import left
from support.visitor import Visitor


def register(app, index: int, **fields):
    browser = Visitor(app, address=f"198.51.{index}.1")
    return browser.submit(past_the_captcha(browser), CONTACT, **fields)


def test_fourth_registration_of_a_day_gives_the_number_and_says_why_there_is_no_sms(app, clock):
    for index in range(4):
        clock.shift(2 * MINUTE)
        page = register(app, index, by_sms="y", mobile="621 123 456")
    assert "We cannot send an SMS to this mobile number at the moment" in page.text
    assert "take a new number with your e-mail address" in page.text and "You chose no messages" not in page.text
    assert (Dossier.select().count(), Notification.select().count()) == (4, 3)


def test_mailbox_gets_three_first_messages_a_day_however_it_is_spelled(app, clock):
    spellings = ("Vic.Tim@gmail.com", "victim@googlemail.com", "victim+1@gmail.com", "victim+2@gmail.com")
    for index, spelling in enumerate(spellings):
        page = register(app, index, by_email="y", email=spelling)
    assert "We cannot write to this e-mail address" in page.text and Notification.select().count() == 3


@pytest.mark.long
def test_victim_of_mail_and_sms_together_gets_three_of_each_whoever_asks(app, clock):
    for index in range(20):
        clock.shift(20 * MINUTE)
        register(app, index, by_email="y", email="victim@example.lu", by_sms="y", mobile="621 123 456")
    counts = {
        channel: Notification.select().where(Notification.channel == channel).count() for channel in ("email", "sms")
    }
    assert counts == {"email": 3, "sms": 3} and Dossier.select().count() == 20


def test_store_broken_in_mid_run_gives_the_number_and_sends_nothing_before_the_paper_arrives(either):
    register(either, 1, by_sms="y", mobile="621 123 456")
    browser = Visitor(either)
    page = past_the_captcha(browser)
    db.execute_sql("ALTER TABLE counter RENAME TO hidden")
    shown = browser.submit(page, CONTACT, by_sms="y", mobile="661 123 456", by_email="y", email="a@example.lu")
    db.execute_sql("ALTER TABLE hidden RENAME TO counter")
    assert "We cannot send an SMS" in shown.text and "We cannot write to this e-mail address" in shown.text
    assert "Your number counts all the same" in shown.text and "on its way to you" not in shown.text
    assert [notification.channel for notification in Notification.select()] == ["sms"]
    assert Contact.select().count() == 3


def test_region_can_be_closed_by_a_setting(sqlite_url):
    app = running(sqlite_url, SMS_REGIONS=["LU"])
    browser = Visitor(app)
    page = browser.submit(past_the_captcha(browser), CONTACT, 422, by_sms="y", mobile="+33 6 12 34 56 78")
    assert "cannot send SMS to this country" in page.errors["mobile"]
    assert page.soup.select_one("#mobile")["value"] == "+33 6 12 34 56 78"
    db.close()


def test_spending_is_a_number_for_whoever_watches(sqlite_url, form):
    app = running(sqlite_url, METRICS_TOKEN="token")
    dossier = Dossier.announce(form, "en", "key")
    assert left(dossier, "+352621123456") == ""
    shown = app.test_client().get("/metrics", headers={"Authorization": "Bearer token"}).text
    assert "etracking_sms_spent_cents 8.0\n" in shown and "etracking_sms_budget_cents 50000.0\n" in shown
    db.close()
