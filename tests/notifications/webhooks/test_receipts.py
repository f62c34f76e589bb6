"""Receipts of the SMS provider end a notification, and move no dossier."""

import itertools

import pytest

from blueprints.operations.webhooks import DAY
from models import Counter, Dossier, Notification, Outcome
from support.webhooks import STATUS, on_its_way, said, send, state


@pytest.mark.parametrize(
    ("status", "code", "leads_to"),
    [
        ("submitted", "", "sent"),
        ("delivered", "", "delivered"),
        ("read", "", "delivered"),
        ("rejected", "1050", "failed"),
        ("undeliverable", "1170", "failed"),
        ("undeliverable", "1180", "deferred"),
        ("rejected", "", "failed"),
    ],
)
def test_receipt_moves_its_message_and_no_dossier(either, form, status, code, leads_to):
    notification = on_its_way(form)
    before = list(Dossier.select().tuples())
    error = {"error": {"type": f"https://developer.vonage.com/api-errors/messages#{code}"}} if code else {}
    assert send(either, STATUS, said(notification, status, **error)) == 200
    assert state(notification) == leads_to and list(Dossier.select().tuples()) == before
    assert "352" not in Notification.get_by_id(notification.id).error


@pytest.mark.parametrize("order", list(itertools.permutations(("taken", "submitted", "delivered"))))
def test_receipts_lead_to_the_same_end_in_every_order_doubled_and_before_our_own_record(app, form, order):
    notification = on_its_way(form)
    for said_by in order + order:
        if said_by == "taken":
            notification.record_outcome(Outcome.SENT, provider_id="aaaa-bbbb")
        else:
            assert send(app, STATUS, said(notification, said_by)) == 200
    assert state(notification) == "delivered"


@pytest.mark.parametrize("first", ["rejected", "undeliverable"])
def test_what_was_delivered_stays_delivered_whatever_comes_after(app, form, first):
    notification = on_its_way(form)
    for status in ("delivered", first, "submitted"):
        send(app, STATUS, said(notification, status))
    assert state(notification) == "delivered"


def test_receipt_for_an_erased_or_unknown_message_is_taken_counted_and_forgotten(app, form):
    notification = on_its_way(form)
    notification.contact.erase()
    for reference in (notification.reference, "999999", "", "-1", "1; DROP", "9" * 400, None, {"a": 1}):
        assert send(app, STATUS, said(notification, "delivered", client_ref=reference)) == 200
    assert Counter.peek("receipt that changed nothing", DAY) == 8
