"""A dossier goes twelve months after it is over, with all that belongs to it; the statistics keep their counts."""

import pytest

from models import (
    MODELS,
    Audit,
    Batch,
    Bulk,
    Contact,
    Delivery,
    Dossier,
    Erasure,
    Event,
    Note,
    Notification,
    Read,
    Scope,
    Staff,
    System,
    Tally,
    erase_again,
    retention,
    today,
)
from models.desk.statistics import Statistics
from models.erasure import Entry
from support.erasing import DAY, HOUR, later, worked
from support.moves import move
from support.site import account
from support.visitor import Visitor

STEPS = ("received", "examination", "decided", "closed")


def over(dossier: Dossier, clerk, *steps: str) -> Dossier:
    for status in steps or STEPS:
        move(dossier, status, clerk)
    Notification.update(state="sent", run_at=None).execute()
    return dossier


@pytest.fixture
def full(either, with_mail, clerk) -> Dossier:
    """A closed dossier with all that can belong to one."""
    System.add(with_mail.authority, "cases", "https://cases.example.lu")
    Note.write(with_mail, clerk, "a word among colleagues")
    over(with_mail, clerk)
    Delivery.update(state="sent").execute()
    return with_mail


def test_dossier_goes_after_twelve_months_with_all_that_belongs_to_it(erased, full):
    assert not {"dossier", "bag"} & erased(365 * DAY - HOUR).keys() and Dossier.select().exists()
    assert erased(365 * DAY + HOUR)["dossier"] == 1
    assert [model for model in (Dossier, Event, Note, Delivery, Contact, Notification) if model.select().exists()] == []


def test_status_page_of_an_erased_number_is_that_of_an_unknown_one(either, full):
    visitor = Visitor(either)
    assert visitor.get(f"/t/{full.number}").title == "Closed", "and is kept in memory now"
    visitor.open(f"/t/{full.number}/sheet.pdf")
    with later(366 * DAY):
        worked(either)
        for rest in ("", ".json", "/sheet.pdf", "/sheet", "/form.pdf", "/qr.svg", "/receipt.pdf"):
            visitor.get(f"/t/{full.number}{rest}", 404)


def test_new_dossier_with_the_id_of_an_erased_one_gets_its_own_sheet(app, form, clerk):
    """SQLite gives ids again: a sheet kept in memory must not be found by them."""
    first = over(Dossier.announce(form, "en", "first"), clerk, "withdrawn")
    visitor = Visitor(app)
    old = visitor.open(f"/t/{first.number}/sheet.pdf").data
    with later(366 * DAY):
        worked(app)
        second = over(Dossier.announce(form, "en", "second"), clerk, "withdrawn")
        assert (second.id, second.version) == (first.id, first.version)
        assert visitor.open(f"/t/{second.number}/sheet.pdf").data != old


def test_open_dossier_stays_and_one_that_was_revived_too(erased, form, clerk, with_mail):
    move(with_mail, "received", clerk)
    revived = Dossier.announce(form, "en", "revived")
    move(revived, "lapsed", clerk)
    move(revived, "received", clerk)
    Notification.update(state="sent", run_at=None).execute()
    assert "dossier" not in erased(400 * DAY) and Dossier.select().count() == 2


def test_decided_dossier_that_nobody_closes_is_closed_by_itself_and_then_goes(erased, with_mail, clerk):
    over(with_mail, clerk, *STEPS[:3])
    assert "decided" not in erased(180 * DAY - HOUR)
    assert erased(180 * DAY + HOUR)["decided"] == 1
    last = Dossier.get().history.latest
    assert (last.kind, last.by, Dossier.get().status) == ("closed", None, "closed")
    assert [each.kind for each in Notification.select().where(Notification.run_at.is_null(False))] == ["closed"]
    Notification.update(state="sent", run_at=None).execute()
    assert "dossier" not in erased(545 * DAY) and erased(546 * DAY)["dossier"] == 1


def test_dossier_waits_for_a_notification_that_is_still_to_leave(either, erased, with_mail, clerk):
    either.config |= {"RETENTION_DOSSIER_DAYS": 1, "RETENTION_CONTACT_DAYS": 1, "RETENTION_UNCONFIRMED_DAYS": 20}
    for status in STEPS:
        move(with_mail, status, clerk)
    assert not {"dossier", "ended"} & erased(2 * DAY).keys()
    Notification.update(state="sent", run_at=None).execute()
    found = erased(2 * DAY)
    assert (found["ended"], found["dossier"]) == (1, 1)


def test_bags_go_once_no_dossier_refers_to_them(erased, form, clerk, dossier):
    bag, empty = Batch.open_bag(clerk, today()), Batch.open_bag(clerk, today())
    move(dossier, "received", clerk, batch=bag)
    Bulk.plan(clerk, "closed", [dossier])
    assert erased(2 * DAY)["plan"] == 1, "nobody carried it out"
    assert erased(366 * DAY)["bag"] == 1
    assert [each.id for each in Batch.select()] == [bag.id] and not Read.select().exists() and empty


def test_statistics_keep_their_counts_when_rows_go(either, full, clerk, monkeypatch):
    either.config |= {"RETENTION_DOSSIER_DAYS": 10, "RETENTION_CONTACT_DAYS": 5, "RETENTION_UNCONFIRMED_DAYS": 3}
    before = Statistics(Scope(clerk), 52)
    with later(11 * DAY):
        assert worked(either)["dossier"] == 1 and not Dossier.select().exists()
    after = Statistics(Scope(clerk), 52)
    assert after.by_week() == before.by_week() and sum(arrived for _monday, arrived, _decided in after.by_week()) == 1
    assert after.by_state() == before.by_state() and after.by_state()["sent"]["email"] == len(STEPS) + 1
    assert after.by_status()["closed"] == 0 and Tally.select().exists(), "no list shows it"


def test_what_waits_to_be_sent_is_counted_no_more_when_its_address_goes(either, with_mail):
    with_mail.contacts.get().erase()
    counts = Statistics(Scope(account("admin@example.lu", "admin")), 4).by_state()
    assert counts.get("queued", {}).get("email", 0) == 0


def test_erased_dossier_is_erased_again_from_a_copy(either, full):
    entry = Entry("dossier", full.id, full.created_at)
    with later(366 * DAY):
        worked(either)
    assert ("dossier", full.id, full.created_at) in {(e.table, e.row, e.made_at) for e in Erasure.select()}
    assert erase_again([entry], MODELS) == 0


def test_account_goes_when_nothing_refers_to_it_any_more(either, erased, full, clerk):
    idle = account("idle@example.lu", "helpdesk")
    Staff.update(disabled_at=idle.created_at).where(Staff.id.in_([idle.id, clerk.id])).execute()
    assert "account" not in erased(1800 * DAY) and Staff.select().where(Staff.id == idle.id).exists()
    assert "account" in erased(1827 * DAY)
    assert not Staff.select().where(Staff.id == idle.id).exists()


def test_backlog_goes_in_small_transactions(app, form, clerk, monkeypatch):
    monkeypatch.setattr(retention, "ROWS_AT_ONCE", 3)
    for n in range(7):
        over(Dossier.announce(form, "en", f"key-{n}"), clerk, "withdrawn")
    with later(366 * DAY), app.app_context():
        assert [step for step in retention.erase_steps(app.config) if step[0] == "dossier"] == [
            ("dossier", 3),
            ("dossier", 3),
            ("dossier", 1),
        ]


def test_audit_log_names_no_later_dossier_for_what_was_done_to_an_erased_one(app, form, clerk):
    """SQLite gives ids again."""
    first = over(Dossier.announce(form, "en", "first"), clerk, "withdrawn")
    with later(366 * DAY):
        worked(app)
        second = Dossier.announce(form, "en", "second")
        move(second, "withdrawn", clerk)
        assert second.id == first.id
        rows = Scope(account("admin@example.lu", "admin")).audit().where(Audit.dossier == first.id).order_by(Audit.id)
        assert [getattr(row.about, "number", None) for row in rows] == [None, second.number]
