"""The key ring of the settings: ETRACKING_KEYS, newest first, and ETRACKING_SECRET_KEY as the oldest of its keys."""

import re
from typing import Any, NamedTuple

UNNAMED = "secret-key"  # of the key in ETRACKING_SECRET_KEY, which has no name of its own
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,19}")


class NamedKey(NamedTuple):
    """One key, and what its operator calls it."""

    name: str
    secret: str


def stated(config: dict[str, Any]) -> list[NamedKey]:
    """The keys of ETRACKING_KEYS, as they stand there: a name, a colon and a secret, with spaces between the keys."""
    parts = (text.partition(":") for text in config["KEYS"].split())
    return [NamedKey(name, secret) for name, _colon, secret in parts]


def ring(config: dict[str, Any]) -> list[NamedKey]:
    """All keys, newest first. What ETRACKING_SECRET_KEY has signed stays valid as long as it is set."""
    keys, secret = stated(config), config["SECRET_KEY"]
    if secret and secret not in [key.secret for key in keys]:
        keys.append(NamedKey(UNNAMED, secret))
    return keys


def derive(config: dict[str, Any]) -> None:
    """Set KEY_RING, and with it the keys of Flask's sessions and of Flask-WTF's tokens.

    The newest signs, all verify: a rotation signs nobody out and loses no open form. Flask-WTF hands its key to
    itsdangerous, which takes a list, oldest first (WTF_CSRF_SECRET_KEY has no fallbacks).
    """
    config["KEY_RING"] = ring(config)
    secrets = [key.secret for key in config["KEY_RING"]]
    config["SECRET_KEY"], *config["SECRET_KEY_FALLBACKS"] = secrets
    config["WTF_CSRF_SECRET_KEY"] = secrets[::-1]
