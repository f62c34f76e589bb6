"""The clock as it is seen: on the status page, at the desk, in a calendar, in lists. Every date can say why."""

import datetime as dt
from contextlib import contextmanager

import pytest
import time_machine
from icalendar import Calendar

from models import Contact, Dossier, Form, Notification, Staff
from models.base import LUXEMBOURG
from models.catalogue.procedure import LANGUAGES
from senders.text import write
from support.loading import copied, load, replace
from support.site import account, signed_in
from support.visitor import Page, Visitor

PERSON = "somebody@example.org"


@contextmanager
def on(day: str):
    """Ten in the morning in Luxembourg."""
    with time_machine.travel(dt.datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=LUXEMBOURG), tick=False):
        yield


@pytest.fixture
def student() -> Form:
    """A form with a period: 60 days from arrival, suspended while documents are missing."""
    return Form.get(Form.slug == "financial-responsibility-student")


@pytest.fixture
def keeper(student) -> Staff:
    return account("keeper@example.lu", "clerk", student.procedure.authority)


@pytest.fixture
def told(student, keeper):
    """A dossier after a story: (day, what happened, more) ..."""

    def told(*story: tuple) -> Dossier:
        with on("2026-01-02"):
            dossier = Dossier.announce(student, "en", f"key of {story}", [("email", PERSON)])
        for day, kind, *more in story:
            with on(day):
                happen(dossier, kind, keeper, *more)
        return dossier

    return told


def happen(dossier: Dossier, kind: str, by: Staff, until: str = "") -> None:
    today = dt.datetime.now(LUXEMBOURG).date()
    if kind == "corrected":
        dossier.correct_arrival(dt.date.fromisoformat(until), by=by, version=dossier.version)
        return
    dossier.move(
        kind,
        by=by,
        version=dossier.version,
        arrived_on=today if kind == "received" else None,
        until=dt.date.fromisoformat(until) if until else None,
        missing=["Copy of the passport"] if kind == "incomplete" else None,
    )


def kept(dossier: Dossier) -> tuple:
    row = Dossier.get_by_id(dossier.id)
    return tuple(day and f"{day:%m-%d}" for day in (row.target_on, row.due_on, row.decided_on)) + (row.handled_days,)


def status_page(app, dossier: Dossier, day: str, language: str = "en") -> Page:
    with on(day):
        return Visitor(app, language).get(f"/t/{dossier.number}")


def whys(page: Page) -> list[list[str]]:
    """The steps of each explanation on the page."""
    return [[step.get_text(strip=True) for step in why.select("li")] for why in page.soup.select("details.why")]


def entry(app, dossier: Dossier, day: str, language: str = "en"):
    with on(day):
        answer = Visitor(app, language).open(f"/t/{dossier.number}.ics")
    assert answer.status_code == 200
    return answer, Calendar.from_ical(answer.data)


# What lists ask


def test_every_move_keeps_the_dates_that_lists_ask_for(either, told, keeper):
    dossier = told()
    assert kept(dossier) == (None, None, None, None)
    for day, kind, expected in (
        ("2026-03-02", "received", ("05-01", "05-04", None, None)),
        ("2026-03-16", "incomplete", (None, None, None, None)),
        ("2026-04-05", "received", ("05-21", "05-21", None, None)),
        ("2026-04-07", "examination", ("05-21", "05-21", None, None)),
        ("2026-04-20", "decided", (None, None, "04-20", 29)),
        ("2026-04-25", "closed", (None, None, "04-20", 29)),
    ):
        with on(day):
            happen(dossier, kind, keeper)
        assert kept(dossier) == expected, kind


def test_undone_move_leaves_no_date(app, told, keeper):
    dossier = told(("2026-03-02", "received"))
    with on("2026-03-02"):
        dossier.undo(dossier.latest, by=keeper, version=dossier.version)
    assert kept(dossier) == (None, None, None, None)


def test_corrected_arrival_moves_the_limit(app, told):
    dossier = told(("2026-03-04", "received"), ("2026-03-05", "corrected", "2026-03-02"))
    assert kept(dossier)[:2] == ("05-01", "05-04")


def test_changed_period_moves_the_limits_of_what_is_in_hand(app, told, tmp_path):
    dossier = told(("2026-03-02", "received"))
    folder = copied(tmp_path, "student-residence")
    replace(folder / "student-residence" / "procedure.yaml", "      length: 60", "      length: 45")
    load(app, folder)
    assert kept(dossier)[:2] == ("04-16", "04-16")


def test_form_without_a_period_has_no_clock(app, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    happen(dossier, "received", clerk)
    assert kept(dossier) == (None, None, None, None)
    assert not Visitor(app).get(f"/t/{dossier.number}").soup.select("details.why")
    assert Visitor(app).open(f"/t/{dossier.number}.ics").status_code == 404


# What the citizen sees


def test_before_arrival_the_page_says_how_long_it_takes(app, told):
    page = status_page(app, told(), "2026-01-02")
    assert "As a rule at most 60 days from the arrival of your papers" in page.text and not whys(page)


def test_page_names_the_limit_and_why(app, told):
    page = status_page(app, told(("2026-10-26", "received")), "2026-10-27")
    assert "As a rule at most until 28 December 2026" in page.text
    assert whys(page) == [
        [
            "The papers arrived on 26 October 2026. This day itself is not counted.",
            "60 days from then, weekends and holidays included, end on 25 December 2026.",
            "The end moves to the next working day, Monday, 28 December 2026. Not a working day: Friday, 25 December "
            "2026 (Christmas Day); Saturday, 26 December 2026 (Saint Stephen’s Day); Sunday, 27 December 2026.",
        ]
    ]
    assert "Guichet.lu" in page.soup.select_one("details.why").get_text()


def test_page_says_that_the_clock_is_stopped_and_by_when_the_citizen_answers(app, told):
    dossier = told(("2026-03-02", "received"), ("2026-03-16", "incomplete", "2026-05-09"))
    page = status_page(app, dossier, "2026-04-01")
    assert "The clock has been stopped since 16 March 2026: 14 of 60 days are used." in page.text
    assert "It goes on when your documents arrive." in page.text and "11 May 2026" in page.text
    own, authority = whys(page)
    assert own[0] == "The authority asked for the documents on 16 March 2026 and set a date: 9 May 2026."
    assert "Saturday, 9 May 2026 (Europe Day); Sunday, 10 May 2026" in own[1]
    assert authority[-1].startswith("The authority asked for documents on 16 March 2026, when 14 of 60 days were used.")


def test_message_names_the_same_day_as_the_page(app, told):
    dossier = told(("2026-03-02", "received"), ("2026-03-16", "incomplete", "2026-05-09"))
    notification = (
        Notification.select().join(Contact).where(Contact.dossier == dossier).order_by(Notification.id.desc()).get()
    )
    with app.app_context():
        assert "11 May 2026" in str(write(notification))


def test_page_explains_what_was_waited_for(app, told):
    dossier = told(
        ("2026-03-02", "received"),
        ("2026-03-16", "incomplete"),
        ("2026-04-05", "received"),
        ("2026-04-08", "incomplete"),
        ("2026-04-08", "received"),
    )
    page = status_page(app, dossier, "2026-04-10")
    assert "As a rule at most until 21 May 2026" in page.text
    assert whys(page)[0][2:] == [
        "From 16 March 2026 to 5 April 2026 the authority waited for documents. These 20 days are added: 21 May 2026.",
        "Documents were asked for on 8 April 2026 and arrived the same day: no day is added.",
    ]


def test_day_that_has_passed_is_not_hidden(app, told):
    dossier = told(("2026-03-02", "received"))
    assert "That day has passed" not in status_page(app, dossier, "2026-05-04").text
    assert "until 4 May 2026. That day has passed: you may ask the authority." in (
        status_page(app, dossier, "2026-05-05").text
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_is_told_in_every_language(app, told, language):
    dossier = told(("2026-02-27", "received"), ("2026-03-16", "incomplete"), ("2026-03-27", "received"))
    (steps,) = whys(status_page(app, dossier, "2026-03-28", language))
    names = {"de": "Europatag", "fr": "Jour de l’Europe", "en": "Europe Day", "lb": "Europadag"}
    assert len(steps) == 4 and names[language] in steps[-1]


# In a calendar


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
    assert event.alarms.times[0].trigger.hour == 9
    assert PERSON not in answer.text
    assert max(map(len, answer.data.split(b"\r\n"))) <= 75


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
        dossier.correct_arrival(dt.date(2026, 2, 27), by=keeper, version=dossier.version)
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


# What the desk sees


def desk_page(app, dossier: Dossier, keeper: Staff, day: str) -> dict[str, str]:
    """Title and text of each row of the clock."""
    with on(day):
        page = signed_in(app, keeper).get(f"/desk/dossiers/{dossier.number}")
    rows = page.soup.select("[aria-labelledby=clock] dl > div")
    return {row.dt.get_text(): row.dd.find(string=True).strip() for row in rows}


def test_desk_sees_limit_target_and_days_used(app, told, keeper):
    dossier = told(("2026-03-02", "received"))
    rows = {"Internal target": "1 May 2026"}  # a Friday, and a holiday: the limit is another day
    for day, near, spent in (
        ("2026-03-12", "4 May 2026, in 53 days", "10 of 60"),
        ("2026-05-03", "4 May 2026, in 1 day", "60 of 60"),
        ("2026-05-04", "4 May 2026, today", "60 of 60"),
        ("2026-05-06", "4 May 2026, 2 days overdue", "60 of 60"),
    ):
        expected = rows | {"Last day as a rule": near, "Days used": spent}
        assert desk_page(app, dossier, keeper, day) == expected


def test_desk_sees_the_clock_stopped_and_the_citizens_day(app, told, keeper):
    dossier = told(("2026-03-02", "received"), ("2026-03-16", "incomplete", "2026-05-09"))
    assert desk_page(app, dossier, keeper, "2026-04-01") == {
        "Clock": "The clock has been stopped since 16 March 2026: 14 of 60 days are used.",
        "Days used": "14 of 60",
        "The citizen’s last day": "11 May 2026",
    }


def test_decided_dossier_is_not_overdue(app, told, keeper):
    dossier = told(("2026-03-02", "received"), ("2026-03-03", "examination"), ("2026-03-22", "decided"))
    rows = desk_page(app, dossier, keeper, "2026-06-01")
    assert (rows["Last day as a rule"], rows["Days used"]) == ("4 May 2026", "20 of 60")


def test_dossier_that_has_not_arrived_has_no_clock_at_the_desk(app, told, keeper):
    assert desk_page(app, told(), keeper, "2026-03-12") == {}
