"""The demo: a dossier in every status, accounts that open the desk, and days as an office has them."""

import datetime as dt
import re
import shutil

import pytest
import time_machine

from models import Audit, Dossier, Event, Staff, db, now, today
from models.base import LUXEMBOURG
from models.deadlines.workdays import is_working_day
from models.dossiers.kinds import STATUSES
from models.dossiers.number import parse
from support.sending import close
from support.site import running
from support.visitor import Visitor

MOMENTS = ["2026-11-30T11:30:00Z", "2026-11-28T23:30:00Z", "2027-01-01T05:00:00Z", "2027-04-05T07:10:00Z"]


def site(folder, stocked):
    shutil.copy(stocked, folder / "etracking.db")
    return running(f"sqlite:///{folder}/etracking.db", INBOX=True, INBOX_DIR=str(folder / "inbox"))


def run(app) -> str:
    """What the demo prints; the database stays open for a look."""
    result = app.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 0, result.output
    db.connect(reuse_if_open=True)
    return result.stdout


@pytest.fixture(scope="module", params=MOMENTS)
def filled(request, stocked_sqlite, tmp_path_factory):
    """A database that the demo filled, at this moment; it was new."""
    app = site(tmp_path_factory.mktemp("demo"), stocked_sqlite)
    with time_machine.travel(request.param, tick=False):
        run(app)
        yield app
    close()


def local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(LUXEMBOURG)


def histories() -> list[list[Event]]:
    return [list(dossier.events.order_by(Event.id)) for dossier in Dossier.select().order_by(Dossier.id)]


@pytest.mark.long
def test_every_status_is_shown_and_the_accounts_really_sign_in(stocked_sqlite, tmp_path):
    app = site(tmp_path, stocked_sqlite)
    shown = [run(app) for _ in range(2)]  # again: new passwords, more dossiers
    accounts = re.findall(r"^  (\w+) +(\S+@example\.com) +(\S+)$", shown[1], re.MULTILINE)
    assert [role for role, _, _ in accounts] == ["clerk", "helpdesk", "admin"]
    for _role, email, password in accounts:
        browser = Visitor(app)
        assert browser.submit(browser.get("/sign-in"), email=email, password=password).url == "/desk"
    dossiers = dict(re.findall(r"^  (\w+) +(\S+)  http://localhost/t/\w+$", shown[1], re.MULTILINE))
    assert list(dossiers) == list(STATUSES)
    for status, number in dossiers.items():
        assert Visitor(app).open(f"/t/{parse(number)}.json").json["status"] == status
    close()


def test_every_status_is_there_whatever_the_hour_and_nothing_lies_ahead(filled):
    assert {dossier.status for dossier in Dossier.select()} == set(STATUSES)
    assert all(event.at <= now() for event in Event.select())


def test_staff_works_on_working_days_in_office_hours(filled):
    at_work = [local(event.at) for event in Event.select().where(Event.by.is_null(False))]
    assert at_work and all(is_working_day(at.date()) and 8 <= at.hour < 17 for at in at_work)


def test_letters_take_days_and_so_do_requests_and_answers(filled):
    for events in histories():
        days = [local(event.at).date() for event in events]
        assert events[0].kind == "announced" and all(
            later > earlier for earlier, later in zip(days, days[1:], strict=False)
        )
        assert all(event.arrived_on == day for event, day in zip(events, days, strict=True) if event.arrived_on)


def test_what_happened_is_spread_over_weeks_and_the_work_list_over_its_dates(filled):
    days = {local(event.at).date() for event in Event.select()}
    due = {dossier.due_on for dossier in Dossier.select().where(Dossier.due_on.is_null(False))}
    assert len(days) > 25 and max(days) - min(days) > dt.timedelta(weeks=8)
    assert len(due) >= 8 and min(due) < today() < max(due)


def test_the_log_of_the_staff_was_written_in_the_order_of_its_days(filled):
    moments = [row.at for row in Audit.select().order_by(Audit.id)]
    assert moments and moments == sorted(moments)
    assert Audit.verify()[0] is None


def test_accounts_are_older_than_what_they_did(filled):
    assert max(staff.created_at for staff in Staff.select()) < min(event.at for event in Event.select())
