"""Who is to blame for a refusal: one recipient, or ourselves? A relay that is set up wrongly refuses everybody.

Nobody is given up on the word of a server that has refused several recipients in a row and taken nothing between: then
the channel stops, and those who had been given up in this row are sent again once it works.
"""

import datetime as dt
from contextlib import nullcontext
from typing import Any

from peewee import Value

from models.base import db, now
from models.built_once import BuiltOnce
from models.dossiers.kinds import ASKING
from models.notifications import timetable
from models.notifications.channel import NOT_TRIED, Channel
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.notifications.outcome import Outcome

JUDGED = ("email",)  # SMS and push have providers with codes of their own
MAX_REFUSED = 5  # different recipients in a row: they cannot all be mistyped
MAX_REFUSED_BY_POLICY = 2  # fewer, because such a refusal is rarely about one recipient
MAX_KEPT = 20
BOUNCE_WINDOW, MAX_BOUNCED_SHARE = dt.timedelta(hours=4), 0.5


def record(
    notification: Notification,
    outcome: Outcome,
    error: str = "",
    provider_id: str = "",
    trial: bool = False,
    spent: float = 0.0,
    healthy: bool = False,
) -> bool:
    """Record the outcome of an attempt on its row and on its channel.

    False if the lease expired and another worker has claimed it. A `healthy` channel learns nothing from a success.
    """
    if outcome is Outcome.SENT and healthy and _record_sent(notification, provider_id):
        return True
    if notification.written and outcome not in NOT_TRIED:
        notification.keep_text(notification.written)
    judged = notification.channel in JUDGED and outcome in (Outcome.NEVER, Outcome.POLICY)
    with db.atomic() if judged else nullcontext():
        if judged:
            outcome = _judge(notification, outcome, error)
        held = notification.record_outcome(outcome, error, provider_id)
        Channel.record_outcome(notification.channel, outcome, error, trial, spent)
    return held


def record_bounce(tokens: list[str], status: str, outcome: Outcome) -> bool:
    """Record that a mail came back: the arguments and the answer of Notification.record_bounce().

    It is over, whoever is to blame. But when rules refuse so many of our mails, that is about us: the channel stops.
    """
    changed = Notification.record_bounce(tokens, status, outcome)
    if changed and outcome is Outcome.POLICY and (count := _bounced_by_policy("email")):
        Channel.trip("email", f"{count} came back, refused by a rule, the last one: {status}", cause="refusals")
    return changed


def _bounced_by_policy(channel: str) -> int:
    """How many of the latest mails came back for a rule, if they are enough to be about us; else 0.

    Our mail server accepts everything and reports later, so what it accepts meanwhile says nothing.
    """
    late = (Notification.channel.concat("") == channel) & (Notification.created_at > now() - BOUNCE_WINDOW)
    policy = late & (Notification.state == "failed") & Notification.error.startswith("bounced: 5.7.")
    bounced = Notification.select(Contact.address_hash).join(Contact).where(policy).distinct().count()
    if bounced < MAX_REFUSED:
        return 0
    left = Notification.select().where(late & Notification.sent_at.is_null(False)).count()
    return bounced if bounced >= MAX_BOUNCED_SHARE * left else 0


def _judge(notification: Notification, outcome: Outcome, error: str) -> Outcome:
    """The outcome to record: POLICY, which gives nobody up, while the refusals seem to be about us."""
    channel = Channel.locked(notification.channel)
    if channel.cause == "refusals":  # stopped for that already: this was a trial
        return Outcome.POLICY
    refused = [*(channel.refused or []), _refusal(notification, outcome)][-MAX_KEPT:]
    Notification.update(refusals=Notification.refusals + 1).where(Notification.id == notification.id).execute()
    if not _about_us(refused):
        channel.put(refused=refused)
        return outcome
    channel.put(refused=None)
    Channel.trip(channel.name, f"{len(refused)} refused in a row, the last one: {error}", cause="refusals")
    for refusal in refused:
        _give_back(**refusal)
    return Outcome.POLICY


def _refusal(notification: Notification, outcome: Outcome) -> dict[str, Any]:
    """What is kept of a refusal. `known`: this contact was refused before, so it says nothing about us."""
    before = (Notification.contact == notification.contact_id) & (Notification.refusals > 0)
    known = notification.contact.failed_at is not None or Notification.select().where(before).exists()
    who = notification.contact.address_hash[:16]
    return {"key": notification.id, "who": who, "known": known, "policy": outcome is Outcome.POLICY}


def _about_us(refused: list[dict[str, Any]]) -> bool:
    new = [refusal for refusal in refused if not refusal["known"]]
    by_policy = {refusal["who"] for refusal in new if refusal["policy"]}
    return len({refusal["who"] for refusal in new}) >= MAX_REFUSED or len(by_policy) >= MAX_REFUSED_BY_POLICY


def _give_back(key: int, known: bool, **_rest: Any) -> None:
    """Queue the notification with this id again if it was given up; undo what followed from that."""
    row = Notification.get_or_none((Notification.id == key) & (Notification.state == "failed"))
    if row is None:
        return
    row.put(state="queued", run_at=now() + timetable.pause(row.channel, 1))
    if not known:
        Contact.clear_failed(row.contact_id)
    instead = (Notification.event == row.event_id) & (Notification.created_at >= row.tried_at)  # told to others
    Notification.delete().where(instead & (Notification.id > row.id) & (Notification.attempts == 0)).execute()


def _record_sent(notification: Notification, provider_id: str) -> bool:
    """Record that the provider took it, and what it said. False if the row has changed since its claim.

    What record_outcome() would do, in two statements: this happens to nearly every notification.
    """
    claim = {"attempts": notification.attempts, "worker": notification.claimed_by}
    written = notification.sealed("written", notification.written)
    with db.atomic():
        sent = _mark_sent.run(
            key=notification.id, provider_id=provider_id[:80], written=written and str(written), at=now(), **claim
        ).rowcount
        if sent:
            _clear_failed.run(key=notification.contact_id)
        if sent and notification.channel == "email" and notification.kind in ASKING:
            Contact.mark_asked(notification.contact_id)
    return bool(sent)


@BuiltOnce
def _mark_sent(key: int, attempts: int, worker: str, provider_id: str, written: str, at: dt.datetime) -> Any:
    mine = (Notification.id == key) & (Notification.state == "sending")
    mine &= (Notification.attempts == attempts) & (Notification.claimed_by == worker)
    sent = {"state": "sent", "run_at": None, "sent_at": at, "error": "", "provider_id": provider_id}
    return Notification.update(sent | {"written": Value(written, converter=False)}).where(mine)


@BuiltOnce
def _clear_failed(key: int) -> Any:
    return Contact.update(failed_at=None, refused=None).where((Contact.id == key) & Contact.failed_at.is_null(False))
