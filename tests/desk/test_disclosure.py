"""Who of the staff has read what stands in the audit log: once for each sitting, and no reader waits for it."""

import datetime as dt
import logging

import pytest
import time_machine

from models import Audit, SecurityCount, databases
from models.desk import disclosure
from models.security import events
from support import bad_day
from support.desk_pages import address
from support.site import account, signed_in

ACTIONS = ("opened", "listed")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(disclosure._Pause, "until", 0.0)


def rows() -> list[tuple]:
    found = Audit.select().where(Audit.action.in_(ACTIONS)).order_by(Audit.id)
    return [(row.staff, row.action, row.dossier, row.details.get("what")) for row in found]


def test_dossier_that_is_opened_stands_in_the_log_and_not_each_time_it_is_loaded(either, form, clerk, dossier):
    desk, other = signed_in(either, clerk), signed_in(either, account("second@example.lu", "clerk", clerk.authority))
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False) as clock:
        for _ in range(3):
            desk.get(address(dossier))
        assert rows() == [(clerk.id, "opened", dossier.id, None)]
        other.get(address(dossier))
        clock.shift(dt.timedelta(minutes=11))
        desk.get(address(dossier))
    assert [row[0] for row in rows()] == [clerk.id, clerk.id + 1, clerk.id]


def test_number_that_an_account_may_not_see_was_not_opened(app, other_clerk, dossier):
    signed_in(app, other_clerk).get(address(dossier), status=404)
    assert rows() == []


def test_lists_of_all_authorities_and_contacts_stand_in_the_log(app, clerk, helpdesk, with_mail):
    admin = account("admin@example.lu", "admin")
    for browser in (signed_in(app, clerk), signed_in(app, helpdesk)):
        for path in ("/desk", "/desk/helpdesk", "/desk?status=received"):
            browser.get(path)
    signed_in(app, helpdesk).get(f"/desk/contacts/{with_mail.contacts.get().id}")
    signed_in(app, admin).get("/desk/audit")
    lists = [(helpdesk.id, "listed", None, what) for what in ("dossiers", "helpdesk")]
    assert rows() == [*lists, (helpdesk.id, "opened", with_mail.id, None), (admin.id, "listed", None, "audit")]


@pytest.mark.parametrize("trouble", [bad_day.locked, bad_day.read_only, bad_day.full])
def test_dossier_is_read_although_the_log_cannot_be_written_and_that_is_told(
    app, desk, dossier, trouble, monkeypatch, caplog
):
    monkeypatch.setattr(databases, "SHORT_WAIT", 0.05)
    monkeypatch.setattr(databases, "LONG_WAIT", 0.1)
    caplog.set_level(logging.INFO, "etracking.security")
    with trouble():
        assert desk.get(address(dossier)).title
        desk.get(address(dossier))
    assert [each.kind for each in caplog.records if each.name == "etracking.security"] == ["audit-missed"] * 2
    assert rows() == []


def test_counts_of_that_are_kept_until_they_can_be_written(app, desk, dossier):
    events.flush()
    before = SecurityCount.totals()["audit-missed", "opened"]
    with bad_day.read_only():
        desk.get(address(dossier))
        events.flush()
    events.flush()
    assert SecurityCount.totals()["audit-missed", "opened"] == before + 1
