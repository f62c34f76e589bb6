"""The dates of a dossier as entries for a calendar."""

import datetime as dt

import pytest

from models.catalogue.procedure import LANGUAGES
from models.dossiers.moves import Act
from support.clock_pages import PERSON, entry, on, status_page
from support.visitor import Visitor


def test_limit_goes_into_a_calendar(app, told):
    dossier = told(("2026-10-26", "received"))
    answer, calendar = entry(app, dossier, "2026-10-27")
    (event,) = calendar.events
    assert answer.content_type == "text/calendar; charset=utf-8; method=PUBLISH"
    assert answer.headers["Cache-Control"].startswith("no-store") or "private" in answer.headers["Cache-Control"]
    assert calendar["method"] == "PUBLISH" and event["uid"] == f"{dossier.number}-limit@etracking"
    assert (event.start, event.end) == (dt.date(2026, 12, 28), dt.date(2026, 12, 29))
    assert event["sequence"] == dossier.version and event["dtstamp"].dt == dossier.changed_at
    assert event["url"] == f"http://localhost/t/{dossier.number}" and "Christmas Day" in event["description"]
    assert event.alarms.times[0].trigger.date() == dt.date(2026, 12, 27) and event.alarms.times[0].trigger.hour == 9
    assert PERSON not in answer.text
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75


@pytest.mark.parametrize("language", LANGUAGES)
def test_file_has_what_calendars_that_know_less_need(app, told, language):
    dossier = told(("2026-10-26", "received"))
    data = entry(app, dossier, "2026-10-27", language)[0].data
    lines = data.removesuffix(b"\r\n").split(b"\r\n")
    assert b"\n" not in b"".join(lines) and max(map(len, lines)) <= 75, "folded, with the line ends of the standard"
    assert [line.decode() for line in lines], "no letter is cut in two by folding"
    unfolded = data.replace(b"\r\n ", b"").decode().split("\r\n")
    for line in (
        "DTSTART;VALUE=DATE:20261228",
        "DTEND;VALUE=DATE:20261229",  # Android and iCloud: without it an instant at midnight, or nothing
        "TRIGGER:-PT15H",  # Outlook drops a reminder that is not before the start
        "METHOD:PUBLISH",  # nobody is invited, nobody answers
        f"SEQUENCE:{dossier.version}",
        "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
        "ACTION:DISPLAY",
    ):
        assert unfolded.count(line) == 1, line
    names = [line.partition(":")[0].partition(";")[0] for line in unfolded if line]
    assert names.count("DESCRIPTION") == 2 and {"UID", "DTSTAMP", "SUMMARY"} <= set(names)
    assert "ORGANIZER" not in names and "ATTENDEE" not in names


def test_citizens_own_date_goes_into_a_calendar(app, told):
    dossier = told(("2026-03-02", "received"), ("2026-03-16", "incomplete", "2026-05-09"))
    _answer, calendar = entry(app, dossier, "2026-04-01")
    (event,) = calendar.events
    assert event["uid"].endswith("-yours@etracking") and event.start == dt.date(2026, 5, 11)
    assert event.alarms.times[0].trigger.date() == dt.date(2026, 5, 8)


def test_calendar_takes_the_last_day_there_is(app, told):
    _answer, calendar = entry(
        app, told(("2026-03-02", "received"), ("2026-03-16", "incomplete", "9999-12-31")), "2026-04-01"
    )
    assert calendar.events[0].start == dt.date.max


def test_later_file_is_news_of_the_same_entry(app, told, keeper):
    dossier = told(("2026-03-02", "received"))
    before = entry(app, dossier, "2026-03-03")[1].events[0]
    with on("2026-03-04"):
        dossier.correct_arrival(dt.date(2026, 2, 27), Act(by=keeper, version=dossier.version))
    after = entry(app, dossier, "2026-03-05")[1].events[0]
    assert before["uid"] == after["uid"] and after["sequence"] > before["sequence"] and after.start < before.start


@pytest.mark.parametrize("language", LANGUAGES)
def test_calendar_speaks_the_language_of_its_reader(app, told, language):
    _answer, calendar = entry(app, told(("2026-10-26", "received")), "2026-10-27", language)
    (event,) = calendar.events
    names = {"de": "Weihnachten", "fr": "Noël", "en": "Christmas Day", "lb": "Chrëschtdag"}
    assert names[language] in event["description"] and event["summary"].params["language"] == language


def test_without_a_date_there_is_no_entry(app, told):
    for dossier in (told(), told(("2026-03-02", "received"), ("2026-03-16", "incomplete"))):
        with on("2026-04-01"):
            assert Visitor(app).open(f"/t/{dossier.number}.ics").status_code == 404
            assert not Visitor(app).get(f"/t/{dossier.number}").soup.select("a[href$='.ics']")
    assert Visitor(app).open("/t/0123456789ABV.ics").status_code == 404
    assert Visitor(app).open("/t/nonsense.ics").status_code == 404
    assert Visitor(app).open("/t/0123456789ABV.ics", "POST").status_code == 405


def test_page_links_to_its_calendar_entry(app, told):
    page = status_page(app, told(("2026-03-02", "received")), "2026-03-03")
    (link,) = page.soup.select("a[href$='.ics']")
    assert link.get_text() == "Put it into my calendar"
