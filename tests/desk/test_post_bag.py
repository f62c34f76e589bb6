"""Opening the post: each code is answered at once, once, and with the next step."""

import datetime as dt

import pytest

from models import Audit, Batch, Contact, Dossier, Event, Notification, Read, now, today
from models.dossiers.moves import Move
from models.dossiers.number import grouped, new_number
from models.notifications import consent
from models.security.crockford import check_character
from support.desk_pages import LONG_AGO, YESTERDAY, given_out_long_ago, stored
from support.keyboards import typed
from support.post_bag import begin, read, said, tap, titles
from support.site import account, signed_in
from support.visitor import Visitor


def test_envelope_has_arrived(bag, with_mail):
    page = read(bag, with_mail.number)
    assert titles(page) == ["Arrived"] and with_mail.form.title["en"] in said(page)
    assert all(item["en"] in said(page) for item in with_mail.form.enclosures)
    assert stored(with_mail).status == "received" and stored(with_mail).arrived_on == today()
    notification = Notification.get(Notification.event == with_mail.history.latest)
    assert notification.run_at > now() + dt.timedelta(minutes=9)
    assert page.soup.select_one("#text").has_attr("autofocus")


@pytest.mark.parametrize("spell", [str, str.lower, grouped, lambda n: f"HTTPS://A-FORMER-HOST.LU/T/{n}\r\n"])
def test_number_is_read_in_every_spelling(bag, dossier, spell):
    assert titles(read(bag, spell(dossier.number))) == ["Arrived"]


@pytest.mark.parametrize("keyboard", ["de", "fr", "be", "pt"])
def test_code_is_read_from_a_scanner_that_thinks_of_another_keyboard(bag, dossier, keyboard):
    assert titles(read(bag, typed(f"HTTPS://ETRACKING.EXAMPLE.LU/T/{dossier.number}", keyboard))) == ["Arrived"]


TWINS = "ZY4NBDA76ZDMY", "YZ4NBDA76YDMZ"  # what the keys of the first type on a German keyboard


@pytest.mark.parametrize("scanned", TWINS)
def test_number_that_two_keyboards_read_differently_is_the_one_that_exists(bag, dossier, scanned):
    assert titles(read(bag, scanned)) == ["Unknown number"]
    Dossier.update(number=TWINS[0]).execute()
    assert titles(read(bag, scanned)) == ["Arrived"]
    assert bag.get(f"/desk/scan?number={scanned}").url == f"/desk/dossiers/{TWINS[0]}"
    assert bag.get(f"/t?number={scanned}").url == f"/t/{TWINS[0]}"


def test_same_code_twice_in_one_go_is_one_arrival(bag, dossier):
    assert titles(read(bag, f"HTTPS://H.LU/T/{dossier.number}" * 2)) == ["Arrived"]


@pytest.mark.parametrize("between", ["", "\t", " "])
def test_two_codes_in_one_go_are_said_and_neither_is_recorded(bag, dossier, between):
    page = read(bag, f"HTTPS://H.LU/T/{dossier.number}{between}HTTPS://H.LU/T/{new_number()}")
    assert titles(page) == ["Two codes in one go"] and "Nothing was recorded" in said(page)
    assert stored(dossier).status == "announced"


def test_same_reading_sent_twice_gets_the_same_answer_and_changes_nothing(bag, with_mail):
    page = bag.get("/desk/post-bag")
    answers = [bag.submit(page, "/reads", text=with_mail.number) for _ in range(2)]
    assert said(answers[0]) == said(answers[1]) and Read.select().count() == 1
    assert (
        stored(with_mail).version == 2
        and Notification.select().join(Event).where(Event.kind == "received").count() == 1
    )


def test_scanned_twice_in_one_bag_is_said_and_nothing_happens(bag, dossier):
    read(bag, dossier.number)
    assert titles(read(bag, dossier.number)) == ["Already in this bag"]
    assert stored(dossier).version == 2


def test_second_arrival_says_when_and_by_whom_and_takes_further_papers_in_one_tap(bag, clerk, app, with_mail):
    colleague = account("colleague@example.lu", "clerk", clerk.authority)
    given_out_long_ago(with_mail)
    with_mail.move(Move("received", by=colleague, version=1, arrived_on=YESTERDAY))
    page = read(bag, with_mail.number)
    assert titles(page) == ["Already here"] and "scanned by a colleague" in said(page)
    page = tap(bag, page, "further")
    assert titles(page) == ["Further papers recorded"]
    assert stored(with_mail).history.latest.kind == "further" and stored(with_mail).status == "received"


def test_follow_up_lets_the_dossier_go_on(bag, clerk, dossier):
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    dossier.move(Move("incomplete", by=clerk, version=2, missing=["Copy of the passport"]))
    page = read(bag, f"http://localhost/T/{dossier.number}/1")
    assert titles(page) == ["Missing documents arrived"] and "Copy of the passport" in said(page)
    assert stored(dossier).status == "received" and stored(dossier).history.latest.kind == "supplied"


def test_follow_up_sheet_of_an_older_round_is_taken_with_a_word(bag, clerk, dossier):
    for version, (to, more) in enumerate(
        [
            ("received", {"arrived_on": today()}),
            ("incomplete", {"missing": ["A"]}),
            ("received", {"arrived_on": today()}),
            ("incomplete", {"missing": ["B"]}),
        ],
        1,
    ):
        dossier.move(Move(to, by=clerk, version=version, **more))
    page = read(bag, f"http://localhost/T/{dossier.number}/1")
    assert "earlier request (1)" in said(page) and stored(dossier).status == "received"


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("K7Q2MX4P9TRWY", "Unknown number"),
        ("K7Q2-MX4P", "Not a whole number"),
        ("RR473124829LU", "Not a whole number"),
        ("https://example.org/parcel", "Not a code of ours"),
        ("WIFI:T:WPA;S:home;P:secret;;", "Not a code of ours"),
        ("x" * 400, "Not a whole number"),
        ("", "Not a whole number"),
        ("💌" * 13, "Not a whole number"),
    ],
)
def test_what_leads_nowhere_is_said_and_little_of_it_kept(bag, dossier, typed, title):
    assert titles(read(bag, typed)) == [title]
    kept = Read.get()
    assert (
        len(kept.text) <= 4
        and "secret" not in kept.text
        and Event.select().where(Event.batch.is_null(False)).count() == 0
    )


def test_slip_in_one_character_is_no_look_up(bag, dossier):
    body = dossier.number[:-1]
    typed = body + ("0" if check_character(body) != "0" else "1")
    assert titles(read(bag, typed)) == ["Not a whole number"] and stored(dossier).version == 1


def test_envelope_of_another_authority_is_forwarded_in_two_taps(bag, clerk, app, foreign):
    page = read(bag, foreign.number)
    assert titles(page) == ["Not for this authority"] and foreign.authority.name["en"] in said(page)
    assert foreign.form.title["en"] not in said(page) and stored(foreign).version == 1
    assert Audit.select().where(Audit.action == "elsewhere", Audit.dossier == foreign.id).count() == 1
    page = tap(bag, page, "forward")
    assert titles(page) == ["Forwarded"] and foreign.authority.address[0] in said(page)
    assert stored(foreign).status == "announced" and stored(foreign).history.latest.kind == "forwarded"
    assert Notification.get(Notification.event == stored(foreign).history.latest).run_at > now()
    status = Visitor(app).get(f"/t/{foreign.number}")
    assert "sent on to" in status.text and clerk.authority.name["en"] in status.text
    right = signed_in(app, account("right@example.lu", "clerk", foreign.authority))
    begin(right)
    assert titles(read(right, foreign.number)) == ["Arrived"]


def test_number_of_another_authority_is_not_listed_in_full(bag, foreign):
    read(bag, foreign.number)
    page = bag.get(f"/desk/post-bag/{Batch.get().id}")
    assert foreign.number not in page.html and grouped(foreign.number) not in page.html
    assert foreign.form.title["en"] not in page.text


def test_lapsed_dossier_is_revived(bag, clerk, dossier):
    dossier.move(Move("lapsed", by=clerk, version=1))
    assert titles(read(bag, dossier.number)) == ["Arrived after all"] and stored(dossier).status == "received"


@pytest.mark.parametrize("status", ["withdrawn", "closed"])
def test_paper_for_a_finished_dossier_is_said(bag, clerk, dossier, status):
    way = ("withdrawn",) if status == "withdrawn" else ("received", "examination", "decided", "closed")
    for version, to in enumerate(way, 1):
        dossier.move(Move(to, by=clerk, version=version, **{"arrived_on": today()} if to == "received" else {}))
    page = read(bag, dossier.number)
    assert titles(page) == ["Already here"] and "Nothing more was expected" in said(page)


def test_who_hears_nothing_is_named(bag, form, dossier):
    assert "gave no address" in said(read(bag, dossier.number))
    erased = Dossier.announce(form, "en", "erased", [("email", "somebody@example.org")])
    Contact.get(Contact.dossier == erased).erase()
    assert "has had the address erased" in said(read(bag, erased.number))
    stopped = Dossier.announce(form, "en", "stopped", [("email", "somebody@example.org")])
    consent.stop(Contact.get(Contact.dossier == stopped))
    assert "has stopped the messages" in said(read(bag, stopped.number))


def test_number_made_after_the_day_of_the_bag_is_refused(desk, dossier):
    begin(desk, YESTERDAY)
    assert titles(read(desk, dossier.number)) == ["Younger than this bag"] and stored(dossier).version == 1


def test_postmark_is_kept_and_one_after_the_arrival_refused(bag, dossier):
    given_out_long_ago(dossier)
    for wrong in ((today() + dt.timedelta(days=1)).isoformat(), "yesterday"):
        assert titles(read(bag, dossier.number, postmark_on=wrong)) == ["Postmark later than the arrival"]
    read(bag, dossier.number, postmark_on=LONG_AGO.isoformat())
    assert stored(dossier).history.latest.postmark_on == LONG_AGO


def test_old_day_of_arrival_needs_a_reason_and_is_audited(desk):
    old = today() - dt.timedelta(days=4)
    assert "more than three days ago" in begin(desk, old, 422).errors["reason"]
    begin(desk, old, 422, reason="because")
    begin(desk, old, reason="closed")
    row = Audit.get(Audit.action == "backdated")
    assert row.details == {"batch": Batch.get().id, "arrived_on": old.isoformat(), "reason": "closed"}


def test_day_to_come_and_no_day_are_refused(desk):
    assert "not come yet" in begin(desk, today() + dt.timedelta(days=1), 422).errors["arrived_on"]
    page = desk.get("/desk/post-bag?new=1")
    assert desk.submit(page, "/desk/post-bag", 422, arrived_on="").errors
    assert not Batch.select().count()


def test_bag_of_yesterday_is_not_gone_on_with(bag):
    Batch.update(created_at=now() - dt.timedelta(days=1)).execute()
    assert bag.get("/desk/post-bag").soup.select_one("#arrived_on")
