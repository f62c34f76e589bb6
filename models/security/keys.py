"""What is stored under a key: hashes, which are found again but not read back, and secrets, which only we read."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

_secret = b""


def initialize(secret: str) -> None:
    """Use `secret` from now on; like the database, it is given once, when the application starts."""
    global _secret
    _secret = secret.encode()


def digest(purpose: str, text: str) -> str:
    """The HMAC-SHA-256 of `text` under a key of its own for `purpose`, as 64 hexadecimal digits."""
    return hmac.digest(_key(purpose), text.encode(), hashlib.sha256).hex()


def encrypt(purpose: str, text: str) -> str:
    """`text` so that nobody reads or changes it without the site's secret, nor uses it for another purpose."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def decrypt(purpose: str, sealed: str) -> str | None:
    """What encrypt() was given; None for anything else, also for what another secret has encrypted."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _cipher(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(f"encrypted {purpose}")))


def _key(purpose: str) -> bytes:
    if not _secret:
        raise RuntimeError("keys.initialize() comes first: without a secret anyone could make these keys")
    return hmac.digest(_secret, f"etracking {purpose}".encode(), hashlib.sha256)
