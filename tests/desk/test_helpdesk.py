"""On the telephone: the caller's dossier is found, what was sent is told, an address put right; and all of it is kept."""

import datetime as dt
import logging

import pytest

from models import Audit, Contact, Dossier, Event, Form, Notification, Procedure, db, now, today
from models.dossiers.number import grouped
from support.desk_pages import address, move
from support.site import account, signed_in
from support.visitor import Page, Visitor

CANARY = "canary.bird@example.org"
MOBILE = "+352621123456"


@pytest.fixture
def called(form) -> Dossier:
    """A dossier that is told by mail and by SMS."""
    return Dossier.announce(form, "en", "key of the caller", [("email", CANARY), ("sms", MOBILE)])


@pytest.fixture
def elsewhere() -> Dossier:
    """A dossier of another authority that the same address is told of."""
    form = Form.select().join(Procedure).where(Procedure.slug != "rent-subsidy", Form.tracked)
    mine = Procedure.get(Procedure.slug == "rent-subsidy").authority
    other = form.where(Procedure.authority != mine).first()
    return Dossier.announce(other, "en", "key elsewhere", [("email", CANARY)])


@pytest.fixture
def phone(app, helpdesk) -> Visitor:
    """The helpdesk's browser, signed in."""
    return signed_in(app, helpdesk)


def look_up(browser: Visitor, address: str, status: int = 200, reason: str = "status", **options) -> Page:
    return browser.submit(browser.get("/desk/helpdesk"), "/helpdesk", status, address=address, reason=reason, **options)


def found(page: Page) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.soup.select("#found tbody th")]


def kept(action: str) -> list[dict]:
    return [row.details for row in Audit.select().where(Audit.action == action).order_by(Audit.id)]


def contact(channel: str = "email") -> Contact:
    return Contact.select().where(Contact.channel == channel).order_by(Contact.id).get()


def act(browser: Visitor, one: Contact, verb: str, status: int = 200, reason: str = "status", **fields) -> Page:
    page = browser.get(f"/desk/contacts/{one.id}")
    return browser.submit(page, f"/contacts/{one.id}", status, act=verb, reason=reason, **fields)


@pytest.mark.parametrize(
    "said",
    [CANARY, " Canary.Bird@EXAMPLE.org ", "canary.bird+rent@example.org", MOBILE, "621 123 456", "00352621123456"],
)
def test_dossier_is_found_by_what_the_caller_says_in_any_spelling(phone, called, helpdesk, said):
    page = look_up(phone, said)
    assert found(page) == [grouped(called.number)] and page.title == "1 dossier found"
    assert CANARY not in page.html and MOBILE not in page.html and "c***@e..." in page.text
    assert page.response.headers["Cache-Control"] == "no-store"
    channel = "email" if "@" in said else "sms"
    assert kept("look_up") == [{"channel": channel, "reason": "status", "hits": 1}]


def test_clerk_finds_only_the_own_dossiers_the_helpdesk_all(either, clerk, helpdesk, called, elsewhere):
    assert found(look_up(signed_in(either, clerk), CANARY)) == [grouped(called.number)]
    assert set(found(look_up(signed_in(either, helpdesk), CANARY))) == {grouped(d.number) for d in (called, elsewhere)}
    assert [one["hits"] for one in kept("look_up")] == [1, 2]


def test_address_that_nobody_gave_finds_nothing_which_is_kept_too(phone, called):
    page = look_up(phone, "nobody@example.org", reason="data")
    assert page.title == "0 dossiers found" and "No dossier that you may see" in page.text
    assert kept("look_up") == [{"channel": "email", "reason": "data", "hits": 0}]


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("typed", "reason", "wrong"),
    [
        ("", "status", ["address"]),
        ("nobody", "status", ["address"]),
        ("a@b", "status", ["address"]),
        (CANARY, "", ["reason"]),
        (CANARY, "curious", ["reason"]),
        ("+35226123456", "status", ["address"]),
        ("x" * 300 + "@example.org", "", ["address", "reason"]),
    ],
)
def test_look_up_needs_an_address_and_a_reason_and_keeps_what_was_typed(phone, called, typed, reason, wrong, htmx):
    page = look_up(phone, typed, 422, reason=reason, htmx=htmx)
    assert list(page.errors) == wrong
    assert page.soup.select_one("#address")["value"] == typed
    assert kept("look_up") == []


def test_one_account_looks_up_no_more_than_people_call(phone, called, monkeypatch):
    monkeypatch.setattr("blueprints.desk.helpdesk.MAX_LOOK_UPS", 2)
    look_up(phone, CANARY)
    look_up(phone, CANARY)
    refused = look_up(phone, CANARY, 429)
    assert int(refused.response.headers["Retry-After"]) > 0 and len(kept("look_up")) == 2


def test_address_is_in_no_url_no_log_and_no_audit(phone, called, caplog):
    with caplog.at_level(logging.DEBUG):
        look_up(phone, CANARY)
        shown = act(phone, contact(), "unmask")
        act(phone, contact(), "correct", address="canary.two@example.org")
        act(phone, contact(), "stop", reason="wish")
    assert CANARY in shown.html and "canary" not in shown.url
    words = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("peewee"))
    assert "canary" not in words.lower()
    assert "canary" not in str(db.execute_sql("SELECT * FROM audit").fetchall()).lower()


@pytest.mark.parametrize("htmx", [False, True])
def test_address_is_shown_once_for_a_reason(phone, called, helpdesk, htmx):
    one = contact()
    page = phone.get(address(called))
    assert CANARY not in page.html
    shown = phone.submit(page, f"/contacts/{one.id}", 200, htmx, act="unmask", reason="not-received")
    assert CANARY in shown.text and "no-store" in shown.response.headers["Cache-Control"]
    assert CANARY not in phone.get(f"/desk/contacts/{one.id}").html
    row = Audit.select().where(Audit.action == "unmask").get()
    assert (row.staff, row.dossier, row.details) == (
        helpdesk.id,
        called.id,
        {"contact": one.id, "reason": "not-received"},
    )


@pytest.mark.parametrize("action", ["unmask", "correct", "stop", "erase"])
def test_nothing_is_done_to_an_address_without_a_reason(phone, called, action):
    page = act(phone, contact(), action, 422, reason="", address="new@example.org")
    assert "Please choose why" in page.text and CANARY not in page.html
    assert page.soup.details.has_attr("open") and page.soup.select_one("[name=address]")["value"] == "new@example.org"
    assert Audit.select().where(Audit.action == action).count() == 0
    assert (contact().stopped_at, Contact.select().count()) == (None, 2)


def test_corrected_address_is_asked_and_the_old_one_told(phone, called):
    one = contact()
    page = act(phone, one, "correct", address=" New@Example.org ")
    assert "The new address was asked" in page.text and "N***@e..." in page.text
    assert {
        (m.kind, m.contact.address) for m in Notification.select().where(Notification.kind.in_(("added", "changed")))
    } == {
        ("added", "New@example.org"),
        ("changed", CANARY),
    }
    assert kept("correct") == [{"contact": one.id, "new": Contact.select().count(), "reason": "status"}]


def test_address_that_is_told_already_or_that_nothing_can_be_sent_to_is_no_correction(app, phone, called):
    page = act(phone, contact("sms"), "correct", 422, address=CANARY)
    assert "This address is being told already." in page.text and kept("correct") == []
    assert "new address" in act(phone, contact(), "correct", 422, address="").text
    app.config["VONAGE_APPLICATION_ID"] = ""
    assert "sends no SMS" in act(phone, contact(), "correct", 422, address="661 123 456").text


def test_caller_who_wants_no_more_messages_gets_none(phone, called):
    page = act(phone, contact(), "stop", reason="wish")
    assert "stopped" in page.text and contact().stopped_at
    assert Notification.select().join(Contact).where(Contact.channel == "email").get().state == "cancelled"
    assert kept("stop") == [{"contact": contact().id, "reason": "wish"}]


@pytest.mark.parametrize("htmx", [False, True])
def test_caller_who_wants_to_be_forgotten_is(phone, called, htmx):
    one = contact()
    page = phone.get(f"/desk/contacts/{one.id}")
    data = {"csrf_token": page.soup.select_one("[name=csrf_token]")["value"], "act": "erase", "reason": "data"}
    answer = phone.open(f"/desk/contacts/{one.id}", "POST", data=data, htmx=htmx)
    assert answer.headers["HX-Redirect" if htmx else "Location"] == address(called)
    assert [c.channel for c in Contact.select()] == ["sms"] and Notification.select().count() == 1
    assert phone.open(f"/desk/contacts/{one.id}").status_code == 404
    assert kept("erase") == [{"contact": one.id, "reason": "data"}] and Audit.verify()[0] is None


def set_state(channel: str, **changes) -> Notification:
    Notification.update(**changes).where(Notification.channel == channel).execute()
    return Notification.get(Notification.channel == channel)


@pytest.mark.parametrize(
    ("channel", "state", "error", "said"),
    [
        ("email", "failed", "recipient refused: 550 5.1.1", "Email address does not exist"),
        ("email", "failed", "recipient refused: 550", "Email address does not exist"),
        ("email", "failed", "recipient refused: 552 5.2.2", "Mailbox full"),
        ("email", "failed", "SMTPDataError: 554 5.7.1", "Mail server refuses our mail"),
        ("email", "deferred", "recipient refused: 450 4.2.0", "Mail server not taking it right now"),
        ("email", "deferred", "mail server not reached: TimeoutError", "Mail server not reached"),
        ("email", "deferred", "certificate not trusted: not valid for '10.5.1.1'", "Mail server not reached"),
        ("sms", "deferred", "receipt: undeliverable 1180", "Phone not accepting messages right now"),
        ("sms", "failed", "SMS refused: HTTP 422, 1120", "Phone number not in use"),
        ("sms", "failed", "receipt: rejected 1240", "Number barred"),
        ("sms", "unknown", "the worker that sent it was lost", "gave no clear answer"),
    ],
)
def test_what_became_of_a_message_is_said_in_words(phone, called, channel, state, error, said):
    notification = set_state(channel, state=state, error=error, attempts=3, run_at=None)
    block = phone.get(address(called)).soup.select_one(f"#notification-{notification.id}").get_text(" ", strip=True)
    assert said in block and "3 attempts" in block and error not in block and "***" in block


def test_message_that_went_well_says_so_and_no_more(phone, called):
    notification = set_state("email", state="delivered", sent_at=now(), run_at=None)
    block = phone.get(address(called)).soup.select_one(f"#notification-{notification.id}")
    assert block.select_one(".pill").get_text() == "Delivered" and not block.form


@pytest.mark.parametrize("htmx", [False, True])
def test_dead_letter_is_sent_again_from_where_it_is_seen(phone, called, helpdesk, htmx):
    notification = set_state("email", state="failed", run_at=None, error="recipient refused: 550 5.1.1")
    for page in (phone.get("/desk/helpdesk"), phone.get(address(called))):
        assert page.form(f"/notifications/{notification.id}")
    answer = phone.submit(page, f"/notifications/{notification.id}", 200, htmx)
    assert "Waiting to be sent" in answer.text and Notification.get_by_id(notification.id).state == "queued"
    assert kept("resend") == [{"notification": notification.id}]
    assert "Messages we have given up 0" in phone.get("/desk/helpdesk").text
    again = phone.submit(page, f"/notifications/{notification.id}", 409, htmx)
    assert "on its way again already" in again.text and len(kept("resend")) == 1


def test_unreached_citizens_and_dead_letters_are_counted_for_the_own_authority(
    either, clerk, helpdesk, called, elsewhere
):
    Contact.update(failed_at=now()).execute()
    Notification.update(state="failed", run_at=None).execute()
    page = signed_in(either, helpdesk).get("/desk/helpdesk")
    assert [tag.get_text() for tag in page.soup.select("h2 .pill")] == ["3", "3"]
    page = signed_in(either, clerk).get("/desk/helpdesk")
    assert [tag.get_text() for tag in page.soup.select("h2 .pill")] == ["2", "2"]
    assert grouped(elsewhere.number) not in page.text and CANARY not in page.html


def test_another_authoritys_contacts_and_messages_are_not_there(desk, elsewhere):
    token = desk.get("/desk").soup.select_one("[name=csrf_token]")["value"]
    paths = [f"/desk/contacts/{contact().id}", f"/desk/notifications/{Notification.get().id}"]
    for path in (*paths, "/desk/contacts/0", "/desk/contacts/99999999999999999999", "/desk/notifications/x"):
        assert desk.open(path).status_code == 404
    for path in (paths[0], f"{paths[1]}/again"):
        answer = desk.open(path, "POST", data={"csrf_token": token, "act": "unmask", "reason": "status"})
        assert answer.status_code == 404
    assert not Audit.select().where(Audit.action != "signed in").exists()


def test_action_that_is_none_is_refused(phone, called):
    for action in ("", "confirm", "delete_instance"):
        page = phone.get(f"/desk/contacts/{contact().id}")
        token = page.soup.select_one("[name=csrf_token]")["value"]
        data = {"csrf_token": token, "act": action, "reason": "status"}
        assert phone.open(f"/desk/contacts/{contact().id}", "POST", data=data).status_code == 400


def test_helpdesk_reads_the_citizens_own_words_and_moves_nothing(app, phone, desk, visitor, called):
    move(desk, called, "received")
    page = phone.get(address(called))
    seen = page.soup.select_one("section.status").get_text(" ", strip=True)
    assert "Your envelope arrived on" in seen and page.soup.select_one(f"a[href='/t/{called.number}']")
    assert not page.soup.select(f"form[action^='{address(called)}/']")
    assert visitor.get(f"/t/{called.number}").soup.select_one(".status .lead").get_text() in page.text


def test_desk_reads_the_citizens_own_dates(phone, desk, visitor, called):
    """By when the citizen must answer is what callers ask first."""
    move(desk, called, "received")
    move(desk, called, "incomplete")
    citizens = visitor.get(f"/t/{called.number}").soup.select(".status .facts > div")
    dates = {fact.dt.get_text(): fact.dd.find(string=True).strip() for fact in citizens}
    for browser in (phone, desk):
        facts = browser.get(address(called)).soup.select("section.status .facts > div")
        assert {fact.dt.get_text(): fact.dd.get_text().strip() for fact in facts} == dates
    until = (today() + dt.timedelta(days=20)).year
    assert str(until) in dates["By when"]


def test_administrator_may_do_it_too(app, called):
    admin = signed_in(app, account("admin@example.lu", "admin"))
    assert found(look_up(admin, MOBILE)) == [grouped(called.number)]
    assert Event.select().count() == 1


def test_addresses_are_not_read_one_after_the_other(phone, called, monkeypatch):
    monkeypatch.setattr("blueprints.desk.helpdesk.MAX_LOOK_UPS", 1)
    act(phone, contact(), "unmask")
    assert MOBILE not in act(phone, contact("sms"), "unmask", 429).html
    assert len(kept("unmask")) == 1
