"""Keyed hashes: what is stored under one can be found again, but never read back, nor made by anyone else."""

import hashlib
import hmac

_secret = b""


def initialize(secret: str) -> None:
    """Use `secret` from now on; like the database, it is given once, when the application starts."""
    global _secret
    _secret = secret.encode()


def digest(purpose: str, text: str) -> str:
    """The HMAC-SHA-256 of `text` under a key of its own for `purpose`, as 64 hexadecimal digits."""
    if not _secret:
        raise RuntimeError("keys.initialize() comes first: without a secret anyone could make these hashes")
    key = hmac.digest(_secret, f"etracking {purpose}".encode(), hashlib.sha256)
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
