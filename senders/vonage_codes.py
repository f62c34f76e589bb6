"""What Vonage's codes mean for a message: ours, theirs for now, or theirs for ever.

From its public lists: https://developer.vonage.com/en/api-errors/messages (four digits, at the end of an error's
`type`) and https://developer.vonage.com/en/api-errors/sms (1 to 15, in older answers and receipts).
"""

from typing import Any, NamedTuple

from models import Outcome

CODES = {
    Outcome.ACCOUNT: (
        "4",
        "8",
        "9",
        "11",
        "14",
        "1060",
        "1070",
        "1080",
        "1110",
        "1140",
        "unauthorized",
        "forbidden",
        "low-balance",
        "unprovisioned",
        "account-suspended",
        "invalid-api-key",
        "invalid-signature",
        "jwt-expired",
        "jwt-revoked",
    ),
    Outcome.DOWN: ("1", "5", "10", "13", "1000", "1030", "1100", "throttled"),
    Outcome.LATER: ("1180", "1220", "1230", "1241", "1360"),
    Outcome.BARRED: ("7", "1050", "1240"),
    Outcome.NEVER: (
        "2",
        "3",
        "6",
        "12",
        "15",
        "1010",
        "1020",
        "1021",
        "1022",
        "1040",
        "1090",
        "1120",
        "1130",
        "1150",
        "1160",
        "1170",
        "1190",
        "1200",
        "1210",
        "1250",
        "1260",
        "1270",
        "1280",
        "1290",
        "1300",
        "1310",
        "1330",
        "1340",
    ),
}
MEANING = {code: outcome for outcome, codes in CODES.items() for code in codes}
ACCOUNT_STATUS = (401, 402, 403)
BUSY_STATUS = (408, 429)
STATUSES = {
    "submitted": Outcome.SENT,
    "delivered": Outcome.DELIVERED,
    "read": Outcome.DELIVERED,
    "rejected": Outcome.NEVER,
    "undeliverable": Outcome.LATER,
}


class Receipt(NamedTuple):
    """The arguments of Notification.receipt."""

    reference: str
    outcome: Outcome
    provider_id: str
    error: str


def refusal(status: int, body: Any) -> tuple[str, Outcome] | None:
    """What an answer refuses with: the code and what it means. None if it refuses nothing."""
    code = _code(body)
    if code in MEANING:
        return f"HTTP {status}, {code}", MEANING[code]
    if status < 400:
        return None
    return f"HTTP {status}", _by_status(status)


def receipt(body: dict[str, Any]) -> Receipt | None:
    """A status that Vonage tells later (its Messages API, version 1), for Notification.receipt. None for what is no status.

    Only what is read here is kept: neither the number nor Vonage's own words, which may quote it.
    """
    status, outcome = body.get("status"), STATUSES.get(str(body.get("status")))
    if outcome is None:
        return None
    refused = outcome in (Outcome.NEVER, Outcome.LATER)
    code = _code(body.get("error")) if refused else ""
    error = f"receipt: {status} {code}".strip() if refused else ""
    reference, name = str(body.get("client_ref", "")), str(body.get("message_uuid", ""))
    return Receipt(reference, MEANING.get(code, outcome), name, error)


def _by_status(status: int) -> Outcome:
    if status in ACCOUNT_STATUS:
        return Outcome.ACCOUNT
    return Outcome.DOWN if status in BUSY_STATUS or status >= 500 else Outcome.NEVER


def _code(body: Any) -> str:
    """The code in an answer: after the # of its `type`, as `title`, or in the older list of messages."""
    if not isinstance(body, dict):
        return ""
    parts = body.get("messages")
    if isinstance(parts, list) and parts and isinstance(parts[0], dict):
        return _known(*{str(part.get("status")) for part in parts})
    return _known(str(body.get("type", "")).partition("#")[2]) or _known(str(body.get("title", "")))


def _known(*codes: str) -> str:
    """The only one of `codes`, if it is on the lists: parts that fared differently are no clear answer."""
    return codes[0] if len(codes) == 1 and codes[0] in MEANING else ""
