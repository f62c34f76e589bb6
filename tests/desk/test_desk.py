"""The desk: a dossier's life through its pages, and the citizen's page tells the same story at every step."""

import datetime as dt
import html

import pytest

from models import Authority, Contact, Event, db, now, today
from models.dossiers.number import grouped
from support.desk_pages import LONG_AGO, YESTERDAY, address, given_out_long_ago, move, moved, offered, send, stored
from support.site import running, signed_in


@pytest.mark.long
def test_whole_life_goes_through_the_pages_and_the_citizen_reads_the_same_story(visitor, desk, dossier):
    story = [
        ("received", "Arrived", "Your envelope arrived on"),
        ("incomplete", "Documents are missing", "Copy of the passport"),
        ("received", "Arrived", "The missing documents arrived on"),
        ("examination", "Being examined", "examining your dossier"),
        ("decided", "Decided", "The authority decided on"),
        ("closed", "Closed", "This dossier was closed on"),
    ]
    for count, (to, label, words) in enumerate(story, 2):
        page = move(desk, dossier, to)
        assert page.url == address(dossier) and page.soup.select_one("main .pill").get_text() == label
        citizen = visitor.get(f"/t/{dossier.number}")
        assert citizen.title == label and words in citizen.text
        assert len(citizen.soup.select(".timeline > li")) == len(page.soup.select(".timeline > li")) == count
    assert offered(page) == [] and "there is no further step" in page.text
    assert [event.by_id for event in stored(dossier).events.order_by(Event.id)][1:] == [1] * 6


@pytest.mark.parametrize(
    ("before", "to", "label"),
    [
        ("received", "withdrawn", "Withdrawn"),
        ("examination", "withdrawn", "Withdrawn"),
        ("incomplete", "examination", "Being examined"),
        ("examination", "incomplete", "Documents are missing"),
    ],
)
def test_side_roads_are_told_to_the_citizen_too(visitor, desk, dossier, before, to, label):
    moved(desk, dossier, before)
    assert move(desk, dossier, to).soup.select_one("main .pill").get_text() == label
    assert visitor.get(f"/t/{dossier.number}").title == label


def test_number_nobody_posted_lapses_and_late_paper_revives_it(visitor, desk, dossier):
    move(desk, dossier, "lapsed")
    assert "This form has not arrived at the authority" in visitor.get(f"/t/{dossier.number}").text
    move(desk, dossier, "received")
    assert visitor.get(f"/t/{dossier.number}").title == "Arrived"


def test_page_offers_exactly_the_moves_there_are(desk, dossier):
    assert offered(desk.get(address(dossier))) == ["received", "lapsed", "withdrawn"]
    assert offered(move(desk, dossier, "received")) == ["examination", "incomplete", "withdrawn", "transferred"]
    assert offered(move(desk, dossier, "examination")) == ["decided", "incomplete", "withdrawn", "transferred"]
    assert offered(move(desk, dossier, "decided")) == ["closed"]


def test_arrival_keeps_date_and_postmark_apart(visitor, desk, dossier):
    given_out_long_ago(dossier)
    page = move(desk, dossier, "received", arrived_on=YESTERDAY.isoformat(), postmark_on=LONG_AGO.isoformat())
    event = stored(dossier).events.where(Event.kind == "received").get()
    assert (event.arrived_on, event.postmark_on) == (YESTERDAY, LONG_AGO) and event.at.date() >= YESTERDAY
    assert page.soup.select_one(f"time[datetime='{LONG_AGO.isoformat()}']")
    assert f"arrived on {YESTERDAY.day} " in visitor.get(f"/t/{dossier.number}").text


def test_citizen_reads_the_list_line_by_line_and_the_day(visitor, desk, dossier):
    moved(desk, dossier, "received")
    until = dt.date(today().year + 1, 3, 31)
    move(desk, dossier, "incomplete", missing="• Lease\r\n\r\n- Payslips of May\r\n", until=until.isoformat())
    page = visitor.get(f"/t/{dossier.number}")
    assert [item.get_text() for item in page.soup.select("ul.missing li")] == ["Lease", "Payslips of May"]
    assert f"31 March {until.year}" in page.text


@pytest.mark.parametrize("note", ["<script>alert(1)</script>", "{{7*7}}", "{% raw %}", "Größe & \"Maß\" 'é'", "a\nb"])
def test_note_is_shown_to_the_citizen_as_it_was_typed_and_nothing_in_it_runs(visitor, desk, dossier, note):
    page = move(desk, dossier, "received", note=note)
    for shown in (page, visitor.get(f"/t/{dossier.number}")):
        quote = shown.soup.select_one("blockquote p")
        assert quote.get_text().split() == note.split() and not quote.find(True)
        assert html.escape(note).split()[0].replace("&quot;", "&#34;").replace("&#x27;", "&#39;") in shown.html


def test_hand_over_keeps_the_status_and_is_told(visitor, app, desk, dossier, other_clerk):
    moved(desk, dossier, "received")
    other = Authority.get_by_id(other_clerk.authority.id)
    page = send(desk, desk.get(address(dossier)), "transferred", authority=other.slug, note="Wrong house")
    assert page.url == "/desk" and "has been handed over" in page.text
    desk.get(address(dossier), 404)
    citizen = visitor.get(f"/t/{dossier.number}")
    assert (
        citizen.title == "Arrived" and f"Now with: {other.name['en']}" in citizen.text and "Wrong house" in citizen.text
    )
    assert offered(signed_in(app, other_clerk).get(address(dossier)))[0] == "examination"


def test_desk_shows_no_address_only_how_the_citizen_is_told(desk, with_mail):
    page = desk.get(address(with_mail))
    assert "By e-mail – not confirmed yet" in page.text and "somebody" not in page.html
    Contact.update(confirmed_at=now(), stopped_at=now()).execute()
    assert "By e-mail – stopped" in desk.get(address(with_mail)).text


def test_dossier_without_contacts_says_that_nobody_is_told(desk, dossier):
    assert "the citizen chose to look the number up" in desk.get(address(dossier)).text


def test_move_made_in_one_process_is_seen_in_another(sqlite_url, desk, clerk, dossier):
    elsewhere = signed_in(running(sqlite_url), clerk)
    move(desk, dossier, "received")
    assert elsewhere.get(address(dossier)).soup.select_one(".pill").get_text() == "Arrived"
    db.close()


def test_whole_move_works_on_both_databases(either, dossier, clerk):
    desk = signed_in(either, clerk)
    page = move(desk, dossier, "received", note="Größe ☃")
    assert page.title == grouped(dossier.number) and "Größe ☃" in page.text
