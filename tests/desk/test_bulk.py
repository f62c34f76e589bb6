"""Many dossiers at once: shown first, moved one by one, told late, and taken back together."""

import datetime as dt

import pytest
import time_machine

from models import Authority, Batch, Bulk, Dossier, Event, Form, Notification, Procedure, TextBlock, now, today
from models.desk.bulk_move import MAX_DOSSIERS
from models.dossiers.moves import Act, Move
from models.dossiers.number import grouped
from support.desk_pages import address, stored
from support.site import signed_in
from support.visitor import Page, Visitor


def received(form, clerk, key: str, language: str = "en") -> Dossier:
    dossier = Dossier.announce(form, language, key, [("email", f"{key}@example.org")])
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    return dossier


@pytest.fixture
def three(form, clerk) -> list[Dossier]:
    return [received(form, clerk, f"key-{language}", language) for language in ("en", "de", "fr")]


@pytest.fixture
def foreign(form, other_clerk) -> Dossier:
    """A dossier of another authority."""
    other = Form.select().join(Procedure).where(Procedure.authority == other_clerk.authority).first()
    return received(other, other_clerk, "key-foreign")


def choose(desk: Visitor, act: str, *dossiers: Dossier, status: int = 200, where: str = "", **fields) -> Page:
    """Tick rows of the work list and go on."""
    form = desk.get(f"/desk?{where}").form("/bulk-moves")
    data = {name: form.select_one(f"[name={name}]")["value"] for name in ("csrf_token", "filters")}
    data |= {"act": act, "dossier": [str(dossier.id) for dossier in dossiers]} | fields
    return desk.post(form["action"], status, data=data)


def ticked(page: Page) -> list[str]:
    return sorted(box["value"] for box in page.soup.select("[name=dossier][checked]"))


def go(desk: Visitor, page: Page, status: int = 200, htmx: bool = False, **fields) -> Page:
    return desk.submit(page, page.url, status, htmx, **({"preview": None} | fields))


def statuses(dossiers: list[Dossier]) -> list[str]:
    return [stored(dossier).status for dossier in dossiers]


def test_nothing_happens_before_it_was_shown_and_then_all_of_it_in_one_batch(desk, three):
    page = choose(desk, "examination", *three)
    assert page.title == "Move 3 dossiers?" and "3 citizens get a message" in page.text
    assert statuses(three) == ["received"] * 3
    done = go(desk, page)
    assert done.title == "3 dossiers moved" and statuses(three) == ["examination"] * 3
    assert "No citizen is told before" in done.text
    batch = Batch.get()
    assert (batch.kind, batch.events.count()) == ("bulk", 3)


@pytest.mark.parametrize("htmx", [False, True])
def test_all_of_it_is_undone_at_once_and_nobody_ever_hears_of_it(desk, three, htmx):
    done = go(desk, choose(desk, "examination", *three), htmx=htmx)
    undone = desk.submit(done, "/undo", htmx=htmx)
    assert undone.title == "3 moves taken back" and statuses(three) == ["received"] * 3
    notifications = Notification.select().join(Event).where(Event.kind == "examination")
    assert len(notifications) == 3 and not [
        notification for notification in notifications if notification.state in ("sent", "queued", "held")
    ]


def test_undo_says_for_which_it_was_too_late(desk, clerk, three):
    done = go(desk, choose(desk, "examination", *three))
    stored(three[0]).move(Move("decided", by=clerk, version=3))
    page = desk.submit(done, "/undo")
    assert statuses(three) == ["decided", "received", "received"] and page.title == "2 moves taken back"
    late = page.soup.select_one("section[aria-labelledby=late]").get_text(" ", strip=True)
    assert grouped(three[0].number) in late and "Decided" in late and clerk.email in late


def test_nothing_is_undone_after_its_time(desk, three):
    done = go(desk, choose(desk, "examination", *three))
    with time_machine.travel(now() + dt.timedelta(minutes=11)):
        assert not desk.get(done.url).soup.select("form[action$='/undo']")
        desk.submit(done, "/undo")
    assert statuses(three) == ["examination"] * 3


def test_what_cannot_make_the_move_is_shown_with_the_reason_and_left_alone(desk, clerk, three, form):
    stored(three[0]).move(Move("withdrawn", by=clerk, version=2))
    page = choose(desk, "examination", *three)
    cannot = page.soup.select_one("section[aria-labelledby=cannot]").get_text(" ", strip=True)
    assert page.title == "Move 2 dossiers?" and "Withdrawn" in cannot and grouped(three[0].number) in cannot
    go(desk, page)
    assert statuses(three) == ["withdrawn", "examination", "examination"]


def test_what_changed_after_it_was_shown_is_left_alone_and_told(desk, clerk, three):
    page = choose(desk, "examination", *three)
    stored(three[1]).move(Move("withdrawn", by=clerk, version=2))
    done = go(desk, page)
    assert done.title == "2 dossiers moved" and statuses(three) == ["examination", "withdrawn", "examination"]
    changed = done.soup.select_one("section[aria-labelledby=changed]").get_text(" ", strip=True)
    assert grouped(three[1].number) in changed and "Withdrawn" in changed and clerk.email in changed


def test_double_tap_moves_once(desk, three):
    page = choose(desk, "examination", *three)
    assert go(desk, page).title == go(desk, page).title == "3 dossiers moved"
    assert Event.select().where(Event.kind == "examination").count() == 3


def test_move_that_was_interrupted_goes_on_where_it_stopped(desk, clerk, three):
    page = choose(desk, "examination", *three)
    stored(three[0]).move(Move("examination", by=clerk, version=2, batch=Batch.get()))
    assert desk.get(page.url).title == "Move 2 dossiers?"
    assert go(desk, page).title == "3 dossiers moved"


def test_each_citizen_gets_the_text_block_in_the_own_language(visitor, desk, three):
    block = TextBlock.get(TextBlock.slug == "many-dossiers")
    page = go(desk, choose(desk, "examination", *three), block=str(block.id), note="Bureau 7", preview="1")
    assert [item["lang"] for item in page.soup.select("form [lang]")] == ["en", "de", "fr"]
    assert all(text in page.text for text in block.text.values() if text != block.text["lb"])
    assert statuses(three) == ["received"] * 3
    go(desk, page, block=str(block.id))
    for dossier, language in zip(three, ("en", "de", "fr"), strict=True):
        assert stored(dossier).history.latest.note == f"{block.text[language]}\n\nBureau 7"
        assert block.text[language] in visitor.get(f"/t/{dossier.number}").text


def test_note_that_is_too_long_is_refused_beside_its_field_and_nothing_moves(desk, three):
    page = go(desk, choose(desk, "examination", *three), 422, note="x" * 1001)
    assert list(page.errors) == ["bulk-note"] and statuses(three) == ["received"] * 3
    assert go(desk, page, 422, block="999").errors.keys() >= {"bulk-block"}


def test_all_that_match_are_moved_and_no_other(desk, clerk, three, foreign):
    three[0].assign(clerk, by=clerk)
    page = choose(desk, "examination", all="1", where="assignee=nobody")
    go(desk, page)
    assert statuses([*three, foreign]) == ["received", "examination", "examination", "received"]


@pytest.mark.long
def test_five_hundred_are_moved_and_undone(desk, form, clerk):
    Dossier.insert_many(
        [
            {
                "number": f"{index:013}",
                "form": form,
                "authority": form.procedure.authority,
                "status": "decided",
                "version": 4,
                "language": "en",
                "key": f"many-{index}",
                "created_at": now(),
                "changed_at": now(),
            }
            for index in range(MAX_DOSSIERS + 2)
        ]
    ).execute()
    page = choose(desk, "closed", all="1", where="status=decided")
    assert page.title == f"Move {MAX_DOSSIERS} dossiers?"
    assert go(desk, page).title == f"{MAX_DOSSIERS} dossiers moved"
    assert Dossier.select().where(Dossier.status == "decided").count() == 2


@pytest.mark.parametrize("act", ["", "nonsense", "received", "incomplete", "transferred"])
def test_move_that_is_none_for_many_is_refused_in_words(desk, three, act):
    page = choose(desk, act, *three, status=422)
    assert "Please choose what to do" in page.soup.select_one("[role=alert]").get_text()
    assert Bulk.select().count() == 0
    assert ticked(page) == sorted(str(dossier.id) for dossier in three)


def test_all_of_a_page_are_ticked_by_a_link_and_what_is_missing_comes_back_with_it(desk, three):
    page = desk.get(desk.get("/desk?sort=changed").soup.select_one(".tick-page a")["href"].partition("#")[0])
    assert len(ticked(page)) == len(three)
    back = page.soup.select_one(".tick-page a")["href"]
    assert "sort=changed" in back and not ticked(desk.get(back))
    assert choose(desk, "assign:", status=422).soup.select_one("#act [selected]")["value"] == "assign:"


@pytest.mark.parametrize("ticked", [[], ["x"], ["9" * 40], ["²"]])
def test_nothing_ticked_is_said_and_the_filters_stay(desk, three, ticked):
    page = choose(desk, "examination", status=422, where="sort=changed&assignee=nobody", dossier=ticked)
    assert "Please tick at least one" in page.text
    assert page.soup.select_one("[name=filters]")["value"] == "assignee=nobody&sort=changed"


def test_dossiers_of_another_authority_are_neither_moved_nor_counted(app, desk, three, foreign):
    assert "Please tick" in choose(desk, "examination", foreign, status=422).text
    page = choose(desk, "examination", three[0], foreign)
    assert page.title == "Move 1 dossier?" and grouped(foreign.number) not in page.html
    go(desk, page)
    assert statuses([three[0], foreign]) == ["examination", "received"]


def test_bulk_move_of_another_authority_looks_like_one_that_is_not_there(app, desk, three, other_clerk):
    page = choose(desk, "examination", *three)
    stranger = signed_in(app, other_clerk)
    token = stranger.get("/desk").soup.select_one("[name=csrf_token]")["value"]
    for path in (page.url, "/desk/bulk-moves/9999"):
        stranger.get(path, 404)
        for post in (path, f"{path}/undo"):
            stranger.post(post, 404, data={"csrf_token": token})
    desk.get(f"/desk/bulk-moves/{'9' * 30}", 404)
    assert statuses(three) == ["received"] * 3


def test_dossier_that_was_handed_over_is_not_shown_to_the_former_authority(desk, clerk, three, other_clerk):
    done = go(desk, choose(desk, "examination", *three))
    stored(three[0]).transfer(Authority.get_by_id(other_clerk.authority.id), Act(by=clerk, version=3))
    assert grouped(three[0].number) not in desk.get(done.url).html


def test_helpdesk_moves_nothing(app, helpdesk, desk, three):
    page = choose(desk, "examination", *three)
    browser = signed_in(app, helpdesk)
    listed = browser.get("/desk")
    assert not listed.soup.select("#index [type=checkbox], #index form[method=post]")
    token = listed.soup.select_one("[name=csrf_token]")["value"]
    for path in ("/desk/bulk-moves", page.url, f"{page.url}/undo"):
        browser.post(path, 403, data={"csrf_token": token, "act": "examination", "all": "1"})
    browser.get(page.url, 403)
    assert statuses(three) == ["received"] * 3


def test_ticked_dossiers_are_given_to_a_colleague_and_taken_in_one_tap(desk, clerk, three, other_clerk):
    page = choose(desk, f"assign:{clerk.id}", *three[:2], where="status=all")
    assert "2 dossiers have been assigned" in page.text and page.soup.select_one("[value=all][selected]")
    choose(desk, "", take=str(three[2].id))
    assert {stored(dossier).assignee for dossier in three} == {clerk}
    choose(desk, "assign:", *three)
    assert {stored(dossier).assignee for dossier in three} == {None}
    choose(desk, f"assign:{other_clerk.id}", *three, status=404)
    choose(desk, "assign:nobody", *three, status=404)


def test_plan_that_nobody_carried_out_is_forgotten(desk, three):
    choose(desk, "examination", *three)
    Batch.update(created_at=now() - dt.timedelta(days=2)).execute()
    choose(desk, "examination", three[0])
    assert (Batch.select().count(), Bulk.select().count()) == (1, 1)


def test_bulk_move_works_on_both_databases(either, form, clerk):
    dossiers = [received(form, clerk, f"key-{index}") for index in range(2)]
    desk = signed_in(either, clerk)
    page = go(desk, choose(desk, "examination", *dossiers, all="1"))
    assert page.title == "2 dossiers moved" and desk.submit(page, "/undo").title == "2 moves taken back"
    assert address(dossiers[0]) in page.html


def test_filter_with_a_nul_finds_nothing_on_either_database(either, form, clerk):
    received(form, clerk, "one")
    desk = signed_in(either, clerk)
    token = desk.get("/desk").soup.select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "filters": "procedure=x%00", "all": "1", "act": "examination"}
    assert desk.open("/desk/bulk-moves", "POST", data=data).status_code == 422
