"""What staff can still undo: the status page, the desk and the post-bag say the same of it, until the same minute."""

import datetime as dt

import pytest
import time_machine

from models import Dossier, today
from models.dossiers.moves import Move
from support.desk_pages import address, move, stored
from support.post_bag import ask, begin, boxes, read, tap
from support.site import signed_in
from support.visitor import Visitor

START = dt.datetime(2027, 1, 20, 8, 31, tzinfo=dt.UTC)  # 09:31 in Luxembourg


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as clock:
        yield clock


@pytest.fixture
def desk(clock, app, clerk) -> Visitor:
    browser = signed_in(app, clerk)
    begin(browser)
    return browser


def a_document(dossier: Dossier) -> str:
    return dossier.form.enclosures[0]["en"]


def recorded(visitor: Visitor, dossier: Dossier) -> str:
    """Until when the status page says that it is being recorded, "" if it does not; the receipt is there after that."""
    text = visitor.get(f"/t/{dossier.number}").text
    _before, said, after = text.partition("Being recorded until ")
    assert ("receipt is offered after that" in text) == (bool(said) and "Arrival receipt" not in text)
    assert said or "Arrival receipt" in text
    return after[:5]


def at_the_desk(desk: Visitor, dossier: Dossier) -> str:
    """Until when the desk offers to undo it on the page of the dossier, "" if it does not."""
    notice = desk.get(address(dossier)).soup.select_one("form[action$='/undo'] p")
    return notice.get_text().split()[-1].rstrip(".") if notice else ""


def in_the_bag(desk: Visitor) -> bool:
    """True if the bag offers to undo something."""
    bag = desk.get("/desk/post-bag").soup.select_one("a[href^='/desk/post-bag/']")["href"]
    return "taken back" in desk.get(bag).text and bool(desk.get(bag).soup.select("input[value=undo]"))


def test_request_at_the_opening_ends_with_its_scan_everywhere(visitor, desk, dossier, clock):
    page = read(desk, dossier.number)
    assert recorded(visitor, dossier) == at_the_desk(desk, dossier) == "09:41" and in_the_bag(desk)
    clock.shift(7 * 60)
    ask(desk, page, a_document(dossier))
    assert stored(dossier).status == "incomplete"
    assert recorded(visitor, dossier) == at_the_desk(desk, dossier) == "09:41" and in_the_bag(desk)
    clock.shift(4 * 60)
    assert recorded(visitor, dossier) == at_the_desk(desk, dossier) == "" and not in_the_bag(desk)


def test_page_that_was_loaded_shortly_before_is_not_shown_after_its_time(visitor, desk, dossier, clock):
    page = read(desk, dossier.number)
    clock.shift(7 * 60)
    ask(desk, page, a_document(dossier))
    tags = []
    for seconds, said in ((60, "09:41"), (30, "09:41"), (60, "09:41"), (60, ""), (600, "")):
        clock.shift(seconds)
        assert recorded(visitor, dossier) == said
        answers = [visitor.open(f"/t/{dossier.number}", headers={"If-None-Match": tag}) for tag in tags]
        tags.append(visitor.open(f"/t/{dossier.number}").headers["ETag"])
        assert [answer.status_code == 304 for answer in answers] == [tag == tags[-1] for tag in tags[:-1]]
    assert tags == [tags[0]] * 3 + [tags[-1]] * 2 and tags[0] != tags[-1]


def test_paper_that_is_found_in_the_same_bag_later_has_its_own_time(visitor, desk, dossier, clock):
    page = read(desk, dossier.number)
    ask(desk, page, next(iter(boxes(page))))  # the form itself
    clock.shift(25 * 60)
    read(desk, dossier.number)
    assert [event.kind for event in stored(dossier).history.standing] == ["announced", "absent", "received"]
    assert recorded(visitor, dossier) == at_the_desk(desk, dossier) == "10:06" and in_the_bag(desk)


def test_request_that_was_taken_back_at_the_opening_leaves_the_scan_its_time(visitor, desk, dossier, clock):
    page = read(desk, dossier.number)
    clock.shift(3 * 60)
    page = ask(desk, page, a_document(dossier))
    clock.shift(3 * 60)
    ask(desk, page, a_document(dossier))
    assert stored(dossier).status == "received"
    assert recorded(visitor, dossier) == at_the_desk(desk, dossier) == "09:41" and in_the_bag(desk)
    desk.submit(desk.get(address(dossier)), "/undo")
    assert stored(dossier).status == "announced" and not in_the_bag(desk)


def test_what_stands_after_an_undo_at_the_desk_is_told_at_once_and_stays(visitor, desk, with_mail, clock):
    page = read(desk, with_mail.number)
    clock.shift(3 * 60)
    move(desk, with_mail, "examination")
    assert recorded(visitor, with_mail) == at_the_desk(desk, with_mail) == "09:44" and not in_the_bag(desk)
    desk.submit(desk.get(address(with_mail)), "/undo")
    assert stored(with_mail).status == "received"
    assert recorded(visitor, with_mail) == at_the_desk(desk, with_mail) == "" and not in_the_bag(desk)
    tap(desk, page, "undo", 409)
    assert stored(with_mail).status == "received"


def test_receipt_is_offered_while_only_what_followed_the_arrival_can_be_undone(visitor, desk, dossier, clock):
    read(desk, dossier.number)
    clock.shift(9 * 60)
    move(desk, dossier, "examination")
    assert recorded(visitor, dossier) == "09:50", "nobody has heard of the arrival either"
    clock.shift(11 * 60)
    move(desk, dossier, "decided")
    text = visitor.get(f"/t/{dossier.number}").text
    assert "Being recorded until 10:01" in text and "Arrival receipt" in text


def test_move_that_was_told_at_once_is_not_being_recorded(visitor, desk, dossier, clerk, clock):
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))  # as the interface does
    assert recorded(visitor, dossier) == at_the_desk(desk, dossier) == ""


def test_time_that_a_clock_wrote_which_ran_ahead_holds_nothing(visitor, desk, dossier, clock):
    clock.shift(20 * 60)
    read(desk, dossier.number)
    clock.shift(-20 * 60)
    assert recorded(visitor, dossier) == at_the_desk(desk, dossier) == "" and not in_the_bag(desk)
