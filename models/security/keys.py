"""Keyed hashes and encryption with keys derived from the site's secret, one key for each purpose."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

_secret = b""


def initialize(secret: str) -> None:
    """Set the site's secret, once, when the application starts."""
    global _secret
    _secret = secret.encode()


def digest(purpose: str, text: str) -> str:
    """The HMAC-SHA-256 of `text` with the key of `purpose`, as 64 hex digits: finds a value, cannot be read back."""
    return hmac.digest(_key(purpose), text.encode(), hashlib.sha256).hex()


def sign(text: str) -> bytes:
    """The HMAC-SHA-256 of `text` with the secret itself. Only for links that are older than the keys by purpose."""
    return hmac.digest(_site_secret(), text.encode(), hashlib.sha256)


def encrypt(purpose: str, text: str) -> str:
    """Encrypt and sign `text` with the key of `purpose`. Copied to where another purpose is used, it is invalid."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def decrypt(purpose: str, encrypted: str) -> str | None:
    """The text that encrypt() was given; None if it was changed, or encrypted with another secret or purpose."""
    try:
        return _cipher(purpose).decrypt(encrypted.encode()).decode()
    except InvalidToken:
        return None


def _cipher(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(f"encrypted {purpose}")))


def _key(purpose: str) -> bytes:
    return hmac.digest(_site_secret(), f"etracking {purpose}".encode(), hashlib.sha256)


def _site_secret() -> bytes:
    if not _secret:
        raise RuntimeError("call keys.initialize() first: without a secret anyone could make these keys")
    return _secret
