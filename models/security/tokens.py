"""Random bearer tokens. The database keeps only their hashes, so that a stolen copy of it opens nothing."""

import hashlib
import secrets


def new_token() -> str:
    """256 random bits in URL-safe base64, for links and cookies."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> str:
    """The SHA-256 of a token, to store and to look up. Needs no salt: every token has at least 80 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
