"""The authorities' own systems hear of every event, signed and without a person, and hold nobody up."""

import hashlib
import hmac
import json
import time

import pytest

from models import Authority, ConflictError, Delivery, Dossier, Event, System, db, now, today
from models.dossiers.moves import Act, Move
from models.systems.delivery import RETRY_PAUSES, revoke
from senders import webhook
from support.systems import HOLD, tell_all


def test_every_event_is_told_to_the_hook_signed_and_without_a_person(hook, form, clerk):
    dossier = Dossier.announce(form, "en", "key", [("email", "somebody@example.org")])
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    tell_all()
    assert [body["event"]["kind"] for _, _, body in hook.posts] == ["announced", "received"]
    path, headers, body = hook.posts[1]
    at = int(headers["eTracking-Signature"].split(",")[0][2:])
    raw = json.dumps(body, separators=(",", ":")).encode()
    expected = hmac.new(hook.keys.secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    assert headers["eTracking-Signature"] == f"t={at},v1={expected}" == webhook.signature(hook.keys.secret, raw, at)
    assert "somebody" not in json.dumps(body) and clerk.email not in json.dumps(body) and path == "/news"


def test_hook_out_of_order_is_tried_again_and_given_up_after_a_day_and_a_half(hook, dossier):
    hook.answer = 503
    for attempt in range(len(RETRY_PAUSES) + 1):
        Delivery.update(run_at=now()).execute()
        tell_all()
        assert Delivery.get().attempts == attempt + 1
    assert (Delivery.get().state, Delivery.get().error) == ("failed", "hook answered with HTTP 503")
    assert len(hook.posts) == len(RETRY_PAUSES) + 1


@pytest.mark.parametrize("answer", ["drop", 301, 404])
def test_hook_that_fails_in_any_way_is_asked_once_an_attempt(hook, dossier, answer):
    hook.answer = answer
    tell_all()
    assert (Delivery.get().state, len(hook.posts)) == ("queued", 1)


def test_news_that_cannot_be_written_are_given_up_like_any_other(hook, dossier, caplog):
    for event in list(Event.select()):
        Event.update(details=event.sealed("details", ["of another shape"])).where(Event.id == event.id).execute()
    for _attempt in range(len(RETRY_PAUSES) + 1):
        Delivery.update(run_at=now()).execute()
        tell_all()
    assert (Delivery.get().state, Delivery.get().error) == ("failed", "a fault on our side")
    assert hook.posts == [] and "ValidationError" in caplog.text


def test_what_was_undone_in_time_is_never_told_to_the_hook(hook, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    event = dossier.move(Move("received", by=clerk, version=1, arrived_on=today(), hold=HOLD))
    dossier.undo(event, Act(by=clerk, version=2))
    Delivery.update(run_at=now()).execute()
    tell_all()
    assert [body["event"]["kind"] for _, _, body in hook.posts] == ["announced"]


def test_former_authority_hears_of_the_hand_over_and_of_nothing_later(hook, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    other = Authority.select().where(Authority.id != dossier.authority.id).first()
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    dossier.transfer(other, Act(by=clerk, version=2))
    dossier.move(Move("examination", by=clerk, version=3))
    tell_all()
    assert [body["event"]["kind"] for _, _, body in hook.posts] == ["announced", "received", "transferred"]


def test_hook_that_never_ends_its_answer_keeps_nobody_waiting(hook, dossier):
    hook.answer = "endless"
    tell_all()
    assert (Delivery.get().state, len(hook.posts)) == ("sent", 1)


def test_hook_that_answers_byte_by_byte_is_left_when_its_time_is_over(hook, dossier, monkeypatch):
    monkeypatch.setattr(webhook, "MAX_SECONDS", 0.2)
    hook.answer, began = "hold", time.monotonic()
    tell_all()
    assert (Delivery.get().state, len(hook.posts)) == ("queued", 1) and time.monotonic() - began < 5


def test_hook_that_leads_into_our_own_network_is_told_nothing(hook, either, dossier):
    either.config["HOOK_PRIVATE"] = False
    tell_all()
    assert (Delivery.get().error, hook.posts) == ("hook leads into a private network", [])


def test_deliveries_that_were_given_up_are_sent_again_when_the_operator_says_so(hook, either, dossier):
    hook.answer = 503
    Delivery.update(attempts=len(RETRY_PAUSES)).execute()
    tell_all()
    assert Delivery.get().state == "failed"
    hook.answer = "ok"
    number = System.get().id
    db.close()
    assert (
        either.test_cli_runner().invoke(args=["systems", "repeat", str(number)]).output == "1 delivery to send again\n"
    )
    assert either.test_cli_runner().invoke(args=["systems", "repeat", "99"]).exit_code == 1
    tell_all()
    assert Delivery.get().state == "sent"


def test_hook_of_a_revoked_system_is_told_nothing_more(hook, dossier):
    revoke(System.get())
    tell_all()
    assert (Delivery.get().state, hook.posts) == ("cancelled", [])


def test_hook_that_is_away_costs_one_attempt_and_not_one_for_each_event(hook, form):
    for index in range(3):
        Dossier.announce(form, "en", f"key-{index}")
    hook.answer = "drop"
    tell_all()
    assert len(hook.posts) == 1
    hook.answer = "ok"
    Delivery.update(run_at=now()).execute()
    tell_all()
    assert len(hook.posts) == 4 and {delivery.state for delivery in Delivery.select()} == {"sent"}


def test_what_a_hook_may_have_heard_is_not_undone(hook, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    tell_all()
    event = dossier.move(Move("received", by=clerk, version=1, arrived_on=today(), hold=HOLD))
    Delivery.update(run_at=now()).execute()
    hook.answer = "drop"
    tell_all()
    with pytest.raises(ConflictError):
        dossier.undo(event, Act(by=clerk, version=2))
    assert Dossier.get().status == "received"
