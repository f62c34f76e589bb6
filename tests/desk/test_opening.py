"""One screen at the opening: a box for each document that should be there; what is unticked is asked for."""

import datetime as dt
import threading
import uuid

import pytest

from models import Batch, ConflictError, Contact, Dossier, Event, Notification, Read, db, now, today
from models.desk.opening import Opened
from models.dossiers.moves import Act, Move
from models.dossiers.number import grouped
from support.desk_pages import stored
from support.erasing import later
from support.moves import HOLD
from support.post_bag import ask, begin, boxes, read, said, tap, titles
from support.site import account, signed_in

SOON = dt.timedelta(minutes=11)
FORM = "The form itself (else it counts as not arrived)"
ASKED = "Arrived, and asked for what is missing"


@pytest.fixture
def documents(form) -> list[str]:
    return [document["en"] for document in form.enclosures]


def kinds(dossier: Dossier) -> list[str]:
    return [event.kind for event in stored(dossier).history.standing]


def news(dossier: Dossier) -> dict[str, str]:
    """The latest notification of each kind, and its state."""
    rows = Notification.select().join(Event).where(Event.dossier == dossier).order_by(Notification.id)
    return {row.kind: row.state for row in rows}


def test_every_box_is_ticked_and_nothing_need_be_pressed(bag, with_mail, documents):
    page = read(bag, with_mail.number)
    assert boxes(page) == dict.fromkeys([FORM, *documents], True) and len(documents) > 1
    group = page.soup.select_one("fieldset.opened")
    assert grouped(with_mail.number) in group.legend.get_text()
    assert group["aria-describedby"] and page.soup.select_one("#text").has_attr("autofocus")
    assert titles(read(bag, "K7Q2")) == ["Not a whole number"] and kinds(with_mail) == ["announced", "received"]


@pytest.mark.parametrize("htmx", [False, True])
def test_what_is_unticked_is_asked_for_and_the_scanner_is_ready(bag, with_mail, documents, htmx):
    page = ask(bag, read(bag, with_mail.number), documents[0], htmx=htmx)
    assert titles(page) == [ASKED] and boxes(page) == {name: name != documents[0] for name in [FORM, *documents]}
    assert (
        page.soup.select_one(".read")["data-recorded"] == "1" and page.soup.select_one(".read")["data-tone"] == "good"
    )
    assert htmx or page.url == "/desk/post-bag" and page.soup.select_one("#text").has_attr("autofocus")
    dossier = stored(with_mail)
    assert (dossier.status, dossier.arrived_on, dossier.round) == ("incomplete", today(), 1)
    request = dossier.history.latest
    assert request.missing("de") == [with_mail.form.enclosures[0]["de"]]
    assert request.until_set == today() + dt.timedelta(days=30)
    held = Notification.select().join(Event).where(Event.kind.in_(["received", "incomplete"]))
    assert {row.state for row in held} == {"held"} and len(set(held)) == 2
    assert max(row.run_at for row in held) - min(row.run_at for row in held) < dt.timedelta(seconds=1)
    assert max(row.run_at for row in held) < now() + dt.timedelta(minutes=10)


def test_the_same_sent_twice_is_once_and_the_wrong_box_is_corrected(bag, with_mail, documents):
    first = read(bag, with_mail.number)
    page = ask(bag, first, documents[0])
    assert titles(ask(bag, first)) == [ASKED], "a double click"
    assert kinds(with_mail) == ["announced", "received", "incomplete"] and stored(with_mail).version == 3
    page = ask(bag, page, documents[0], documents[1], missing="- Page 3\n", until=f"{today() + dt.timedelta(days=7)}")
    assert stored(with_mail).history.latest.missing("en") == [documents[1], "Page 3"]
    assert stored(with_mail).history.latest.until_set == today() + dt.timedelta(days=7) and stored(with_mail).round == 1
    assert news(with_mail) == {"announced": "queued", "received": "held", "incomplete": "held"}
    page = ask(bag, page, documents[1], missing="")
    assert titles(page) == ["Arrived"] and all(boxes(page).values()) and stored(with_mail).status == "received"
    assert news(with_mail) == {"announced": "queued", "received": "held", "incomplete": "cancelled"}
    assert kinds(with_mail) == ["announced", "received"] and stored(with_mail).round == 0


def test_both_are_taken_back_at_once(bag, with_mail, documents):
    page = tap(bag, ask(bag, read(bag, with_mail.number), documents[0]), "undo")
    assert titles(page) == ["Taken back"] and kinds(with_mail) == ["announced"]
    dossier = stored(with_mail)
    assert (dossier.status, dossier.arrived_on, dossier.round) == ("announced", None, 0)
    assert news(with_mail) == {"announced": "queued", "received": "cancelled", "incomplete": "cancelled"}
    assert Contact.get().confirmed_at is None
    page = read(bag, with_mail.number)
    assert titles(page) == ["Arrived"] and all(boxes(page).values())


def test_what_is_wrong_is_said_beside_its_field_and_what_was_unticked_stays(bag, with_mail, documents):
    page = ask(bag, read(bag, with_mail.number), documents[0], status=422, missing="x" * 2001)
    for wrong in ("", f"{today()}", "soon", "9999-12-31"):
        page = ask(bag, page, status=422, htmx=wrong == "soon", missing="Lease", until=wrong)
        [field] = page.errors
        assert field.endswith("-until") and page.soup.find(id=field)["aria-invalid"] == "true"
        assert boxes(page) == {name: name != documents[0] for name in [FORM, *documents]}
        assert page.soup.select_one("fieldset.opened details").has_attr("open")
    assert kinds(with_mail) == ["announced", "received"]
    assert titles(ask(bag, page, missing="", until=f"{today() + dt.timedelta(days=9)}")) == [ASKED]


def test_nothing_unticked_asks_for_nothing_and_is_said(bag, with_mail):
    page = ask(bag, read(bag, with_mail.number), status=422)
    assert "Untick what is missing" in page.text and stored(with_mail).version == 2


@pytest.mark.parametrize("done", ["nothing", "asked", "undone"])
def test_after_its_time_the_card_says_so_and_leads_to_the_dossier(bag, with_mail, documents, done):
    page = read(bag, with_mail.number)
    if done == "asked":
        page = ask(bag, page, documents[0])
    if done == "undone":
        tap(bag, page, "undo")
    before = kinds(with_mail)
    with later(SOON):
        late = ask(bag, page, documents[1], status=409)
    assert kinds(with_mail) == before and "too late" in said(late)
    assert late.soup.select_one(f".read a[href='/desk/dossiers/{with_mail.number}']")
    assert not late.soup.select("fieldset.opened") or done == "undone"


def test_slower_of_two_is_told_and_sees_what_the_other_asked_for(app, bag, clerk, with_mail, documents):
    page = read(bag, with_mail.number)
    other = signed_in(app, clerk)
    ask(other, other.get(f"/desk/post-bag?read={Read.get().scan}"), documents[0])
    slower = ask(bag, page, documents[1], status=409)
    assert "Somebody was quicker" in said(slower) and boxes(slower)[documents[0]] is False
    assert stored(with_mail).history.latest.missing("en") == [documents[0]]


def test_dossier_that_has_gone_on_is_not_asked_for_anything_here(bag, clerk, other_clerk, with_mail, documents):
    page = read(bag, with_mail.number)
    stored(with_mail).move(Move("examination", by=clerk, version=2))
    ask(bag, page, documents[0], status=409)
    handed_over = stored(with_mail)
    handed_over.transfer(other_clerk.authority, Act(by=clerk, version=handed_over.version))
    ask(bag, page, status=409)
    assert kinds(with_mail) == ["announced", "received", "examination", "transferred"]


def test_list_that_changed_meanwhile_is_not_taken_for_the_one_that_was_seen(bag, with_mail, documents):
    page = read(bag, with_mail.number)
    form = with_mail.form
    form.enclosures = form.enclosures[1:]
    form.save()
    assert boxes(ask(bag, page, documents[0], status=409)) == dict.fromkeys([FORM, *documents[1:]], True)
    assert stored(with_mail).status == "received"


def test_outdated_form_and_missing_documents_are_one_request(bag, with_mail, documents):
    Dossier.update(edition="2019").where(Dossier.id == with_mail.id).execute()
    page = ask(bag, read(bag, with_mail.number), documents[1], press="Ask for the new form")
    new, missing = stored(with_mail).history.latest.missing("en")
    assert missing == documents[1] and with_mail.form.edition in new and titles(page) == [ASKED]
    assert boxes(page)["Ask for the new form"]
    page = ask(bag, page, "Ask for the new form")
    assert stored(with_mail).history.latest.missing("en") == [documents[1]] and stored(with_mail).version == 5
    ask(bag, page, documents[1], press="Ask for the new form")
    assert len(stored(with_mail).history.of("incomplete")) == 1
    begin(bag)
    page = read(bag, with_mail.number)
    assert titles(page) == ["Missing documents arrived"] and list(boxes(page)) == [new]
    assert "Outdated form" not in said(page), "the new one is what came"


def test_what_was_asked_for_has_its_boxes_and_what_is_still_missing_is_asked_for_again(bag, clerk, with_mail):
    with_mail.move(Move("received", by=clerk, version=1, arrived_on=today()))
    with_mail.move(Move("incomplete", by=clerk, version=2, missing=("Lease", {"en": "Passport", "de": "Pass"})))
    page = read(bag, f"http://localhost/T/{with_mail.number}/1")
    assert boxes(page) == {"Lease": True, "Passport": True}
    page = ask(bag, page, "Lease")
    assert kinds(with_mail)[-2:] == ["supplied", "incomplete"] and boxes(page) == {"Lease": False, "Passport": True}
    assert stored(with_mail).history.latest.missing("en") == ["Lease"] and stored(with_mail).round == 2
    assert titles(ask(bag, page, "Lease")) == ["Missing documents arrived"] and stored(with_mail).round == 1
    tap(bag, page, "undo")
    assert (stored(with_mail).status, stored(with_mail).round) == ("incomplete", 1)


def test_envelope_of_several_forms_has_boxes_for_each_and_one_question(bag, form, documents):
    dossiers = [Dossier.announce(form, "en", f"k{index}", [("email", "a@example.org")]) for index in range(3)]
    page = read(bag, "HTTP://LOCALHOST/E/" + "+".join(each.number for each in dossiers))
    assert [list(boxes(page, place)) for place in range(3)] == [[FORM, *documents]] * 3
    assert len(page.soup.select("form[action*='/envelopes/']")) == 1
    page.soup.select("fieldset.opened")[1].select("[type=checkbox]")[1].attrs.pop("checked")
    page = ask(bag, page, FORM, place=2)
    assert titles(page) == ["Arrived", ASKED, "Not in the envelope"]
    assert [stored(each).status for each in dossiers] == ["received", "incomplete", "announced"]
    assert kinds(dossiers[2]) == ["announced", "absent"]
    assert all(grouped(each.number) in said(page) for each in dossiers)
    page = ask(bag, page, FORM, place=2)
    assert titles(page) == ["Arrived", ASKED, "Arrived"] and kinds(dossiers[2]) == ["announced", "received"]
    assert titles(tap(bag, page, "undo-all")) == ["Taken back"] * 3
    assert {stored(each).status for each in dossiers} == {"announced"}


def test_card_of_before_is_found_again_and_the_form_itself_was_not_there(app, bag, clerk, with_mail, documents):
    read(bag, with_mail.number)
    again = read(bag, with_mail.number)
    assert titles(again) == ["Already in this bag"]
    listed = bag.get(f"/desk/post-bag/{Batch.get().id}")
    addresses = {link["href"] for page in (again, listed) for link in page.soup.select("a[href*='/envelopes/']")}
    page = bag.get(addresses.pop())
    assert not addresses and list(boxes(page)) == [FORM, *documents]
    page = ask(bag, page, FORM)
    assert titles(page) == ["Not in the envelope"] and kinds(with_mail) == ["announced", "absent"]
    with later(SOON):
        assert not bag.get(page.url + f"/{Batch.get().id}").soup.select("a[href*='/envelopes/']")


def test_every_card_says_which_number_it_means(bag, dossier, foreign):
    typed = {
        "K7Q2MX4P9TRWY": "K7Q2…",
        "K7Q2": "K7Q2…",
        "https://www.example.org/parcel": "EXAM…",
        foreign.number: f"{foreign.number[:4]}…",
        dossier.number: grouped(dossier.number),
    }
    for text, shown in typed.items():
        page = read(bag, text)
        assert page.soup.select_one(".outcome .number").get_text() == shown
        assert page.soup.select_one(".outcome").get_text(" ", strip=True).endswith(shown)
    assert grouped(dossier.number) in said(read(bag, dossier.number)), "already in this bag"
    listed = bag.get(f"/desk/post-bag/{Read.get().batch_id}").text
    assert f"{foreign.number[:4]}…" in listed and foreign.number[:5] not in listed


def test_several_at_once_ask_once_and_only_who_says_the_same_is_content(either, form):
    staff = account("clerk@example.lu", "clerk", form.procedure.authority)
    dossier = Dossier.announce(form, "en", "k", [("email", "a@example.org")])
    bag, outcomes, barrier = Batch.open_bag(staff, today()), [], threading.Barrier(4)
    [row] = Read.take(bag, uuid.uuid4(), dossier.number, hold=HOLD)
    wishes = [("Lease",), ("Lease",), ("Lease",), ("Passport",)]

    def press(missing: tuple[str, ...]) -> None:
        with db.connection_context():
            [mine] = Read.of(bag, row.scan)
            barrier.wait()
            try:
                mine.settle(Opened(2, True, missing, today() + dt.timedelta(days=30)), by=staff, hold=HOLD)
                outcomes.append(missing)
            except ConflictError:
                outcomes.append(None)

    run(press, wishes)
    [request] = stored(dossier).history.of("incomplete")
    won = tuple(request.missing("en"))
    assert outcomes.count(won) == wishes.count(won) and outcomes.count(None) == 4 - wishes.count(won)
    assert news(dossier) == {"announced": "queued", "received": "held", "incomplete": "held"}
    [row] = Read.of(bag, row.scan)
    row.settle(Opened(3), by=staff, hold=HOLD)
    row.undo(by=staff)
    assert kinds(dossier) == ["announced"]


def run(target, arguments: list) -> None:
    threads = [threading.Thread(target=target, args=(each,)) for each in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
