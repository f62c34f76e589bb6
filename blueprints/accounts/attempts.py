"""Nobody guesses passwords or codes, and no stranger keeps a clerk out by guessing wrong.

Wrong ones are counted for the account, wherever they come from, and for the address, whatever the account: see
models.throttle.Tries. A browser in which the account was used before has a count of its own instead of both. Passkeys
are not counted at all: there is nothing to guess.
"""

import datetime as dt
from collections.abc import Callable

from flask import current_app, request
from werkzeug.exceptions import TooManyRequests

from models import Counter, KnownBrowser, Tries
from models.security.throttle import visitor_key
from models.staff.proof import Proof

HOUR = dt.timedelta(hours=1)
MOST = 100  # wrong ones for an account and hour, from all known browsers and strangers together


def browser_cookie() -> str:
    """The name of the cookie by which a browser is known."""
    return "__Host-known" if current_app.config["SESSION_COOKIE_SECURE"] else "known"


def attempt(email: str, look: Callable[[], Proof | None]) -> Proof | None:
    """What `look` finds in what was typed for this account. Raises TooManyRequests after too many wrong ones."""
    email = email.strip().lower()
    names = _names(email)
    _take(email, names)
    proof = look()
    if proof is None:
        Counter.hit(f"wrong|{email}", HOUR)
        return None
    for name in names:
        Tries.give_back(name)
    return proof


def _names(email: str) -> list[str]:
    token = request.cookies.get(browser_cookie(), "")
    if token and KnownBrowser.knows(token, email):
        return [f"browser|{token}|{email}"]
    return [f"account|{email}", f"address|{visitor_key(request.remote_addr, current_app.config['SECRET_KEY'])}"]


def _take(email: str, names: list[str]) -> None:
    if Counter.peek(f"wrong|{email}", HOUR) >= MOST:
        raise TooManyRequests(retry_after=int(HOUR.total_seconds()))
    for index, name in enumerate(names):
        if wait := Tries.take(name):
            for taken in names[:index]:
                Tries.give_back(taken)
            raise TooManyRequests(retry_after=wait)
