"""What was scanned by mistake is undone, alone or with the whole bag."""

import datetime as dt

import time_machine

from models import Batch, Dossier, Event, Notification, Read, now
from models.dossiers.moves import Move
from support.desk_pages import stored
from support.post_bag import read, tap, titles


def test_one_read_is_undone_and_nobody_hears_of_it(bag, with_mail):
    page = tap(bag, read(bag, with_mail.number), "undo")
    assert titles(page) == ["Taken back"] and stored(with_mail).status == "announced"
    assert [m.state for m in Notification.select().join(Event).where(Event.kind == "received")] == ["cancelled"]
    assert titles(read(bag, with_mail.number)) == ["Arrived"]


def test_whole_bag_is_undone(bag, form, foreign):
    dossiers = [Dossier.announce(form, "en", f"k{index}", [("email", "a@example.org")]) for index in range(3)]
    for each in dossiers:
        read(bag, each.number)
    tap(bag, read(bag, foreign.number), "forward")
    page = bag.get(f"/desk/post-bag/{Batch.get().id}")
    assert "4 can still be taken back" in page.text
    page = bag.submit(page, "/undo")
    assert {stored(each).status for each in dossiers} == {"announced"} and stored(
        foreign
    ).history.latest.kind == "undone"
    assert (
        not Notification.select().join(Event).where(Event.kind != "announced", Notification.state == "queued").count()
    )
    assert "Taken back" in page.text


def test_too_late_to_undo_is_said_and_changes_nothing(bag, with_mail):
    page = read(bag, with_mail.number)
    with time_machine.travel(now() + dt.timedelta(minutes=11)):
        tap(bag, page, "undo", 409)
    assert stored(with_mail).status == "received" and Read.get().outcome == "arrived"


def test_what_has_gone_on_stays_and_is_counted(bag, clerk, form):
    first, second = (Dossier.announce(form, "en", key) for key in ("one", "two"))
    page = [read(bag, each.number) for each in (first, second)]
    stored(first).move(Move("examination", by=clerk, version=2))
    page = bag.submit(bag.get(f"/desk/post-bag/{Batch.get().id}"), "/undo")
    assert "1 could not be taken back" in page.text
    assert (stored(first).status, stored(second).status) == ("examination", "announced")
