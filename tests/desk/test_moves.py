"""A move that cannot be: refused with the reason, nothing written, nothing typed lost. A slip can be undone."""

import datetime as dt
from functools import partial

import pytest
import time_machine

from models import Authority, Event, Notification, Outcome, now, today
from models.notifications import outbox
from support.desk_pages import (
    LONG_AGO,
    TOMORROW,
    YESTERDAY,
    address,
    form_of,
    given_out_long_ago,
    move,
    moved,
    offered,
    send,
    stored,
)
from support.site import signed_in
from support.visitor import values


def test_arrival_is_today_if_nothing_else_is_typed(desk, dossier):
    send(desk, desk.get(address(dossier)), "received")
    assert stored(dossier).arrived_on == today()


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("arrived_on", TOMORROW.isoformat(), "This day has not come yet."),
        ("arrived_on", "", "When did it arrive?"),
        ("arrived_on", "yesterday", "This is not a date."),
        ("arrived_on", "2026-02-30", "This is not a date."),
        ("postmark_on", TOMORROW.isoformat(), "This day has not come yet."),
        ("postmark_on", "31.12.2025", "This is not a date."),
    ],
)
def test_date_that_cannot_be_is_refused_beside_its_field_and_all_that_was_typed_stays(
    desk, dossier, field, typed, why, htmx
):
    given_out_long_ago(dossier)
    fields = {"arrived_on": YESTERDAY.isoformat(), "note": "Kept & safe"} | {field: typed}
    page = send(desk, desk.get(address(dossier)), "received", 422, htmx, **fields)
    assert list(page.errors) == [f"received-{field}"] and why in page.errors[f"received-{field}"]
    form = form_of(page, "received")
    assert (
        form.select_one(f"[name={field}]")["value"] == typed
        and form.select_one("textarea").get_text() == "\r\nKept & safe"
    )
    assert page.soup.select_one(".summary a")["href"] == f"#received-{field}"
    assert form.find_parent("details").has_attr("open") and form.select_one(f"[name={field}]")["aria-invalid"] == "true"
    assert (stored(dossier).status, stored(dossier).version) == ("announced", 1)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"missing": "", "until": TOMORROW.isoformat()}, ["missing"]),
        ({"missing": " - \n • ", "until": TOMORROW.isoformat()}, ["missing"]),
        ({"missing": "x" * 2001, "until": TOMORROW.isoformat()}, ["missing"]),
        ({"missing": "Lease", "until": today().isoformat()}, ["until"]),
        ({"missing": "Lease", "until": YESTERDAY.isoformat()}, ["until"]),
        ({"missing": "Lease", "until": "9999-12-31"}, ["until"]),
        ({"missing": "Lease", "until": ""}, ["until"]),
        ({"missing": "", "until": ""}, ["missing", "until"]),
        ({"missing": "Lease", "until": TOMORROW.isoformat(), "note": "x" * 1001}, ["note"]),
    ],
)
def test_asking_for_documents_needs_their_list_and_a_day_to_come(desk, dossier, fields, wrong):
    page = send(desk, moved(desk, dossier, "received"), "incomplete", 422, **fields)
    assert list(page.errors) == [f"incomplete-{field}" for field in wrong]
    for name, typed in fields.items():
        field = form_of(page, "incomplete").select_one(f"[name={name}]")
        assert (field.get("value") or field.get_text()).strip() == typed.strip()
    assert stored(dossier).status == "received"


def test_nobody_hands_over_to_nowhere_or_to_the_own_authority(desk, dossier):
    page = moved(desk, dossier, "received")
    slugs = {option["value"] for option in form_of(page, "transferred").select("[name=authority] option")}
    assert dossier.authority.slug not in slugs and len(slugs) == Authority.select().count() - 1
    send(desk, page, "transferred", 422, authority="")
    send(desk, page, "transferred", 404, authority="nowhere")
    send(desk, page, "transferred", 409, authority=dossier.authority.slug)
    assert stored(dossier).version == 2


@pytest.mark.parametrize("htmx", [False, True])
def test_slower_of_two_clerks_is_told_keeps_what_was_typed_and_nothing_of_it_is_written(
    app, desk, clerk, dossier, htmx
):
    second = signed_in(app, clerk)
    old = second.get(address(dossier))
    move(desk, dossier, "received")
    before = Event.select().count(), stored(dossier).version
    page = send(second, old, "withdrawn", 409, htmx, note="Too late")
    alert = page.soup.select_one("[role=alert]").get_text()
    assert "While you were writing: Arrived Arrived by post on" in " ".join(alert.split()) and clerk.email in alert
    assert page.soup.select_one(".pill").get_text() == "Arrived"
    assert offered(page) == ["examination", "incomplete", "withdrawn", "transferred"]
    assert form_of(page, "withdrawn").textarea.get_text().strip() == "Too late"
    assert (Event.select().count(), stored(dossier).version) == before
    send(second, page, "examination")
    assert stored(dossier).status == "examination"


def test_slower_clerk_is_told_also_when_something_was_typed_wrong(app, desk, clerk, dossier):
    old = desk.get(address(dossier))
    move(signed_in(app, clerk), dossier, "received")
    page = send(desk, old, "received", 409, arrived_on="", note="Stamped at the gate")
    lost = page.soup.select_one("[role=alert] blockquote").get_text(strip=True)
    assert lost == "Stamped at the gate" and "Nothing of yours was saved" in page.text
    assert "Somebody was quicker" in page.text and page.errors == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"to": "decided"},
        {"to": "nonsense"},
        {"to": ""},
        {"version": ""},
        {"version": "0"},
        {"version": "one"},
        {"version": "9" * 40},
        {"version": "-1"},
    ],
)
def test_mangled_move_is_refused_and_shows_the_present_state(desk, dossier, fields):
    page = send(desk, desk.get(address(dossier)), "received", 409, **fields)
    assert offered(page)[0] == "received" and stored(dossier).version == 1


def test_scan_can_be_undone_until_the_citizen_is_told(visitor, desk, with_mail):
    page = move(desk, with_mail, "received")
    assert "The citizen is told at" in page.text
    page = desk.submit(page, "/undo")
    assert page.soup.select_one(".pill").get_text() == "Not arrived yet" and "Taken back" in page.text
    assert not page.soup.select("form[action$='/undo']")
    citizen = visitor.get(f"/t/{with_mail.number}")
    assert citizen.title == "Not arrived yet" and len(citizen.soup.select(".timeline > li")) == 1
    assert Notification.get(Notification.event == Event.get(Event.kind == "received")).state == "cancelled"


def test_scan_can_be_undone_where_nobody_is_told(desk, dossier):
    page = move(desk, dossier, "received")
    assert "This can be undone until" in page.text
    desk.submit(page, "/undo", htmx=False)
    assert stored(dossier).status == "announced" and stored(dossier).arrived_on is None


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"arrived_on": YESTERDAY.isoformat()}, "arrived_on", "the number did not exist yet"),
        (
            {"arrived_on": LONG_AGO.isoformat(), "postmark_on": YESTERDAY.isoformat()},
            "postmark_on",
            "later than the arrival",
        ),
    ],
)
def test_dates_that_contradict_each_other_are_refused(desk, dossier, fields, field, why):
    if field == "postmark_on":
        given_out_long_ago(dossier)
    page = send(desk, desk.get(address(dossier)), "received", 422, **fields)
    assert why in page.errors[f"received-{field}"] and stored(dossier).version == 1


def test_helpdesk_looks_and_moves_nothing(app, desk, helpdesk, with_mail):
    page = move(desk, with_mail, "received")
    browser = signed_in(app, helpdesk)
    shown = browser.get(address(with_mail))
    assert offered(shown) == [] and not shown.soup.select(f"form[action^='{address(with_mail)}/']")
    token = shown.soup.select_one("[name=csrf_token]")["value"]
    for path, data in (("status", {"to": "examination"}), ("undo", values(page.form("/undo")))):
        data |= {"csrf_token": token, "version": 2}
        assert browser.open(f"{address(with_mail)}/{path}", "POST", data=data).status_code == 403
    assert stored(with_mail).status == "received"


@pytest.mark.parametrize("htmx", [False, True])
def test_scan_cannot_be_undone_after_its_time(desk, with_mail, htmx):
    page = move(desk, with_mail, "received")
    with time_machine.travel(now() + dt.timedelta(minutes=11)):
        assert not desk.get(address(with_mail)).soup.select("form[action$='/undo']")
        late = desk.submit(page, "/undo", 409, htmx=htmx)
    assert "This is not possible any more. This is how the dossier stands now." in late.text
    assert stored(with_mail).status == "received"


@pytest.mark.parametrize("to", ["withdrawn", "lapsed"])
def test_every_move_waits_and_can_be_undone(visitor, desk, with_mail, to):
    page = desk.submit(move(desk, with_mail, to), "/undo")
    assert page.soup.select_one(".pill").get_text() == "Not arrived yet"
    assert visitor.get(f"/t/{with_mail.number}").title == "Not arrived yet"


def test_what_the_citizen_did_is_not_for_the_desk_to_undo(visitor, desk, dossier):
    visitor.submit(visitor.get(f"/t/{dossier.number}"), "/posted")
    page = desk.get(address(dossier))
    assert "Reported as posted" in page.text and not page.soup.select("form[action$='/undo']")


@pytest.mark.parametrize("fields", [{"event": "9" * 40}, {"event": None}, {"version": None}, {"version": "9" * 40}])
def test_mangled_undo_is_refused(desk, dossier, fields):
    page = move(desk, dossier, "received")
    desk.submit(page, "/undo", 409, **fields)
    assert stored(dossier).status == "received"


@pytest.mark.long
def test_undo_pressed_twice_takes_one_move_back(desk, dossier):
    moved(desk, dossier, "incomplete")
    page = move(desk, dossier, "received")
    desk.submit(page, "/undo")
    desk.submit(page, "/undo", 409)
    assert stored(dossier).status == "incomplete"


def test_citizen_hears_the_newest_news_and_never_the_older_after_it(app, desk, with_mail):
    app.config["UNDO_SECONDS"] = 0
    moved(desk, with_mail, "examination")
    kinds = [
        notification.kind
        for notification in iter(partial(outbox.claim, "worker", "email"), None)
        if notification.record_outcome(Outcome.SENT)
    ]
    assert kinds == ["announced", "examination"]
