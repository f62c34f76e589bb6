"""Signed tokens that name one row: the link of a contact, and the return path of a mail.

A token is the row's id and a MAC over its id and creation time, as 24 characters of base32: short enough for an SMS,
and upper or lower case does not matter. The creation time is signed because SQLite gives the id of a deleted row to
the next one: an old link must not open it.
"""

import base64
import datetime as dt
import hmac

from models.security import keys

TOKEN_LENGTH = 24
CONTACT_ID_BYTES, NOTIFICATION_ID_BYTES = 4, 5
CONTACT_MAC_BYTES, NOTIFICATION_MAC_BYTES = 11, 10


def contact_token(contact_id: int, created_at: dt.datetime) -> str:
    """The token of a contact, for /c/<token>: only this contact is sent it."""
    # Signed with the secret itself: a key of its own would break every link that citizens have.
    mac = keys.sign(f"contact {contact_id} {created_at.timestamp()}")[:CONTACT_MAC_BYTES]
    return _encode(contact_id.to_bytes(CONTACT_ID_BYTES, "big") + mac)


def named_contact(token: str) -> int | None:
    """The id of the contact that `token` names, not yet verified; None if it cannot be a token."""
    return _id(token, CONTACT_ID_BYTES)


def return_token(notification_id: int, created_at: dt.datetime) -> str:
    """The token of a notification, for the return path of its mail."""
    mac = bytes.fromhex(keys.digest("bounce", f"{notification_id} {created_at.timestamp()}"))
    return _encode(notification_id.to_bytes(NOTIFICATION_ID_BYTES, "big") + mac[:NOTIFICATION_MAC_BYTES])


def named_notification(token: str) -> int | None:
    """The id of the notification that `token` names, not yet verified; None if it cannot be a token."""
    return _id(token, NOTIFICATION_ID_BYTES)


def matches(token: str, genuine: str) -> bool:
    """Compare in constant time, ignoring case."""
    return hmac.compare_digest(token.lower().encode(), genuine.encode())


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower()


def _id(token: str, length: int) -> int | None:
    try:
        raw = base64.b32decode(token.upper())
    except ValueError:
        return None
    return int.from_bytes(raw[:length], "big") if len(token) == TOKEN_LENGTH else None
