"""Lock-out against guessing of passwords and codes, made so that a stranger cannot lock a clerk out.

Wrong attempts are counted for each account, from any IP, and for each IP, for any account: see Tries in
models/security/throttle.py. A browser in which the account has signed in before has a count of its own instead of both.
Passkeys are not counted: there is nothing to guess.
"""

import datetime as dt
from collections.abc import Callable

from flask import current_app, request
from werkzeug.exceptions import TooManyRequests

from models import Counter, KnownBrowser, Tries
from models.security import events
from models.security.throttle import visitor_key
from models.staff.passwords import BusyError
from models.staff.proof import Proof

HOUR = dt.timedelta(hours=1)
MAX_WRONG_PER_HOUR = 100  # for one account, from known browsers and strangers together


def browser_cookie() -> str:
    """The name of the device cookie, by which a browser is known."""
    return "__Host-known" if current_app.config["SESSION_COOKIE_SECURE"] else "known"


def attempt(email: str, check: Callable[[], Proof | None], what: str = "password") -> Proof | None:
    """Call `check` as one attempt at this account and return its result. Raises TooManyRequests during a lock-out.

    An attempt that could not be checked (BusyError) is not counted. `what` is checked: a password or a code.
    """
    email = email.strip().lower()
    names = _names(email)
    _take(email, names)
    try:
        proof = check()
    except BusyError:
        _give_back(names)
        raise
    if proof is None:
        Counter.hit(f"wrong|{email}", HOUR)
        events.record("sign-in-failed", what)
        return None
    _give_back(names)
    return proof


def _give_back(names: list[str]) -> None:
    for name in names:
        Tries.give_back(name)


def _names(email: str) -> list[str]:
    """The names of the counts that this attempt adds to."""
    token = request.cookies.get(browser_cookie(), "")
    if token and KnownBrowser.knows(token, email):
        return [f"browser|{token}|{email}"]
    return [f"account|{email}", f"address|{visitor_key(request.remote_addr)}"]


def _take(email: str, names: list[str]) -> None:
    """Count the attempt under all `names`, or under none if one of them is locked out."""
    if Counter.peek(f"wrong|{email}", HOUR) >= MAX_WRONG_PER_HOUR:
        events.record("sign-in-locked", "hour")
        raise TooManyRequests(retry_after=int(HOUR.total_seconds()))
    for index, name in enumerate(names):
        if wait := Tries.take(name):
            _give_back(names[:index])
            events.record("sign-in-locked", "wait")
            raise TooManyRequests(retry_after=wait)
