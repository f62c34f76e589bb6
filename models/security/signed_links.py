"""Tokens that name one row: the link of a contact, and the return path of a mail.

As 24 characters of base32: short enough for an SMS, and upper or lower case does not matter. The first bytes are the
id of the row. The rest of a contact's token is kept with its row, encrypted, so the link outlives the key of its time;
it is random, with a short MAC by which a link is known after its contact was erased. The rest of a return path is a MAC
over id and creation time: SQLite gives the id of a deleted row to the next one.
"""

import base64
import datetime as dt
import hashlib
import hmac
import secrets

from models.security import keys

TOKEN_LENGTH = 24
CONTACT_ID_BYTES, NOTIFICATION_ID_BYTES = 4, 5
LINK_RANDOM_BYTES, LINK_MAC_BYTES = 7, 4
NOTIFICATION_MAC_BYTES = 10


def new_link() -> str:
    """The secret part of the link of a new contact, in hex."""
    random = secrets.token_bytes(LINK_RANDOM_BYTES)
    return (random + _link_mac(keys.key("contact link"), random)).hex()


def contact_token(contact_id: int, link: str) -> str:
    """The token of a contact, for /c/<token>: only this contact is sent it."""
    return _encode(contact_id.to_bytes(CONTACT_ID_BYTES, "big") + bytes.fromhex(link))


def named_contact(token: str) -> int | None:
    """The id of the contact that `token` names, not yet verified; None if it cannot be a token."""
    raw = _decoded(token)
    return int.from_bytes(raw[:CONTACT_ID_BYTES], "big") if raw else None


def was_ours(token: str) -> bool:
    """True if we once made `token` for a contact, which may have been erased since.

    For a message only: it takes 2^32 guesses to forge, and opens nothing. For links from before the key ring see
    is_former().
    """
    raw = _decoded(token) or b""
    random, mac = raw[CONTACT_ID_BYTES:-LINK_MAC_BYTES], raw[-LINK_MAC_BYTES:]
    return any(hmac.compare_digest(_link_mac(key, random), mac) for key in keys.all_keys("contact link"))


def is_former(token: str, created_at: dt.datetime) -> bool:
    """True if `token` was made for a contact of this instant before there was a key ring: a MAC over id and instant."""
    signed = keys.signatures(f"contact {named_contact(token)} {created_at.timestamp()}")
    mac = (_decoded(token) or b"")[CONTACT_ID_BYTES:]
    return any([hmac.compare_digest(one[: LINK_RANDOM_BYTES + LINK_MAC_BYTES], mac) for one in signed])


def return_token(notification_id: int, created_at: dt.datetime) -> str:
    """The token of a notification, for the return path of its mail."""
    return _return_token(keys.key("bounce"), notification_id, created_at)


def is_return_token(token: str, notification_id: int, created_at: dt.datetime) -> bool:
    """True if `token` is the one of this notification, made with any key that is known."""
    made = [_return_token(key, notification_id, created_at) for key in keys.all_keys("bounce")]
    return any([matches(token, genuine) for genuine in made])


def named_notification(token: str) -> int | None:
    """The id of the notification that `token` names, not yet verified; None if it cannot be a token."""
    raw = _decoded(token)
    return int.from_bytes(raw[:NOTIFICATION_ID_BYTES], "big") if raw else None


def matches(token: str, genuine: str) -> bool:
    """Compare in constant time, ignoring case."""
    return hmac.compare_digest(token.lower().encode(), genuine.encode())


def _link_mac(key: bytes, random: bytes) -> bytes:
    return hmac.digest(key, random, hashlib.sha256)[:LINK_MAC_BYTES]


def _return_token(key: bytes, notification_id: int, created_at: dt.datetime) -> str:
    mac = hmac.digest(key, f"{notification_id} {created_at.timestamp()}".encode(), hashlib.sha256)
    return _encode(notification_id.to_bytes(NOTIFICATION_ID_BYTES, "big") + mac[:NOTIFICATION_MAC_BYTES])


def _encode(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower()


def _decoded(token: str) -> bytes | None:
    try:
        return base64.b32decode(token.upper()) if len(token) == TOKEN_LENGTH else None
    except ValueError:
        return None
