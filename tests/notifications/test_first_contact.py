"""Limits of first notifications that no stranger can fill: each attack ends, and an honest citizen notices nothing."""

import datetime as dt

import pytest

from models import Contact, Counter, Dossier, Notification, Outcome, Used, now, today
from models.dossiers.moves import Move
from models.notifications import consent, conversion, mail_limits, outbox, verdicts
from models.notifications.allowance import HOUR
from support.registration import CONTACT, past_the_captcha
from support.visitor import Page, Visitor

HELD_BACK = "We cannot write to this e-mail address at the moment"


def everywhere(index: int) -> str:
    """One of very many networks of the widest kind."""
    return f"{11 + index % 80}.{index // 80 % 250}.9.1"


def register(app, address: str, email: str, status: int = 200) -> Page:
    browser = Visitor(app, address=address)
    return browser.submit(past_the_captcha(browser), CONTACT, status, by_email="y", email=email)


def first_mails() -> int:
    return Notification.select().where(Notification.channel == "email").count()


def counted() -> dict[str, int]:
    return {row.key: row.count for row in Counter.select()}


@pytest.mark.parametrize("fields", [{"email": "no address"}, {"email": "a@example.lu", "website": "filled"}])
def test_registration_that_comes_to_nothing_leaves_no_count(app, fields):
    browser = Visitor(app)
    page = past_the_captcha(browser)
    before = counted()
    browser.submit(page, CONTACT, 422, by_email="y", **fields)
    assert counted() == before


def test_registration_that_fails_half_way_leaves_no_count(app, monkeypatch):
    browser = Visitor(app)
    page = past_the_captcha(browser)
    before, marks = counted(), Used.select().count()

    def fails(*_given, **_named):
        raise RuntimeError

    monkeypatch.setattr(Notification, "queue", fails)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    browser.submit(page, CONTACT, 500, by_email="y", email="somebody@example.org")
    assert counted() == before and Used.select().count() == marks and not Dossier.select().exists()


def test_stranger_cannot_use_up_the_mails_of_an_address_from_one_network(app):
    for index in range(4):
        register(app, f"192.0.2.{index}", "victim@example.lu")
    assert first_mails() == 2
    shown = register(app, "198.51.100.7", "victim@example.lu")
    assert "An e-mail is on its way to you" in shown.text and first_mails() == 3


def test_whose_address_was_filled_by_strangers_is_told_so_and_hears_everything_once_the_paper_is_there(app, clerk):
    for index in range(5):
        register(app, everywhere(index), "victim@example.lu")
    shown = register(app, "198.51.100.7", "victim@example.lu")
    assert first_mails() == 3 and HELD_BACK in shown.text and "on its way to you" not in shown.text
    assert "As soon as your papers have arrived, the news goes to this e-mail address too" in shown.text
    dossier = Dossier.get(Dossier.number == shown.url.rpartition("/")[2])
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    told = Notification.select().join(Contact).where(Contact.dossier == dossier)
    assert [(each.kind, each.contact.address) for each in told] == [("received", "victim@example.lu")]


def test_address_that_was_confirmed_from_the_same_browser_has_no_limit_there(app):
    browser = Visitor(app)
    for _ in range(4):
        shown = browser.submit(past_the_captcha(browser), CONTACT, by_email="y", email="mine@example.lu")
        consent.confirm(Contact.select().order_by(Contact.id.desc()).get())
    assert "An e-mail is on its way to you" in shown.text and first_mails() == 4


def test_mail_bomb_over_one_domain_ends_and_other_domains_notice_nothing(either, monkeypatch):
    monkeypatch.setattr(mail_limits, "PER_DOMAIN", ((5, HOUR), (10, dt.timedelta(days=1))))
    pages = [register(either, everywhere(index), f"staff{index}@example.lu") for index in range(8)]
    assert first_mails() == 5 and HELD_BACK in pages[-1].text
    assert "on its way to you" in register(either, everywhere(3), "somebody@example.org").text
    consent.confirm(Contact.get(Contact.at("email", "staff1@example.lu")))
    assert "on its way to you" in register(either, "198.51.100.7", "staff9@example.lu").text, "who says yes makes room"


def test_last_fifth_of_a_domain_is_for_networks_that_asked_for_nothing(app, monkeypatch):
    monkeypatch.setattr(mail_limits, "PER_DOMAIN", ((5, HOUR),))
    for index in range(8):
        register(app, f"2001:db8:{index:x}::1", f"staff{index}@example.lu")
    assert first_mails() == 4
    assert "on its way to you" in register(app, "198.51.100.7", "honest@example.lu").text


def test_few_answers_to_mails_stop_them_and_the_page_gives_the_number_all_the_same(either, form, clock):
    dossier = Dossier.announce(form, "en", "many", [])
    contact = {"dossier": dossier, "channel": "email", "language": "en", "created_at": now(), "asked_at": now()}
    for index in range(100):
        Contact.create(**contact, address=f"a@example{index}.lu", confirmed_at=now() if index < 9 else None)
    assert "on its way to you" in register(either, everywhere(1), "a@example.org").text, "nobody had time to answer"
    clock.shift(31 * 60)
    assert HELD_BACK in register(either, everywhere(2), "b@example.org").text
    assert conversion.suspicious()
    clock.shift(HOUR)
    pages = [register(either, everywhere(index), f"c@example{index}.org") for index in range(3, 5)]
    assert all("on its way to you" in page.text for page in pages), "then a few an hour, until people say yes"


def test_mail_that_leaves_is_asked_and_counts_for_the_breaker(app, form):
    Dossier.announce(form, "en", "one", [("email", "somebody@example.org")])
    assert Contact.get().asked_at is None
    claimed = outbox.claim("worker", "email")
    verdicts.record(claimed, Outcome.SENT)
    assert Contact.get().asked_at is not None
