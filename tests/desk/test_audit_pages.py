"""The audit log on its page: administrators look through it and take it away, nobody else learns that it is there."""

import csv
import datetime as dt
import io

import pytest

from models import Audit, Staff, now, today
from models.dossiers.number import grouped
from support.desk_pages import move
from support.site import account, signed_in
from support.visitor import Page, Visitor


@pytest.fixture
def admin() -> Staff:
    return account("admin@example.lu", "admin")


@pytest.fixture
def office(app, admin) -> Visitor:
    """The administrator's browser, signed in."""
    return signed_in(app, admin)


def acts(page: Page) -> list[list[str]]:
    """Who, what, number and details of each row."""
    rows = page.soup.select("#audit tbody tr")
    return [[cell.get_text(" ", strip=True) for cell in row.select("td")] for row in rows]


def table(visitor: Visitor, path: str) -> list[list[str]]:
    answer = visitor.open(path)
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    assert answer.headers["Cache-Control"] == "no-store" and "attachment" in answer.headers["Content-Disposition"]
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_acts_are_listed_with_who_and_what_the_latest_first(office, desk, clerk, dossier):
    for to in ("received", "examination"):
        move(desk, dossier, to)
    found = acts(office.get("/desk/audit"))
    whole = [[clerk.email, said, grouped(dossier.number)] for said in ("Examination begun", "Arrival recorded")]
    assert [row[:3] for row in found if row[2] != "–"] == [*whole, [clerk.email, "Dossier opened", whole[0][2]]]


@pytest.mark.parametrize("htmx", [False, True])
def test_filters_narrow_it(office, admin, clerk, dossier, htmx):
    Audit.record(clerk, "received", dossier.id, event=1)
    Audit.record(admin, "export", what="dossiers")
    Audit.record(None, "odd & new")

    def shown(**chosen) -> list[str]:
        said = [row[1] for row in acts(office.get("/desk/audit", query_string=chosen, htmx=htmx))]
        return [each for each in said if each != "List of all opened"]  # this one

    everything = ["odd & new", "Table exported", "Arrival recorded"]
    assert shown()[:3] == everything
    assert shown(who=clerk.id) == ["Arrival recorded"]
    assert shown(action="export") == ["Table exported"]
    assert shown(number=f" {grouped(dossier.number).lower()} ") == ["Arrival recorded"]
    assert shown(number="K7Q2-MX4P-9TRWY") == shown(number="nothing") == shown(action="never") == []
    day = dt.timedelta(days=1)
    assert shown(since=today().isoformat(), until=today().isoformat())[:3] == everything
    assert shown(since=(today() + day).isoformat()) == shown(until=(today() - day).isoformat()) == []


@pytest.mark.parametrize(
    "query",
    [
        "who=x",
        "who=-1",
        "who=99999999999999999999",
        "who=²",
        "before=0",
        "before=9999999999",
        "since=yesterday",
        "since=2026-02-30",
        "until=0000-00-00",
        "action=" + "x" * 500,
        "number=" + "8" * 500,
        "number=%F0%9F%92%8C",
    ],
)
def test_filter_that_makes_no_sense_breaks_nothing(office, query):
    assert office.get(f"/desk/audit?{query}").title == "Audit log"
    assert table(office, f"/desk/audit.csv?{query}")[0][0] == "id"


def test_long_log_is_read_page_by_page_and_no_row_twice(office, clerk):
    for index in range(120):
        Audit.record(clerk, "note", note=index)
    page, seen = office.get("/desk/audit?action=note"), []
    while page:
        seen += [row[3] for row in acts(page)]
        older = page.soup.select_one("a[rel=next]")
        page = older and office.get(older["href"])
    assert seen == [f"note: {index}" for index in reversed(range(120))]


def test_table_to_take_away_holds_every_row_with_its_seal_and_names_nobody(office, admin, clerk, dossier):
    for index in range(3):
        Audit.record(clerk, "note", dossier.id, note=index)
    header, *rows = table(office, "/desk/audit.csv?action=note")
    assert header == ["id", "at", "staff", "action", "dossier", "details", "seal"]
    assert [row[2:5] for row in rows] == [[str(clerk.id), "note", str(dossier.id)]] * 3
    assert [row[6] for row in rows] == [row.seal for row in Audit.select().where(Audit.action == "note")]
    assert "@" not in str(rows)
    last = Audit.select().order_by(Audit.id.desc()).get()
    assert (last.staff, last.action, last.details) == (admin.id, "export", {"what": "audit"})


def test_only_administrators_may_read_it(app, desk, helpdesk):
    for browser in (desk, signed_in(app, helpdesk)):
        for path in ("/desk/audit", "/desk/audit.csv"):
            assert browser.open(path).status_code == 403
        assert "Audit log" not in browser.get("/desk").text
    assert not Audit.select().where(Audit.action == "export").exists()


def test_day_is_that_of_luxembourg(office, clerk):
    night = dt.datetime(2026, 3, 1, 23, 30, tzinfo=dt.UTC)  # half past midnight on the 2nd
    row = Audit(id=Audit.select().count() + 1, at=night, staff=clerk.id, action="note", seal="")
    row.save(force_insert=True)
    assert now() > night
    assert len(acts(office.get("/desk/audit?since=2026-03-02&until=2026-03-02"))) == 1
    assert acts(office.get("/desk/audit?until=2026-03-01")) == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("end", ["since", "until"])
def test_days_at_the_ends_of_the_calendar_are_no_fault(office, end, day):
    for path in ("/desk/audit", "/desk/audit.csv"):
        assert office.open(f"{path}?{end}={day}").status_code == 200
