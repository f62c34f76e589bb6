"""Random tokens that open something, and what of them is kept: a stolen database opens nothing."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits, as letters that an address and a cookie can carry."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """What the database keeps of a token. Without salt: what it hashes has 80 random bits and more."""
    return hashlib.sha256(token.encode()).hexdigest()
