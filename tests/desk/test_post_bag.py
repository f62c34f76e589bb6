"""Opening the post: each code is answered at once, once, and with the next step."""

import datetime as dt
import uuid

import pytest

from models import Audit, Batch, Contact, Dossier, Event, Form, Notification, Procedure, Read, now, today
from models.dossiers.number import grouped
from models.security.crockford import check_character
from support.desk_pages import LONG_AGO, YESTERDAY, given_out_long_ago, stored
from support.site import account, signed_in
from support.visitor import Page, Visitor


def begin(desk: Visitor, day: dt.date | None = None, status: int = 200, **fields) -> Page:
    page = desk.get("/desk/post-bag?new=1")
    return desk.submit(page, "/desk/post-bag", status, arrived_on=(day or today()).isoformat(), **fields)


def read(desk: Visitor, typed: str, **fields) -> Page:
    """Scan one code without JavaScript; the page with its answer."""
    return desk.submit(desk.get("/desk/post-bag"), "/reads", text=typed, **fields)


def tap(desk: Visitor, page: Page, step: str, status: int = 200) -> Page:
    """Press the button of an answer."""
    form = page.soup.select_one(f"form:has(input[name=step][value={step}])")
    data = {field["name"]: field["value"] for field in form.select("input[name]")}
    return desk.post(form["action"], status, data=data)


def said(page: Page) -> str:
    return " ".join(page.soup.select_one(".read").get_text(" ").split())


def titles(page: Page) -> list[str]:
    return [tag.get_text() for tag in page.soup.select(".outcome strong")]


@pytest.fixture
def bag(desk) -> Visitor:
    """The clerk's browser with a bag of today begun."""
    begin(desk)
    return desk


@pytest.fixture
def foreign(form) -> Dossier:
    """A dossier of another authority, whose citizen is told by mail."""
    other = Form.select().join(Procedure).where(Procedure.authority != form.procedure.authority, Form.tracked).first()
    return Dossier.announce(other, "en", "key-of-the-foreign-one", [("email", "somebody@example.org")])


def test_envelope_has_arrived(bag, with_mail):
    page = read(bag, with_mail.number)
    assert titles(page) == ["Arrived"] and with_mail.form.title["en"] in said(page)
    assert all(item["en"] in said(page) for item in with_mail.form.enclosures)
    assert stored(with_mail).status == "received" and stored(with_mail).arrived_on == today()
    notification = Notification.get(Notification.event == with_mail.latest)
    assert notification.run_at > now() + dt.timedelta(minutes=9)
    assert page.soup.select_one("#text").has_attr("autofocus")


@pytest.mark.parametrize("spell", [str, str.lower, grouped, lambda n: f"HTTPS://A-FORMER-HOST.LU/T/{n}\r\n"])
def test_number_is_read_in_every_spelling(bag, dossier, spell):
    assert titles(read(bag, spell(dossier.number))) == ["Arrived"]


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
    with_mail.move("received", by=colleague, version=1, arrived_on=YESTERDAY)
    page = read(bag, with_mail.number)
    assert titles(page) == ["Already here"] and "scanned by a colleague" in said(page)
    page = tap(bag, page, "further")
    assert titles(page) == ["Further papers recorded"]
    assert stored(with_mail).latest.kind == "further" and stored(with_mail).status == "received"


def test_follow_up_lets_the_dossier_go_on(bag, clerk, dossier):
    dossier.move("received", by=clerk, version=1, arrived_on=today())
    dossier.move("incomplete", by=clerk, version=2, missing=["Copy of the passport"])
    page = read(bag, f"http://localhost/T/{dossier.number}/1")
    assert titles(page) == ["Missing documents arrived"] and "Copy of the passport" in said(page)
    assert stored(dossier).status == "received" and stored(dossier).latest.kind == "supplied"


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
        dossier.move(to, by=clerk, version=version, **more)
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
    assert stored(foreign).status == "announced" and stored(foreign).latest.kind == "forwarded"
    assert Notification.get(Notification.event == stored(foreign).latest).run_at > now()
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


def test_outdated_form_is_said_and_the_new_one_asked_for(bag, with_mail):
    Dossier.update(edition="2019").where(Dossier.id == with_mail.id).execute()
    page = read(bag, with_mail.number)
    assert "Outdated form" in said(page) and "2019" in said(page)
    page = tap(bag, page, "ask")
    assert titles(page) == ["New form asked for"] and stored(with_mail).status == "incomplete"
    assert with_mail.form.edition in stored(with_mail).latest.missing("de")[0]


def test_lapsed_dossier_is_revived(bag, clerk, dossier):
    dossier.move("lapsed", by=clerk, version=1)
    assert titles(read(bag, dossier.number)) == ["Arrived after all"] and stored(dossier).status == "received"


@pytest.mark.parametrize("status", ["withdrawn", "closed"])
def test_paper_for_a_finished_dossier_is_said(bag, clerk, dossier, status):
    way = ("withdrawn",) if status == "withdrawn" else ("received", "examination", "decided", "closed")
    for version, to in enumerate(way, 1):
        dossier.move(to, by=clerk, version=version, **({"arrived_on": today()} if to == "received" else {}))
    page = read(bag, dossier.number)
    assert titles(page) == ["Already here"] and "Nothing more was expected" in said(page)


def test_who_hears_nothing_is_named(bag, form, dossier):
    assert "gave no address" in said(read(bag, dossier.number))
    erased = Dossier.announce(form, "en", "erased", [("email", "somebody@example.org")])
    Contact.get(Contact.dossier == erased).erase()
    assert "has had the address erased" in said(read(bag, erased.number))
    stopped = Dossier.announce(form, "en", "stopped", [("email", "somebody@example.org")])
    Contact.get(Contact.dossier == stopped).stop()
    assert "has stopped the messages" in said(read(bag, stopped.number))


def test_number_made_after_the_day_of_the_bag_is_refused(desk, dossier):
    begin(desk, YESTERDAY)
    assert titles(read(desk, dossier.number)) == ["Younger than this bag"] and stored(dossier).version == 1


def test_postmark_is_kept_and_one_after_the_arrival_refused(bag, dossier):
    given_out_long_ago(dossier)
    for wrong in ((today() + dt.timedelta(days=1)).isoformat(), "yesterday"):
        assert titles(read(bag, dossier.number, postmark_on=wrong)) == ["Postmark later than the arrival"]
    read(bag, dossier.number, postmark_on=LONG_AGO.isoformat())
    assert stored(dossier).latest.postmark_on == LONG_AGO


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
    assert {stored(each).status for each in dossiers} == {"announced"} and stored(foreign).latest.kind == "undone"
    assert (
        not Notification.select().join(Event).where(Event.kind != "announced", Notification.state == "queued").count()
    )
    assert "Taken back" in page.text


def test_too_late_to_undo_is_said_and_changes_nothing(bag, with_mail):
    page = read(bag, with_mail.number)
    Event.update(at=now() - dt.timedelta(minutes=11)).where(Event.kind == "received").execute()
    tap(bag, page, "undo", 409)
    assert stored(with_mail).status == "received" and Read.get().outcome == "arrived"


def test_what_has_gone_on_stays_and_is_counted(bag, clerk, form):
    first, second = (Dossier.announce(form, "en", key) for key in ("one", "two"))
    page = [read(bag, each.number) for each in (first, second)]
    stored(first).move("examination", by=clerk, version=2)
    page = bag.submit(bag.get(f"/desk/post-bag/{Batch.get().id}"), "/undo")
    assert "1 could not be taken back" in page.text
    assert (stored(first).status, stored(second).status) == ("examination", "announced")


def test_envelope_with_several_forms_marks_all_and_flags_what_is_not_there(bag, app, form):
    dossiers = [Dossier.announce(form, "en", f"k{index}", [("email", "a@example.org")]) for index in range(3)]
    page = read(bag, "HTTP://LOCALHOST/E/" + "+".join(each.number for each in dossiers))
    assert titles(page) == ["Arrived"] * 3 and {stored(each).status for each in dossiers} == {"received"}
    boxes = [box["value"] for box in page.soup.select("input[name=present]")]
    form_of = page.form("/envelopes/")
    token = form_of.select_one("[name=csrf_token]")["value"]
    page = bag.post(form_of["action"], data={"csrf_token": token, "present": boxes[:2]})
    assert titles(page) == ["Arrived", "Arrived", "Not in the envelope"]
    assert [stored(each).status for each in dossiers] == ["received", "received", "announced"]
    assert [event.kind for event in stored(dossiers[2]).history()] == ["announced", "absent"]
    assert "not in it" in Visitor(app).get(f"/t/{dossiers[2].number}").text
    assert titles(read(bag, dossiers[2].number)) == ["Arrived"]


def test_helpdesk_opens_no_post(app, helpdesk):
    browser = signed_in(app, helpdesk)
    browser.get("/desk/post-bag", 403)
    assert "/desk/post-bag" not in browser.get("/desk").html


def test_bag_of_another_authority_does_not_exist(app, bag, other_clerk, dossier):
    read(bag, dossier.number)
    stranger, row, address = signed_in(app, other_clerk), Read.get(), f"/desk/post-bag/{Batch.get().id}"
    stranger.get(address, 404)
    token = stranger.get("/desk/post-bag").form("/desk/post-bag").select_one("[name=csrf_token]")["value"]
    for path in ("/reads", f"/reads/{row.key}", f"/envelopes/{row.scan}", "/undo"):
        fields = {"csrf_token": token, "step": "undo", "key": str(uuid.uuid4()), "text": dossier.number}
        stranger.post(address + path, 404, data=fields)
    assert stored(dossier).status == "received"


def test_colleague_sees_the_bag_and_undoes_but_does_not_scan_into_it(app, bag, clerk, dossier):
    read(bag, dossier.number)
    colleague = signed_in(app, account("colleague@example.lu", "clerk", clerk.authority))
    page = colleague.get(f"/desk/post-bag/{Batch.get().id}")
    assert "by a colleague" in page.text
    token = page.form("/undo").select_one("[name=csrf_token]")["value"]
    fields = {"csrf_token": token, "key": str(uuid.uuid4()), "text": dossier.number}
    colleague.post(f"/desk/post-bag/{Batch.get().id}/reads", 404, data=fields)
    colleague.submit(page, "/undo")
    assert stored(dossier).status == "announced"


def test_key_used_in_another_bag_and_what_is_no_key_are_refused(bag, dossier):
    page = bag.get("/desk/post-bag")
    bag.submit(page, "/reads", text="x")
    begin(bag)
    other = bag.get("/desk/post-bag")
    bag.submit(other, "/reads", 409, text=dossier.number, key=page.form("/reads").select_one("[name=key]")["value"])
    for wrong in ("", "x", "1"):
        bag.submit(other, "/reads", 400, text=dossier.number, key=wrong)
    assert stored(dossier).version == 1


@pytest.mark.parametrize("path", ["0", "999999999", "99999999999999999999", "x"])
def test_bag_that_does_not_exist(desk, path):
    desk.get(f"/desk/post-bag/{path}", 404)


def test_script_gets_the_answer_alone_and_signed_out_it_is_told(app, bag, dossier):
    form = bag.get("/desk/post-bag").form("/reads")
    data = {field["name"]: field.get("value", "") for field in form.select("input[name]")} | {"text": dossier.number}
    page = bag.post(form["action"], data=data, htmx=True)
    assert page.soup.select_one(".read")["data-tone"] == "good" and not page.soup.select("h1, main")
    answer = Visitor(app).open(form["action"], "POST", data=data, htmx=True)
    assert answer.status_code == 400 or answer.headers.get("HX-Redirect") == "/sign-in"


def test_camera_is_allowed_here(bag):
    headers = bag.open("/desk/post-bag").headers
    assert "camera=(self)" in headers["Permissions-Policy"] and "wasm-unsafe-eval" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_on_both_databases(either):
    form = Form.select().join(Procedure).where(Procedure.slug == "rent-subsidy").get()
    staff = account("clerk@example.lu", "clerk", form.procedure.authority)
    dossier = Dossier.announce(form, "en", "k", [("email", "a@example.org")])
    bag, scan, hold = Batch.open_bag(staff, today()), uuid.uuid4(), dt.timedelta(minutes=10)
    first = Read.take(bag, scan, dossier.number, hold=hold)
    assert [r.outcome for r in Read.take(bag, scan, "something else", hold=hold)] == ["arrived"]
    first[0].undo(by=staff, hold=hold)
    assert Read.get().outcome == "undone" and stored(dossier).status == "announced"


@pytest.mark.parametrize(("step", "outcome"), [("further", "Already here"), ("ask", "Arrived")])
def test_dossier_that_was_handed_over_is_moved_by_no_button_of_an_old_bag(
    bag, clerk, other_clerk, with_mail, step, outcome
):
    Dossier.update(edition="2019").where(Dossier.id == with_mail.id).execute()
    page = read(bag, with_mail.number)
    if step == "further":
        begin(bag)
        page = read(bag, with_mail.number)
    assert titles(page) == [outcome]
    handed_over = stored(with_mail)
    handed_over.transfer(other_clerk.authority, by=clerk, version=handed_over.version)
    tap(bag, page, step, 409)
    assert stored(with_mail).latest.kind == "transferred" and stored(with_mail).status == "received"


def test_old_bag_says_nothing_of_what_became_of_a_dossier_that_was_handed_over(bag, clerk, other_clerk, dossier):
    read(bag, dossier.number)
    begin(bag)
    page = read(bag, dossier.number)
    assert "Its status: Arrived." in said(page)
    handed_over = stored(dossier)
    handed_over.transfer(other_clerk.authority, by=clerk, version=handed_over.version)
    handed_over.move("withdrawn", by=other_clerk, version=handed_over.version)
    later = said(bag.get(f"/desk/post-bag?read={Read.select().order_by(Read.at.desc()).get().scan}"))
    assert "Another authority has it now." in later and "scanned by you" in later
    assert "ithdrawn" not in later and "Nothing more" not in later


def test_reading_without_a_key_is_refused(bag, dossier):
    form = bag.get("/desk/post-bag").form("/reads")
    data = {"csrf_token": form.select_one("[name=csrf_token]")["value"], "text": dossier.number}
    assert bag.open(form["action"], "POST", data=data).status_code == 400
    assert stored(dossier).status == "announced"
