"""The figures of an office: right to the last dossier, drawn for the eye and said for the ear, and only one's own."""

import csv
import datetime as dt
import io

import pytest

from models import Audit, Dossier, Form, Notification, Procedure, WaitingTime, today
from models.dossiers.number import grouped
from models.dossiers.waiting_times import MIN_CASES
from support.site import account, signed_in
from support.visitor import Page, Visitor

TABLES = ["deadlines", "weeks", "stages", "ages", "messages", "waiting"]
DAY = dt.timedelta(days=1)


def given(form: Form, key: str, **changes) -> Dossier:
    """A dossier of which `changes` are true; an address that is told of it goes with it."""
    dossier = Dossier.announce(form, "en", key, [("email", "canary@example.org")])
    if changes:
        Dossier.update(**changes).where(Dossier.id == dossier.id).execute()
    return dossier


def row(page: Page, table: str, first: str) -> list[int]:
    """The counts of the row that is called `first`."""
    found = {row.th.get_text(): row.select("td") for row in page.soup.select(f"section:has(#{table}) tbody tr")}
    return [int(cell.get_text()) for cell in found[first]]


def counts(page: Page, table: str) -> dict[str, int]:
    rows = page.soup.select(f"section:has(#{table}) tbody tr")
    return {row.th.get_text(): int(row.select("td")[-1].get_text()) for row in rows}


def table(visitor: Visitor, path: str) -> list[list[str]]:
    answer = visitor.open(path)
    assert answer.status_code == 200, answer.status
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


@pytest.fixture
def other_form(form) -> Form:
    """A form of another authority."""
    return Form.select().join(Procedure).where(Procedure.authority != form.procedure.authority, Form.tracked).first()


def test_open_dossiers_are_counted_by_how_near_their_limit_is(either, clerk, form):
    for index, days in enumerate((-40, -1, 0, 1, 3, 4, 7, 8, 14, 15, 90)):
        given(form, f"a{index}", status="examination", arrived_on=today(), due_on=today() + days * DAY)
    given(form, "stopped", status="incomplete", arrived_on=today())
    given(form, "decided", status="decided", arrived_on=today(), due_on=today() - DAY)
    given(form, "not arrived")
    page = signed_in(either, clerk).get("/desk/numbers")
    assert counts(page, "deadlines") == {
        "Overdue": 2,
        "Due today": 1,
        "Due in 1 to 3 days": 2,
        "Due in 4 to 7 days": 2,
        "Due in 8 to 14 days": 2,
        "Due later": 2,
        "No date at present": 1,
    }
    assert counts(page, "stages") == {
        "Not arrived yet": 1,
        "Arrived": 0,
        "Documents are missing": 1,
        "Being examined": 11,
        "Decided": 1,
        "Closed": 0,
        "Lapsed": 0,
        "Withdrawn": 0,
    }


def test_age_is_counted_from_the_arrival_and_ends_with_the_decision(app, desk, form):
    for index, days in enumerate((0, 7, 8, 14, 15, 30, 31, 60, 61, 90, 91, 400)):
        given(form, f"a{index}", status="received", arrived_on=today() - days * DAY)
    given(form, "decided", status="decided", arrived_on=today() - 500 * DAY)
    assert counts(desk.get("/desk/numbers"), "ages") == {
        "At most 7 days": 2,
        "At most 14 days": 2,
        "At most 30 days": 2,
        "At most 60 days": 2,
        "At most 90 days": 2,
        "More than 90 days": 2,
    }


def test_weeks_begin_on_monday_and_the_period_is_chosen(either, clerk, form):
    monday = today() - today().weekday() * DAY
    for index, day in enumerate((monday, monday - DAY, monday - 7 * DAY, monday - 8 * DAY)):
        given(form, f"a{index}", status="received", arrived_on=day)
    given(form, "decided", status="decided", arrived_on=monday - 400 * DAY, decided_on=monday - DAY)
    desk = signed_in(either, clerk)
    header, *rows = table(desk, "/desk/numbers/weeks.csv?weeks=4")
    assert header == ["Week from Monday", "Arrived", "Decided"]
    days = [(monday - later * 7 * DAY).isoformat() for later in (3, 2, 1, 0)]
    assert rows == [[days[0], "0", "0"], [days[1], "1", "0"], [days[2], "2", "1"], [days[3], "1", "0"]]
    assert len(table(desk, "/desk/numbers/weeks.csv?weeks=52")) == 53
    assert len(table(desk, "/desk/numbers/weeks.csv?weeks=7")) == len(table(desk, "/desk/numbers/weeks.csv")) == 14


def test_messages_are_counted_by_what_became_of_them(either, clerk, form):
    for index in range(5):
        given(form, f"a{index}")
    Dossier.announce(form, "en", "sms", [("sms", "+352621123456")])
    Notification.update(state="failed").where(
        Notification.id.in_(list(Notification.select(Notification.id).limit(3).tuples()))
    ).execute()
    page = signed_in(either, clerk).get("/desk/numbers")
    assert row(page, "messages", "Failed for good") == [3, 0, 0, 3]
    assert row(page, "messages", "Waiting to be sent") == [2, 1, 0, 3]


def test_waiting_times_are_those_of_the_public_page(app, desk, form):
    for index in range(MIN_CASES):
        given(form, f"a{index}", status="decided", decided_on=today(), handled_days=index)
    assert "from 20 decided dossiers on" in desk.get("/desk/numbers").text
    WaitingTime.count()
    page = desk.get("/desk/numbers")
    assert row(page, "waiting", form.procedure.title["en"]) == [20, 9, 17]
    assert "Half were decided within 9 and nine of ten within 17 days." in desk.get("/procedures/rent-subsidy").text


def test_clerk_counts_the_own_authority_and_others_choose(app, desk, helpdesk, form, other_form):
    given(form, "mine", status="received", arrived_on=today())
    for index in range(2):
        given(other_form, f"theirs {index}", status="received", arrived_on=today())
    mine, theirs = form.procedure.authority, other_form.procedure.authority

    def arrived(browser: Visitor, query: str = "") -> int:
        return counts(browser.get(f"/desk/numbers{query}"), "stages")["Arrived"]

    assert arrived(desk) == arrived(desk, f"?authority={mine.slug}") == 1
    for path in ("/desk/numbers", "/desk/numbers/stages.csv"):
        assert desk.open(f"{path}?authority={theirs.slug}").status_code == 404
        assert desk.open(f"{path}?authority=nowhere").status_code == 404
    assert desk.get("/desk/numbers").soup.select("#authority") == []
    office = signed_in(app, helpdesk)
    assert [arrived(office, query) for query in ("", f"?authority={mine.slug}", f"?authority={theirs.slug}")] == [
        3,
        1,
        2,
    ]
    admin = signed_in(app, account("admin@example.lu", "admin"))
    assert arrived(admin) == 3 and len(admin.get("/desk/numbers").soup.select("#authority option")) > 2


def test_every_table_can_be_taken_away_which_is_recorded_and_names_nobody(app, desk, clerk, form):
    given(form, "mine", status="received", arrived_on=today())
    for name in TABLES:
        rows = table(desk, f"/desk/numbers/{name}.csv")
        assert len({len(row) for row in rows}) == 1 and "@" not in str(rows)
    kept = [(row.staff, row.details["what"]) for row in Audit.select().where(Audit.action == "export")]
    assert kept == [(clerk.id, name) for name in TABLES]


@pytest.mark.parametrize("path", ["nothing.csv", "weeks.csv.csv", "..csv", "%F0%9F%92%8C.csv"])
def test_table_that_is_none_is_not_found_and_nothing_is_recorded(desk, path):
    assert desk.open(f"/desk/numbers/{path}").status_code == 404
    assert not Audit.select().where(Audit.action == "export").exists()


@pytest.mark.parametrize("query", ["weeks=0", "weeks=x", "weeks=99999999999999999999", "weeks=-4", "authority="])
def test_period_that_is_none_is_a_quarter_of_a_year(desk, query):
    page = desk.get(f"/desk/numbers?{query}")
    assert page.soup.select_one("nav.filters [aria-current]").get_text() == "13 weeks"


@pytest.mark.parametrize("htmx", [False, True])
def test_drawings_are_said_in_words_and_hold_no_style(desk, form, htmx):
    given(form, "mine", status="received", arrived_on=today())
    page = desk.get("/desk/numbers", htmx=htmx)
    drawings = page.soup.select("svg[role=img]")
    assert len(drawings) == 5
    for svg in drawings:
        title, said = (page.soup.find(id=name) for name in svg["aria-labelledby"].split())
        assert title.get_text() == svg.find_parent("section").h2.get_text() and said.get_text().count(":") >= 1
        rows = svg.find_parent("section").select("tbody tr")
        assert all(row.select("td")[-1].get_text() in said.get_text() for row in rows)
        assert all(0 <= float(rect.get("width", "0").rstrip("%")) <= 100 for rect in svg.select("rect"))


def test_office_without_a_dossier_sees_empty_figures(desk):
    page = desk.get("/desk/numbers")
    assert set(counts(page, "stages").values()) == {0} and "Nothing to count in this period." in page.text


def test_work_list_is_taken_away_with_its_filters_and_without_a_word_about_a_person(either, clerk, form, other_form):
    for index in range(3):
        given(form, f"mine {index}", status="examination", arrived_on=today(), due_on=today() + index * DAY)
    decided = given(form, "decided", status="decided", arrived_on=today(), decided_on=today(), handled_days=4)
    given(other_form, "theirs", status="examination", arrived_on=today())
    desk = signed_in(either, clerk)
    header, *rows = table(desk, "/desk/dossiers.csv")
    assert header[:5] == ["number", "procedure", "form", "authority", "status"]
    assert [row[4] for row in rows] == ["Being examined"] * 3 and {row[3] for row in rows} == {
        form.procedure.authority.name["en"]
    }
    assert "canary" not in str(rows) and clerk.email not in str(rows)
    assert len(table(desk, "/desk/dossiers.csv?due=3")) == 4 and len(table(desk, "/desk/dossiers.csv?due=overdue")) == 1
    finished = table(desk, "/desk/dossiers.csv?status=decided")[1]
    assert finished[0] == grouped(decided.number) and finished[8:10] == [today().isoformat(), "4"]
    assert [row.details for row in Audit.select().where(Audit.action == "export")] == [{"what": "dossiers"}] * 4


def test_long_list_is_taken_away_whole(app, desk, form, monkeypatch):
    monkeypatch.setattr("blueprints.desk.export.ROWS_AT_ONCE", 2)
    for index in range(7):
        given(form, f"a{index}", status="received", arrived_on=today())
    rows = table(desk, "/desk/dossiers.csv")[1:]
    assert len({row[0] for row in rows}) == len(rows) == 7
    assert desk.get("/desk").soup.select_one("a[href^='/desk/dossiers.csv']")
