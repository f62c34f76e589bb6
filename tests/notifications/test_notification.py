"""The way of a notification: only forward, whatever receipts come in whatever order, and nobody is flooded or forgotten."""

import datetime as dt
import itertools

import pytest

from models import Channel, Contact, Dossier, Notification, Outcome, db, now
from models.dossiers.moves import Act
from models.notifications import outbox
from models.notifications.states import STATE_AFTER, TRANSITIONS
from models.notifications.timetable import GIVE_UP_AFTER, RETRY_PAUSES
from support.outbox import EMAIL, claim, claimed, move, states, told

STATES = tuple(TRANSITIONS)
FINAL = {"delivered": 5, "failed": 4, "deferred": 3, "sent": 2, "unknown": 1, "sending": 0}


def test_every_way_leads_to_a_state_that_is_known():
    assert {state for ways in TRANSITIONS.values() for state in ways} <= set(STATES)
    assert set(STATE_AFTER.values()) <= set(STATES) and set(STATE_AFTER) == set(Outcome)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("outcome", [o for o in Outcome if o not in (Outcome.UNWANTED, Outcome.GONE)])
def test_receipt_leads_only_where_the_table_allows(app, form, clerk, state, outcome):
    notification = claimed(form, clerk)
    notification.put(state=state)
    changed = Notification.record_delivery_report(notification.reference, outcome)
    assert changed == (STATE_AFTER[outcome] in TRANSITIONS[state])
    assert Notification.get_by_id(notification.id).state == (STATE_AFTER[outcome] if changed else state)


def test_contact_that_is_gone_takes_its_messages_with_it_after_others_were_told(app, form, clerk):
    notification = claimed(form, clerk)
    other = Contact.create(
        dossier=notification.contact.dossier,
        channel="email",
        address="a@example.org",
        language="en",
        created_at=now(),
        confirmed_at=now(),
    )
    assert (
        notification.record_outcome(Outcome.GONE)
        and not Notification.select().where(Notification.id == notification.id).exists()
    )
    assert not Contact.select().where(Contact.id == notification.contact_id).exists()
    assert Notification.get(Notification.contact == other).event == notification.event


FACTS = ("answer", "submitted", "delivered", "rejected", "busy")


@pytest.mark.parametrize(
    "facts", [facts for n in range(1, 6) for facts in itertools.combinations(FACTS, n)], ids="+".join
)
def test_whatever_the_order_of_answer_and_receipts_the_end_is_the_same(app, form, clerk, facts):
    notification = claimed(form, clerk)
    expected = max((FINAL[state] for state in map(ends, facts)), default=0)
    for order in itertools.permutations((*facts, facts[-1])):  # one of them twice
        with db.atomic() as transaction:
            for fact in order:
                happen(notification, fact)
            row = Notification.get_by_id(notification.id)
            assert FINAL[row.state] == expected, order
            assert row.failures <= 1 and (row.run_at is None) == (row.state in ("sent", "delivered", "failed"))
            assert row.provider_id == ("uuid" if row.state != "sending" else "")
            transaction.rollback()


def ends(fact: str) -> str:
    named = {"answer": "sent", "submitted": "sent", "delivered": "delivered", "rejected": "failed", "busy": "deferred"}
    return named[fact]


def happen(notification: Notification, fact: str) -> None:
    outcomes = {
        "submitted": Outcome.SENT,
        "delivered": Outcome.DELIVERED,
        "rejected": Outcome.NEVER,
        "busy": Outcome.LATER,
    }
    if fact == "answer":
        notification.record_outcome(Outcome.SENT, provider_id="uuid")
    else:
        Notification.record_delivery_report(notification.reference, outcomes[fact], "uuid")


def test_receipt_before_our_own_record_is_kept_and_the_record_still_names_the_provider(either, form, clerk):
    notification = claimed(form, clerk)
    assert Notification.record_delivery_report(str(notification.id), Outcome.DELIVERED)
    assert notification.record_outcome(Outcome.SENT, provider_id="uuid")
    row = Notification.get_by_id(notification.id)
    assert (row.state, row.provider_id) == ("delivered", "uuid") and row.sent_at


def test_receipt_of_an_earlier_attempt_counts_only_if_it_is_good_news(either, form, clerk):
    first = claimed(form, clerk)
    first.record_outcome(Outcome.LATER, "switched off")
    Notification.update(run_at=now()).where(Notification.id == first.id).execute()
    second = claim("sms")
    assert second.attempts == 2
    assert not Notification.record_delivery_report(first.reference, Outcome.NEVER, "first")
    second.record_outcome(Outcome.SENT, provider_id="second")
    assert not Notification.record_delivery_report(second.reference, Outcome.NEVER, "first")
    assert Notification.record_delivery_report(first.reference, Outcome.DELIVERED, "first")
    assert Notification.get_by_id(first.id).state == "delivered"


@pytest.mark.parametrize("reference", ["", "x", "0", "999999999", "1.9", "1.0000", "-1", "1.1.1", "9" * 40, "١"])
def test_receipt_of_nothing_we_sent_changes_nothing(app, form, clerk, reference):
    notification = claimed(form, clerk)
    notification.put(state="sent")
    assert reference == "1.0000" or not Notification.record_delivery_report(reference, Outcome.NEVER)
    assert Notification.get_by_id(notification.id).state == "sent"


def test_receipt_of_an_erased_message_says_nothing_of_the_one_that_has_its_id_now(either, form, clerk):
    erased = claimed(form, clerk)
    erased.put(created_at=now() - dt.timedelta(days=1))
    reference = erased.reference
    notification = Notification.get_by_id(erased.id)
    notification.put(created_at=now(), state="sent")
    assert not Notification.record_delivery_report(reference, Outcome.DELIVERED) and states("received") == ["sent"]
    assert Notification.record_delivery_report(notification.reference, Outcome.DELIVERED) and states("received") == [
        "delivered"
    ]


def test_message_that_was_never_tried_has_no_receipt(app, form, clerk):
    told(form, clerk, kinds=["received"])
    notification = Notification.get(Notification.kind == "received")
    assert not Notification.record_delivery_report(str(notification.id), Outcome.DELIVERED) and states("received") == [
        "queued"
    ]


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_failures_are_repeated_by_the_timetable_until_it_is_over(app, form, clerk, channel):
    notification = claimed(form, clerk, channel)
    for wait in (*RETRY_PAUSES[channel], RETRY_PAUSES[channel][-1]):
        asked = now()
        notification.record_outcome(Outcome.LATER, "busy")
        row = Notification.get_by_id(notification.id)
        assert 0.79 * wait <= (row.run_at - asked).total_seconds() <= 1.21 * wait + 1
        notification.put(run_at=now())
        notification = outbox.claim("worker", channel, hours=outbox.Hours(0, 24))
    notification.put(tried_at=now() - GIVE_UP_AFTER[channel] - dt.timedelta(seconds=1))
    notification.record_outcome(Outcome.DOWN, "still busy")
    assert states("received") == ["deferred"], "the server takes nothing from anybody: no recipient's fault"
    notification.put(state="sending")
    Channel.record_outcome(channel, Outcome.SENT, "")
    notification.record_outcome(Outcome.DOWN, "still busy")
    assert states("received") == ["failed"]
    assert Contact.get_by_id(notification.contact_id).failed_at


def test_message_that_waited_out_a_long_fault_of_ours_is_not_given_up_at_the_first_refusal(either, form, clerk):
    notification = claimed(form, clerk, "email")
    notification.put(
        tried_at=now() - GIVE_UP_AFTER["email"] - dt.timedelta(days=1)
    )  # no worker, or no account, over a week-end
    notification.record_outcome(Outcome.LATER, "greylisted")
    assert states("received") == ["deferred"]


def test_fault_of_our_account_costs_a_message_nothing(either, form, clerk):
    notification = claimed(form, clerk)
    notification.record_outcome(Outcome.ACCOUNT, "no credit")
    row = Notification.get_by_id(notification.id)
    assert (row.state, row.failures, row.unknowns) == ("deferred", 0, 0) and row.run_at <= now()


def test_newer_news_replace_the_older_that_have_not_left(either, form, clerk):
    told(form, clerk, kinds=["received", "examination", "decided"])
    assert claim().kind == "decided"
    assert states("received", "examination", "decided") == ["superseded", "superseded", "sending"]
    assert claim() is None


def test_first_message_goes_first_and_is_never_replaced(either, form, clerk):
    dossier = Dossier.announce(form, "en", "the-key", [EMAIL])
    move(dossier, "received", clerk)
    first = claim()
    assert first.kind == "announced" and claim() is None
    first.record_outcome(Outcome.LATER, "greylisted")
    assert claim() is None, "the others wait for it"
    Notification.update(run_at=now()).where(Notification.id == first.id).execute()
    claim().record_outcome(Outcome.SENT)
    assert claim().kind == "received"


def test_next_message_waits_while_one_is_on_its_way_and_the_older_is_not_repeated_after_it(either, form, clerk):
    dossier = told(form, clerk, kinds=["received"])
    older = claim()
    move(dossier, "examination", clerk)
    assert claim() is None
    older.record_outcome(Outcome.LATER, "greylisted")
    assert claim().kind == "examination" and states("received") == ["superseded"]


def test_scan_that_may_be_undone_replaces_nothing_yet(either, form, clerk):
    dossier = told(form, clerk, kinds=["received", "incomplete"])
    move(dossier, "received", clerk, hold=dt.timedelta(minutes=10))
    assert states("incomplete", "supplied") == ["queued", "held"]
    assert claim().kind == "incomplete"


def test_what_tells_no_status_becomes_a_digest_with_what_it_replaces(either, form, clerk, other_clerk):
    dossier = told(form, clerk, kinds=["received", "incomplete"])
    dossier.transfer(other_clerk.authority, Act(by=clerk, version=dossier.version))
    notification = claim()
    assert (notification.kind, notification.event.kind) == ("digest", "transferred")
    assert [event.kind for event in notification.news()] == ["received", "incomplete", "transferred"]
    assert dossier.history.present.kind == "incomplete"


def test_fourth_message_of_a_day_waits_for_the_morning_and_tells_all_that_came_meanwhile(either, form, clerk):
    dossier = told(form, clerk)
    for kind in ("received", "incomplete"):
        move(dossier, kind, clerk)
        claim().record_outcome(Outcome.SENT)
    Notification.update(sent_at=now()).where(Notification.kind == "announced").execute()
    for kind in ("examination", "decided"):
        move(dossier, kind, clerk)
        assert claim() is None
    held = Notification.select().where(Notification.state == "held").order_by(Notification.id)
    assert [(m.kind, m.attempts, m.tried_at) for m in held] == [("digest", 0, None)] * 2
    assert len({m.run_at for m in held}) == 1 and held[0].run_at > now()
    Notification.update(run_at=now()).where(Notification.state == "held").execute()
    Notification.update(sent_at=now() - dt.timedelta(days=1)).where(Notification.sent_at.is_null(False)).execute()
    digest = claim()
    assert [event.kind for event in digest.news()] == ["examination", "decided"]
