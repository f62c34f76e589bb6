"""The counts that are kept are those of the rows, whatever happened to them, on both databases."""

import datetime as dt
from collections import Counter

import pytest

from models import Act, Authority, Contact, Dossier, Event, Move, Notification, Tally, today
from models.notifications.outcome import Outcome
from support.site import account

MOVES = ("received", "examination", "decided", "closed")
Key = tuple[str, int, int, str, str]


def kept() -> Counter[Key]:
    counts: Counter[Key] = Counter()
    for row in Tally.select():
        counts[row.subject, row.authority, row.form, row.status, row.value] += row.cases
    return +counts


def counted() -> Counter[Key]:
    """The same, from the rows that there are."""
    counts: Counter[Key] = Counter()
    for each in Dossier.select():
        office, form, status = each.authority_id, each.form_id, each.status
        counts["status", office, form, status, ""] += 1
        counts["assignee", office, form, status, str(each.assignee_id)] += each.assignee_id is not None
        counts["due", office, form, status, str(each.due_on)] += each.due_on is not None
        counts["arrived", office, 0, status, str(each.arrived_on)] += each.arrived_on is not None
        counts["decided", office, 0, "", str(each.decided_on)] += each.decided_on is not None
    for each in Notification.select(Notification, Event, Dossier).join(Event).join(Dossier):
        counts[each.channel, each.event.dossier.authority_id, 0, each.state, each.created_at.date().isoformat()] += 1
    return +counts


def moved(dossier: Dossier, to: str, **fields) -> Dossier:
    act = {"by": fields.pop("by"), "version": dossier.version}
    dossier.move(Move(to, arrived_on=today() if to == "received" else None, **act, **fields))
    return dossier


@pytest.fixture
def busy(either, form) -> list[Dossier]:
    """Dossiers with contacts, at every step of the usual way, one of them with a colleague."""
    colleague = account("colleague@example.lu", "clerk", form.procedure.authority)
    contacts = [("email", "somebody@example.org"), ("sms", "+352621123456")]
    found = [Dossier.announce(form, "en", f"key-{place}", contacts) for place in range(len(MOVES) + 1)]
    for place, dossier in enumerate(found):
        for to in MOVES[:place]:
            moved(dossier, to, by=colleague)
    found[2].assign(colleague, by=colleague)
    return found


def test_counts_follow_every_move(busy, form):
    assert kept() == counted() and len(kept()) > 10
    clerk = account("clerk@example.lu", "clerk", form.procedure.authority)
    other = Authority.select().where(Authority.id != form.procedure.authority).first()
    busy[2].transfer(other, Act(by=clerk, version=busy[2].version))
    event = busy[0].move(Move("received", by=clerk, version=1, arrived_on=today(), hold=dt.timedelta(minutes=10)))
    assert kept() == counted()
    busy[0].undo(event, Act(by=clerk, version=busy[0].version))
    assert kept() == counted()


def test_counts_follow_what_becomes_of_notifications(busy):
    first = Notification.select().first()
    Notification.update(state="sending", attempts=1).where(Notification.id == first.id).execute()
    Notification.get_by_id(first.id).record_outcome(Outcome.SENT)
    assert kept() == counted() and ("email", "sent") in {(key[0], key[3]) for key in kept()}
    sent = kept()
    Contact.get().erase()
    assert kept() - counted() == Counter({key: n for key, n in (sent - counted()).items() if key[3] == "sent"})


def test_counts_of_what_is_erased_stay_where_no_list_shows_it(busy):
    """Arrivals, decisions and what was sent are statistics; statuses, days due and what waits are counts of rows."""
    Notification.update(state="sent", run_at=None).where(Notification.channel == "sms").execute()
    arrived, decided, left = (
        {k: n for k, n in kept().items() if test(k)}
        for test in (lambda key: key[0] == "arrived", lambda key: key[0] == "decided", lambda key: key[3] == "sent")
    )
    assert arrived and decided and left
    Dossier.delete().where(Dossier.id == busy[3].id).execute()
    Dossier.delete().execute()
    assert kept() == arrived | decided | left and not counted()


def test_merged_counts_say_the_same_in_fewer_rows(busy):
    before, rows = kept(), Tally.select().count()
    Tally.merge()
    assert kept() == before and Tally.select().count() == len(before) < rows
    Tally.merge()
    assert kept() == before
