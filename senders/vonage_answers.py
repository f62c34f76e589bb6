"""Reads what Vonage answers: a refusal of a request, and the delivery report that comes later."""

from typing import Any, NamedTuple

from models.notifications.outcome import Outcome
from models.notifications.vonage_codes import MEANING

ACCOUNT_STATUS = (401, 402, 403)
BUSY_STATUS = (408, 429)
STATUSES = {
    "submitted": Outcome.SENT,
    "delivered": Outcome.DELIVERED,
    "read": Outcome.DELIVERED,
    "rejected": Outcome.NEVER,
    "undeliverable": Outcome.LATER,
}


class DeliveryReport(NamedTuple):
    """The arguments of Notification.record_delivery_report."""

    reference: str
    outcome: Outcome
    provider_id: str
    error: str


def refusal(status: int, body: Any) -> tuple[str, Outcome] | None:
    """The code with which an answer refuses a request, and what it means. None if it is no refusal."""
    code = _code(body)
    if code in MEANING:
        return f"HTTP {status}, {code}", MEANING[code]
    if status < 400:
        return None
    return f"HTTP {status}", _by_status(status)


def delivery_report(body: dict[str, Any]) -> DeliveryReport | None:
    """Parse a status of its Messages API, version 1. None if it is no status.

    Neither the number nor Vonage's own words are kept: those may quote it.
    """
    status, outcome = body.get("status"), STATUSES.get(str(body.get("status")))
    if outcome is None:
        return None
    refused = outcome in (Outcome.NEVER, Outcome.LATER)
    code = _code(body.get("error")) if refused else ""
    error = f"receipt: {status} {code}".strip() if refused else ""
    reference, name = str(body.get("client_ref", "")), str(body.get("message_uuid", ""))
    return DeliveryReport(reference, MEANING.get(code, outcome), name, error)


def _by_status(status: int) -> Outcome:
    if status in ACCOUNT_STATUS:
        return Outcome.ACCOUNT
    return Outcome.DOWN if status in BUSY_STATUS or status >= 500 else Outcome.NEVER


def _code(body: Any) -> str:
    """The code in an answer: after the # of its `type`, as `title`, or in the older list of messages."""
    if not isinstance(body, dict):
        return ""
    parts = body.get("messages")
    if isinstance(parts, list) and parts and all(isinstance(part, dict) for part in parts):
        return _known(*{str(part.get("status")) for part in parts})
    return _known(str(body.get("type", "")).partition("#")[2]) or _known(str(body.get("title", "")))


def _known(*codes: str) -> str:
    """The code, if it is on the lists and the only one: parts with different codes are no clear answer."""
    return codes[0] if len(codes) == 1 and codes[0] in MEANING else ""
