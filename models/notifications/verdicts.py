"""Who is to blame for a refusal: one recipient, or ourselves? A relay that is set up wrongly refuses everybody.

Nobody is given up on the word of a server that has refused several recipients in a row and taken nothing between: then
the channel stops, and those who had been given up in this row are sent again once it works.
"""

from contextlib import nullcontext
from typing import Any

from models.base import db, now
from models.notifications import timetable
from models.notifications.channel import Channel
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.notifications.outcome import Outcome

JUDGED = ("email",)  # SMS and push have providers with codes of their own
MAX_REFUSED = 5  # different recipients in a row: they cannot all be mistyped
MAX_REFUSED_BY_POLICY = 2  # fewer, because such a refusal is rarely about one recipient
MAX_KEPT = 20


def record(
    notification: Notification,
    outcome: Outcome,
    error: str = "",
    provider_id: str = "",
    trial: bool = False,
    spent: float = 0.0,
) -> bool:
    """Record the outcome of an attempt on its row and on its channel.

    False if the lease expired and another worker has claimed it.
    """
    judged = notification.channel in JUDGED and outcome in (Outcome.NEVER, Outcome.POLICY)
    with db.atomic() if judged else nullcontext():
        if judged:
            outcome = _judge(notification, outcome, error)
        held = notification.record_outcome(outcome, error, provider_id)
        Channel.record_outcome(notification.channel, outcome, error, trial, spent)
    return held


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
