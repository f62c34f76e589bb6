"""The page behind the link that only one contact received: it opens for that one alone, and looking changes nothing."""

import base64

import pytest

from models import Contact, Dossier, Event, Notification, Outcome, db, now, today
from models.dossiers.moves import Move
from models.notifications import consent, outbox
from support.contacts import MAIL, SMS, contact, link, press
from support.database import dump
from support.site import running
from support.visitor import Page, Visitor, values


@pytest.fixture
def both(form) -> Dossier:
    """A dossier with a mail address and a mobile number."""
    return Dossier.announce(form, "en", "key-of-both", [MAIL, SMS])


def buttons(page: Page) -> list[str]:
    return [button["value"] for button in page.soup.select("main button[name=action]")]


def test_page_tells_of_the_dossier_and_of_no_address(app, visitor, both):
    for channel in ("email", "sms"):
        page = visitor.get(link(app, both, channel))
        assert page.soup.find("a", href=f"/t/{both.number}") and both.form.procedure.title["en"] in page.text
        assert "somebody" not in page.html and "621123456" not in page.html
        assert buttons(page) == ["confirm", "stop", "erase"]
        assert page.soup.select_one("details [value=erase]"), "what cannot be undone takes two steps"


def test_page_is_kept_nowhere_and_found_by_no_search_engine(app, visitor, both):
    answer = visitor.open(link(app, both))
    assert answer.headers["Cache-Control"] == "no-store" and "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_looking_changes_nothing_however_often_a_mail_program_follows_the_link(app, visitor, both):
    before, path = dump(), link(app, both)
    for query in ("", "?done=confirm", "?action=confirm", "?action=erase"):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert visitor.open(path + query, method).status_code == 200
    assert dump() == before


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_page_takes_no_other_method(app, visitor, both, method):
    token = visitor.get(link(app, both)).soup.select_one("[name=csrf_token]")["value"]
    assert visitor.open(link(app, both), method, headers={"X-CSRFToken": token}).status_code == 405


def test_holder_confirms_and_hears_of_the_next_step_before_the_paper_has_arrived(app, visitor, both, clerk):
    page = press(visitor, link(app, both), "confirm")
    assert "You will be told of every step" in page.text and buttons(page) == ["stop", "erase"]
    first = contact(both).confirmed_at
    assert first and contact(both, "sms").confirmed_at is None
    both.move(Move("withdrawn", by=clerk, version=1))
    told = Notification.select().join(Event).where(Event.kind == "withdrawn")
    assert [notification.contact.channel for notification in told] == ["email"]


def test_stop_ends_the_messages_to_this_contact_and_only_to_it(app, visitor, both, clerk):
    page = press(visitor, link(app, both), "stop")
    assert "No more messages are sent" in page.text and buttons(page) == ["start", "erase"]
    assert contact(both).stopped_at and contact(both, "sms").stopped_at is None
    assert {m.contact.channel: m.state for m in Notification.select()} == {"email": "cancelled", "sms": "queued"}
    both.move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert [m.contact.channel for m in Notification.select().where(Notification.state == "queued")] == ["sms", "sms"]


def test_old_tab_cannot_start_again_what_was_stopped(app, visitor, both):
    tab = visitor.get(link(app, both))
    press(visitor, link(app, both), "stop")
    page = visitor.post(link(app, both), data=values(tab.form("/c/")) | {"action": "confirm"})
    assert contact(both).stopped_at and "Messages are stopped" in page.text
    assert "You will be told of every step" not in page.text


def test_erased_address_is_gone_with_its_link_while_the_number_goes_on(app, visitor, both):
    path, other = link(app, both), link(app, both, "sms")
    page = press(visitor, path, "erase")
    assert page.title == "Your address is forgotten" and page.response.headers["Cache-Control"] == "no-store"
    assert visitor.get(page.soup.main.find("a")["href"]).title == "Not arrived yet"
    assert contact(both) is None and [m.contact.channel for m in Notification.select()] == ["sms"]
    visitor.get(path, status=410)
    assert buttons(visitor.get(other)) == ["confirm", "stop", "erase"]


def test_link_of_an_erased_contact_does_not_open_the_next_one(app, visitor, both, form):
    """SQLite gives the id of the last row to the next one."""
    path, last = link(app, both, "sms"), contact(both, "sms").id
    contact(both, "sms").erase()
    later = Dossier.announce(form, "en", "key-of-a-later-one", [("sms", "+352621999999")])
    assert contact(later, "sms").id == last
    visitor.get(path, status=410)


def test_address_can_be_erased_while_its_message_is_on_its_way(app, visitor, both):
    outbox.claim("worker", "email")
    press(visitor, link(app, both), "erase")
    assert contact(both) is None


def test_dossier_shows_no_trace_of_what_its_contacts_chose(app, visitor, both):
    before = visitor.get(f"/t/{both.number}").html
    press(visitor, link(app, both), "confirm")
    press(visitor, link(app, both), "stop")
    assert visitor.get(f"/t/{both.number}").html == before


@pytest.mark.parametrize("action", ["", "move", "delete_instance", "save", "__init__"])
def test_only_the_choices_on_the_page_are_taken(app, visitor, both, action):
    before = list(Contact.select().tuples())
    press(visitor, link(app, both), action, 400)
    assert list(Contact.select().tuples()) == before


def test_choice_without_the_token_of_the_page_is_refused(app, visitor, both):
    for action in ("confirm", "stop", "start", "keep", "erase"):
        assert visitor.open(link(app, both), "POST", data={"action": action}).status_code == 400
    assert contact(both).confirmed_at is None and contact(both).stopped_at is None


def forged(token: str) -> list[str]:
    """What somebody may try who has one link and wants another."""
    raw = base64.b32decode(token.upper())
    changed = [raw[:4] + bytes(11), raw[:-1] + bytes([raw[-1] ^ 1]), raw[:4], raw + b"\0", raw[:10]]
    texts = [base64.b32encode(each).decode().lower() for each in changed]
    return [*texts, token[:-1], token + "a" * 8, token + "=" * 8, "a", "7" * 24, "a" * 5000, "é" * 24, "%00", "..", "1"]


def of_another(token: str, step: int) -> str:
    """The token with the id of another contact."""
    raw = base64.b32decode(token.upper())
    other = int.from_bytes(raw[:4], "big") + step
    return base64.b32encode(other.to_bytes(4, "big") + raw[4:]).decode().lower()


def test_link_with_the_id_of_another_contact_opens_nothing_and_tells_not_whether_there_is_one(app, visitor, both):
    token = link(app, both).removeprefix("/c/")
    for step in (1, 1000):
        answer = visitor.open(f"/c/{of_another(token, step)}")
        assert (Contact.get_or_none(Contact.id == both.contacts[0].id + step) is not None) == (step == 1)
        assert answer.status_code == 410 and "example" not in answer.text and both.number not in answer.text
        assert "Nothing is kept about this address any more" in answer.text


def test_forged_links_open_nothing(app, visitor, both):
    for token in forged(link(app, both).removeprefix("/c/")):
        assert visitor.open(f"/c/{token}").status_code == 404, token


def test_link_works_in_capitals(app, visitor, both):
    path = link(app, both)
    assert visitor.get("/c/" + path.removeprefix("/c/").upper()).status == 200


def test_link_is_worth_nothing_on_a_site_with_another_secret(sqlite_url, app, both):
    path = link(app, both)
    elsewhere = running(sqlite_url, SECRET_KEY="quite another secret of thirty-two characters")
    assert Visitor(elsewhere).open(path).status_code == 404
    db.close()


def test_messages_that_were_stopped_start_again(app, visitor, both, clerk):
    press(visitor, link(app, both), "stop")
    page = press(visitor, link(app, both), "start")
    assert "You get messages again" in page.text and buttons(page) == ["stop", "erase"]
    both.move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert "email" in [m.channel for m in Notification.select().join(Event).where(Event.kind == "received")]


def test_mail_program_stops_with_one_click_and_without_a_cookie(app, both):
    path, program = link(app, both) + "/stop", app.test_client(use_cookies=False)
    assert program.get(path).status_code == 302 and contact(both).stopped_at is None
    for _ in range(2):
        answer = program.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (
            answer.status_code == 200 and answer.mimetype == "text/plain" and not answer.headers.getlist("Set-Cookie")
        )
    assert contact(both).stopped_at and contact(both, "sms").stopped_at is None
    assert program.post("/c/" + "7" * 24 + "/stop").status_code == program.put(path).status_code - 1 == 404


def test_export_holds_all_that_is_kept_of_this_contact_and_nothing_of_another(app, visitor, both):
    answer = visitor.open(link(app, both) + "/data.json")
    assert answer.json["address"] == MAIL[1] and answer.json["notifications"][0]["about"] == "announced"
    assert SMS[1] not in answer.text and answer.headers["Cache-Control"] == "no-store"
    assert "attachment" in answer.headers["Content-Disposition"]
    kept = {field.name for field in Contact._meta.sorted_fields}
    told = set(answer.json) - {"number", "notifications"}
    inner = {"id", "dossier", "row_key", "link", "address_hash", "replaces", "replaced_at"}
    assert kept - inner - {"by_link"} <= told and visitor.open("/c/" + "7" * 24 + "/data.json").status_code == 404


@pytest.mark.parametrize("language", ["de", "fr", "lb"])
def test_page_speaks_the_language_of_its_reader(app, both, language):
    page = Visitor(app, language).get(link(app, both))
    assert page.soup.html["lang"] == language and "Stop the messages" not in page.text


def test_choices_work_on_both_databases(either, both):
    path, visitor = link(either, both), Visitor(either)
    for action in ("confirm", "stop", "erase"):
        press(visitor, path, action)
    visitor.get(path, status=410)
    assert visitor.open("/c/" + "7" * 24).status_code == 404
    db.connect(reuse_if_open=True)
    assert [each.channel for each in Contact.select()] == ["sms"]


def test_citizen_who_could_not_be_reached_reads_so_on_the_status_page_until_a_message_gets_through(
    either, both, monkeypatch
):
    visitor = Visitor(either)
    page = f"/t/{both.number}"
    before = visitor.get(page)
    consent.confirm(contact(both))
    notification = Notification.get(Notification.contact == contact(both))
    notification.put(state="sent", attempts=1)
    Notification.record_delivery_report(str(notification.id), Outcome.NEVER, error="bounced: 5.1.1")
    shown = visitor.get(page)
    said = shown.soup.select_one(".notice").get_text(" ", strip=True)
    assert (
        said.startswith(f"We could not reach you at this address: {contact(both).masked}") and MAIL[1] not in shown.html
    )
    consent.confirm(contact(both, "sms"))
    assert visitor.get(page).html == before.html, "the other address is told instead"
    consent.stop(contact(both, "sms"))
    tag = visitor.get(page).response.headers["ETag"]
    Notification.record_delivery_report(str(notification.id), Outcome.DELIVERED)
    assert visitor.get(page).html == before.html and visitor.get(page).response.headers["ETag"] != tag


def bounced(dossier: Dossier, state: str = "failed") -> None:
    """The first mail of `dossier` came back, or a later one did."""
    Notification.update(state=state, run_at=None, attempts=1).execute()
    Contact.update(failed_at=now()).where(Contact.channel == "email").execute()
    consent.stop(contact(dossier, "sms"))


def test_who_holds_the_number_corrects_an_address_that_nothing_ever_arrived_at(app, visitor, both):
    bounced(both)
    page, wrong = visitor.get(f"/t/{both.number}"), contact(both)
    action = f"/t/{both.number}/address/{wrong.id}"
    refused = visitor.submit(page, action, status=422, address="nonsense")
    assert refused.soup.select_one("[name=address]")["value"] == "nonsense" and "address" in refused.errors
    page = visitor.submit(refused, action, address="right@example.lu")
    assert "As soon as r***@e... says yes" in page.text and not page.soup.select(f"[action='{action}']")
    right = Contact.get(Contact.at("email", "right@example.lu"))
    assert right.replaces == wrong and [m.kind for m in right.notifications] == ["added"]
    with app.app_context():
        press(visitor, f"/c/{right.token}", "confirm")
    assert "could not reach" not in visitor.get(f"/t/{both.number}").text


@pytest.mark.parametrize(
    ("outcome", "error", "said"),
    [(Outcome.LATER, "bounced: 5.2.2", "mailbox is full"), (Outcome.POLICY, "bounced: 5.7.1", "may well be right")],
)
def test_citizen_reads_that_the_mailbox_is_full_or_a_rule_refused_the_message(app, visitor, both, outcome, error, said):
    bounced(both, "sent")
    Contact.mark_failed(contact(both).id, outcome, error)
    text = visitor.get(f"/t/{both.number}").soup.select_one(".notice").get_text(" ", strip=True)
    assert said in text and "correct" not in text and "To use another address" in text


def test_address_that_something_may_have_arrived_at_is_corrected_by_its_own_link_only(app, visitor, both):
    bounced(both, "sent")
    assert "earlier message of ours" in visitor.get(f"/t/{both.number}").text
    for key in (contact(both).id, 999):
        answer = app.test_client().post(f"/t/{both.number}/address/{key}", data={"address": "thief@example.lu"})
        assert answer.status_code == 409
    assert not Contact.select().where(Contact.at("email", "thief@example.lu")).exists()
    assert app.test_client().post("/t/K7Q2MX4P9TRWY/address/1").status_code == 404
    assert app.test_client().get(f"/t/{both.number}/address/1").status_code == 405
