"""One address gives way to another, helpers are asked: nobody hears more than one notification unasked, nothing in silence."""

import itertools
import threading

import pytest

from models import Contact, Dossier, Event, Notification, db, now, today
from models.dossiers.moves import Act, Move
from models.notifications import addresses, consent
from models.notifications.contact import REPLACED_KEPT_FOR, hashed
from models.security import keys
from support.contacts import MAIL, SMS, contact, link, press
from support.moves import HOLD
from support.registration import CONTACT, past_the_captcha
from support.visitor import Visitor


@pytest.fixture
def both(form) -> Dossier:
    """A dossier with a mail address, whose holder said yes, and a mobile number."""
    dossier = Dossier.announce(form, "en", "key-of-both", [MAIL, SMS])
    consent.confirm(contact(dossier))
    return dossier


def give(visitor: Visitor, path: str, verb: str, address: str, channel: str = "email", status: int = 200):
    page = visitor.get(path)
    return visitor.submit(page, f"{verb}/{channel}", status, **{f"{verb}-{channel}-address": address})


def holds(address: str):
    return Contact.at("email" if "@" in address else "sms", address)


def link_of(app, address: str) -> str:
    with app.app_context():
        return f"/c/{Contact.get(holds(address)).token}"


def told(address: str) -> list[str]:
    """What leaves for this address when its notifications are looked at by the transport."""
    notifications = Notification.select().join(Contact).where(holds(address) & (Notification.state != "cancelled"))
    return [notification.event.kind for notification in notifications.order_by(Notification.id) if notification.wanted]


def test_new_address_takes_the_place_of_the_old_one_only_by_its_own_yes(app, visitor, both, clerk):
    old = link(app, both)
    page = give(visitor, old, "exchange", "new@example.lu")
    assert "takes the place of this one" in page.text and "new@example.lu" not in page.html
    assert told("new@example.lu") == ["added"] and told(MAIL[1]) == ["announced", "changed"]
    both.move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert told("new@example.lu") == ["added"] and told(MAIL[1])[-1] == "received"  # paper says nothing of it
    press(visitor, link_of(app, "new@example.lu"), "confirm")
    visitor.get(old, status=404)
    both.move(Move("examination", by=clerk, version=2))
    assert told("new@example.lu") == ["added", "received", "examination"] and told(MAIL[1]) == ["changed"]


def test_news_that_wait_for_the_old_address_are_told_to_the_new_one(app, visitor, both, clerk):
    Notification.update(state="sent", run_at=None).execute()
    give(visitor, link(app, both), "exchange", "new@example.lu")
    both.move(Move("received", by=clerk, version=1, arrived_on=today()))
    waiting = Notification.select().join(Contact).where((Contact.at(*MAIL)) & (Notification.kind == "received")).get()
    waiting.put(state="deferred", run_at=now() + REPLACED_KEPT_FOR, attempts=1, error="greylisted")
    press(visitor, link_of(app, "new@example.lu"), "confirm")
    assert told("new@example.lu") == ["added", "received"]
    assert told(MAIL[1]) == ["changed"]


def test_old_address_hears_of_the_change_however_quick_the_thief_is(app, visitor, both):
    """Change, yes and stop within the same second: the notice leaves all the same."""
    old = link(app, both)
    give(visitor, old, "exchange", "thief@example.lu")
    press(visitor, old, "stop")
    press(visitor, link_of(app, "thief@example.lu"), "confirm")
    assert told(MAIL[1]) == ["changed"]


def test_change_is_taken_back_by_the_old_address(app, visitor, both):
    give(visitor, link(app, both), "exchange", "thief@example.lu")
    thief = link_of(app, "thief@example.lu")
    page = press(visitor, link(app, both), "keep")
    assert "go on coming here" in page.text
    visitor.get(thief, status=410)
    assert not Contact.select().where(Contact.at("email", "thief@example.lu")).exists()


def test_second_change_replaces_the_first(app, visitor, both):
    for address in ("first@example.lu", "second@example.lu"):
        give(visitor, link(app, both), "exchange", address)
    assert {each.address for each in both.contacts} == {MAIL[1], SMS[1], "second@example.lu"}


def test_replaced_address_is_forgotten_when_its_last_message_must_have_left(app, visitor, both):
    give(visitor, link(app, both), "exchange", "new@example.lu")
    press(visitor, link_of(app, "new@example.lu"), "confirm")
    assert Contact.purge() == 0 and contact(both).replaced_at
    Contact.update(replaced_at=now() - REPLACED_KEPT_FOR * 1.01).where(Contact.at(*MAIL)).execute()
    assert Contact.purge() == 1 and not Contact.select().where(Contact.at(*MAIL)).exists()


def test_owner_comes_back_to_an_address_that_was_replaced(app, visitor, both):
    give(visitor, link(app, both), "exchange", "new@example.lu")
    press(visitor, link_of(app, "new@example.lu"), "confirm")
    give(visitor, link_of(app, "new@example.lu"), "exchange", MAIL[1])
    press(visitor, link_of(app, MAIL[1]), "confirm")
    assert {each.address for each in both.contacts if not each.replaced_at} == {MAIL[1], SMS[1]}


def test_without_an_account_for_sms_no_mobile_number_can_be_given(app, visitor, both):
    app.config["VONAGE_APPLICATION_ID"] = ""
    page = visitor.get(link(app, both))
    assert page.soup.select("[name=add-email-address]") and not page.soup.select("[name$=-sms-address]")


def test_change_can_go_from_mail_to_sms(app, visitor, both):
    give(visitor, link(app, both), "exchange", "661 123 456", "sms")
    assert told("+352661123456") == ["added"]


def test_helper_is_asked_once_learns_no_name_and_everybody_sees_who_is_told(app, visitor, both):
    page = give(visitor, link(app, both), "add", "helper@example.lu")
    assert "h***@e..." in page.text and "has not said yes yet" in page.text
    assert told("helper@example.lu") == ["added"]
    helper = visitor.get(link_of(app, "helper@example.lu"))
    assert "Someone who holds this number would like you to be told too" in helper.text
    assert "s***@e..." in helper.text and "+352 *** *56" in helper.text
    for address in ("helper@example.lu", MAIL[1], SMS[1]):
        assert address not in helper.html + page.html


def test_helper_hears_nothing_more_before_their_own_yes_and_then_everything(app, visitor, both, clerk):
    give(visitor, link(app, both), "add", "helper@example.lu")
    both.move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert told("helper@example.lu") == ["added"]
    press(visitor, link_of(app, "helper@example.lu"), "confirm")
    both.move(Move("examination", by=clerk, version=2))
    assert told("helper@example.lu") == ["added", "examination"]


def test_contact_of_the_registration_hears_one_message_and_all_after_the_paper_arrived(app, both, clerk):
    assert told(SMS[1]) == ["announced"]
    both.move(Move("withdrawn", by=clerk, version=1))
    assert told(SMS[1]) == ["announced"]
    later = Dossier.announce(both.form, "en", "later", [("sms", "+352661000001")])
    later.move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert told("+352661000001") == ["announced", "received"]


def at_once(dossier: Dossier, wishes: list[str]) -> list[str]:
    """What comes of adding these addresses, all at the same moment."""
    outcomes, barrier, holder = [], threading.Barrier(len(wishes)), contact(dossier).id

    def add(address: str) -> None:
        with db.connection_context():
            mine = Contact.get_by_id(holder)
            barrier.wait()
            try:
                outcomes.append(addresses.add(mine, "email", address).address)
            except addresses.TooManyContactsError:
                outcomes.append("full")

    threads = [threading.Thread(target=add, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_helpers_added_at_once_are_no_more_than_may_be(either, both):
    outcomes = at_once(both, [f"helper{number}@example.lu" for number in range(4)])
    assert outcomes.count("full") == 2 and both.contacts.count() == addresses.MAX_CONTACTS


def test_helper_added_twice_at_once_is_asked_once(either, both):
    assert at_once(both, ["helper@example.lu"] * 4) == ["helper@example.lu"] * 4
    assert told("helper@example.lu") == ["added"]


@pytest.mark.parametrize("verb", ["add", "exchange"])
def test_form_that_is_sent_twice_is_answered_alike_and_asks_once(app, visitor, both, verb):
    page = visitor.get(link(app, both))
    for _press in range(2):
        visitor.submit(page, f"{verb}/email", **{f"{verb}-email-address": "helper@example.lu"})
    assert told("helper@example.lu") == ["added"] and told(MAIL[1]).count("changed") == (verb == "exchange")


def test_only_who_said_yes_may_give_other_addresses(app, visitor, both):
    token = visitor.get(link(app, both)).soup.select_one("[name$=csrf_token]")["value"]
    data = {"csrf_token": token, "add-email-address": "victim@example.lu"}
    assert visitor.open(link(app, both, "sms") + "/add/email", "POST", data=data).status_code == 409
    assert not told("victim@example.lu")
    for path in ("/add/fax", "/remove/email", "/add/email/1"):
        assert visitor.open(link(app, both) + path, "POST", data=data).status_code == 404
    assert visitor.open(link(app, both) + "/add/email").status_code == 405
    assert visitor.open(link(app, both) + "/add/email", "POST", data={}).status_code == 400


@pytest.mark.parametrize(
    ("typed", "channel", "why"),
    [
        ("", "email", "Please type an e-mail address"),
        ("nonsense", "email", "does not look like"),
        ("SOMEBODY+2@Example.org", "email", "being told already"),
        ("621 123 456", "sms", "being told already"),
        ("26 12 34 56", "sms", "not a mobile number"),
        ("+88 16 33 12 34 56", "sms", "cannot send SMS to this country"),
    ],
)
def test_address_that_cannot_be_is_refused_beside_its_field_and_kept(app, visitor, both, typed, channel, why):
    page = give(visitor, link(app, both), "add", typed, channel, 422)
    name = f"add-{channel}-address"
    assert why in page.errors[name] and page.soup.find(id=name).find_parent("details").has_attr("open")
    assert page.soup.find(id=name).get("value", "") in (typed, "SOMEBODY+2@example.org", "+352621123456")
    assert both.contacts.count() == 2


def test_dossier_has_no_more_than_four_addresses(app, visitor, both):
    give(visitor, link(app, both), "add", "one@example.lu")
    tab = visitor.get(link(app, both))
    page = give(visitor, link(app, both), "add", "two@example.lu")
    assert not [form for form in page.soup("form") if "/add/" in form["action"]]
    page = visitor.submit(tab, "add/email", 422, **{"add-email-address": "three@example.lu"})
    assert both.contacts.count() == 4


def test_link_writes_to_no_more_than_three_further_addresses_a_day(app, visitor, both):
    for index in range(4):
        page = give(visitor, link(app, both), "exchange", f"n{index}@example.lu", status=422 if index == 3 else 200)
    assert "cannot write to this address at the moment" in page.errors["exchange-email-address"]


def test_victim_is_asked_three_times_a_day_by_all_ways_together(app, both):
    ways = itertools.count(1)
    for _ in range(3):
        browser = Visitor(app, address=f"198.51.{next(ways)}.1")
        browser.submit(past_the_captcha(browser), CONTACT, by_email="y", email="victim@example.lu")
    page = give(Visitor(app), link(app, both), "add", "victim+x@example.lu", status=422)
    assert "cannot write to this address" in page.errors["add-email-address"]
    assert Notification.select().join(Contact).where(Contact.at("email", "victim@example.lu")).count() == 3


def test_who_says_stop_before_ever_saying_yes_is_left_in_peace(app, visitor, form):
    dossier = Dossier.announce(form, "en", "of a bully", [("email", "victim@example.lu")])
    press(visitor, link(app, dossier), "stop")
    page = visitor.submit(past_the_captcha(visitor), CONTACT, by_email="y", email="victim@example.lu")
    assert "We cannot write to this e-mail address" in page.text and Dossier.select().count() == 2
    press(visitor, link(app, dossier), "start")
    page = visitor.submit(past_the_captcha(visitor), CONTACT, by_email="y", email="victim@example.lu")
    assert "An e-mail is on its way" in page.text


def test_public_history_and_undo_know_nothing_of_contacts(app, visitor, both, clerk):
    event = both.move(Move("received", by=clerk, version=1, arrived_on=today(), hold=HOLD))
    shown = visitor.get(f"/t/{both.number}").html
    addresses.add(Contact.get(Contact.at(*MAIL)), "email", "helper@example.lu")
    assert visitor.get(f"/t/{both.number}").html == shown
    assert Event.select().where(Event.kind == "added").exists()
    both.undo(event, Act(by=clerk, version=2))
    assert both.status == "announced"


def test_everything_works_on_both_databases(either, both):
    visitor, old = Visitor(either), link(either, both)
    give(visitor, old, "add", "helper@example.lu")
    give(visitor, old, "exchange", "new@example.lu")
    press(visitor, link_of(either, "new@example.lu"), "confirm")
    assert visitor.open(old).status_code == 404


def test_hash_is_found_again_by_every_spelling_and_made_by_nobody_without_the_key(app):
    assert hashed("email", "V.Ictim+1@GoogleMail.com") == hashed("email", "victim@gmail.com")
    assert hashed("email", "a.b@example.lu") != hashed("email", "ab@example.lu")
    before = hashed("sms", SMS[1])
    keys.initialize("another secret of at least thirty-two characters")
    assert hashed("sms", SMS[1]) != before
