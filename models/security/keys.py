"""The key ring: keyed hashes, and encryption at rest, with keys derived from its secrets, one key for each purpose.

The newest key signs, hashes and encrypts; older ones still verify and decrypt, until `keys rotate` has written anew
what depends on them (ETRACKING_KEYS in docs/settings.md). Keys are told apart by an id made from the key itself, so
that its name in the settings may change. For the purposes of KEPT, a key verifies even after it has left the ring
(kept_keys.py).
"""

import base64
import datetime as dt
import hashlib
import hmac
import os
from collections.abc import Callable
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "e1"  # the format of an encrypted value: e1.<id of its key>.<nonce, ciphertext and tag in base64>
LOOKED_UP = 2  # keys that answers of a few minutes ago may have been made with
NONCE_BYTES = 12  # random; NIST SP 800-38D allows 2^32 values under one key
RECEIPTS = "arrival receipt"
# Purposes whose keys still verify after a rotation, and how long: none of them opens or decrypts anything.
KEPT = {
    RECEIPTS: dt.timedelta(days=36_500),  # printed
    "contact link": dt.timedelta(days=400),  # tells a link that has expired from one that was never ours
    "address": dt.timedelta(days=63),  # names in counters and marks, of which the bill of SMS lives longest
    "counter": dt.timedelta(days=63),
    "bounce": dt.timedelta(days=30),  # a mail comes back within days
}


class _Key(NamedTuple):
    """One key of the ring."""

    secret: bytes
    id: str
    cipher: AESGCM

    def derive(self, purpose: str) -> bytes:
        return _derive(self.secret, purpose)


class Kept(NamedTuple):
    """What is kept of a key that may have left the ring: {purpose: key}."""

    id: str
    keys: dict[str, bytes]


_ring: tuple[_Key, ...] = ()
_kept: list[Kept] | None = None  # read once, when they are first needed
load_kept: Callable[[], list[Kept]] = list  # set by kept_keys.py, which asks the database


def initialize(*secrets: str) -> None:
    """Set the secrets of the ring, newest first, once, when the application starts."""
    global _ring, _kept
    _ring, _kept = tuple(_made(secret.encode()) for secret in secrets if secret), None


def digest(purpose: str, text: str) -> str:
    """The HMAC-SHA-256 of `text` with the newest key of `purpose`, as 64 hex digits. Not reversible."""
    return _digest(key(purpose), text)


def digests(purpose: str, text: str) -> list[str]:
    """The same with each key of all_keys(): rows that were written before a rotation are found too."""
    return [_digest(one, text) for one in all_keys(purpose)]


def key(purpose: str) -> bytes:
    """The newest key of `purpose`, 32 bytes."""
    return _newest().derive(purpose)


def all_keys(purpose: str) -> list[bytes]:
    """The keys of `purpose` from every key of the ring, newest first; then those that are kept."""
    _newest()
    return [one.derive(purpose) for one in _ring] + (_kept_keys(purpose) if purpose in KEPT else [])


def to_keep() -> dict[str, dict[str, bytes]]:
    """{id of a key that is not the newest: {purpose of KEPT: its key}}."""
    return {one.id: {purpose: one.derive(purpose) for purpose in KEPT} for one in _ring[1:]}


def signatures(text: str) -> list[bytes]:
    """The HMAC-SHA-256 of `text` with the secrets themselves: what was signed before keys had purposes."""
    return [hmac.digest(one.secret, text.encode(), hashlib.sha256) for one in _ring]


def newest_id() -> str:
    """The id of the newest key."""
    return _newest().id


def ids() -> list[str]:
    """The ids of all keys, newest first."""
    return [one.id for one in _ring]


def encrypt(context: str, text: str) -> str:
    """Encrypt `text` (AES-256-GCM). Copied to where another context is used, it is invalid."""
    newest, nonce = _newest(), os.urandom(NONCE_BYTES)
    sealed = nonce + newest.cipher.encrypt(nonce, text.encode(), context.encode())
    return f"{VERSION}.{newest.id}.{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt(context: str, encrypted: str) -> str | None:
    """The text that encrypt() was given; None if it was changed, or encrypted with another context or a removed key."""
    if not encrypted.startswith(f"{VERSION}."):
        return _decrypt_fernet(context, encrypted)
    try:
        _version, named, text = encrypted.split(".")
        sealed = base64.urlsafe_b64decode(text)
    except ValueError:
        return None
    return next((_opened(one, context, sealed) for one in _ring if one.id == named), None)


def _opened(one: _Key, context: str, sealed: bytes) -> str | None:
    try:
        return one.cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context.encode()).decode()
    except (InvalidTag, ValueError):
        return None


def _decrypt_fernet(purpose: str, encrypted: str) -> str | None:
    """A value of before version e1, which had a key for each context and named no key."""
    for one in all_keys(f"encrypted {purpose}"):
        try:
            return Fernet(base64.urlsafe_b64encode(one)).decrypt(encrypted.encode()).decode()
        except InvalidToken:
            continue
    return None


def _made(secret: bytes) -> _Key:
    return _Key(secret, _derive(secret, "key id")[:4].hex(), AESGCM(_derive(secret, "at rest")))


def _derive(secret: bytes, purpose: str) -> bytes:
    label = purpose if purpose == RECEIPTS else f"etracking {purpose}"  # receipts were printed before the prefix came
    return hmac.digest(secret, label.encode(), hashlib.sha256)


def _kept_keys(purpose: str) -> list[bytes]:
    global _kept
    if _kept is None:
        _kept = load_kept()
    present = ids()
    return [one.keys[purpose] for one in _kept if purpose in one.keys and one.id not in present]


def _digest(one: bytes, text: str) -> str:
    return hmac.digest(one, text.encode(), hashlib.sha256).hex()


def _newest() -> _Key:
    if not _ring:
        raise RuntimeError("call keys.initialize() first: without a secret anyone could make these keys")
    return _ring[0]
