"""Numbers cannot be guessed: failed look-ups are counted for a visitor, for their network and in all.

With 10 million live numbers of 60 random bits and these limits, one lucky hit in a year stays under 1 %.
"""

import datetime as dt
import time
from typing import NamedTuple

from flask import current_app, request
from werkzeug.exceptions import TooManyRequests

from models import Counter
from models.throttle import neighbourhood, visitor


class Limit(NamedTuple):
    who: str
    window: dt.timedelta
    most: int


def _refused() -> dict[str, float]:
    """Until when whom to refuse. Each process learns of a limit by the first miss beyond it, so a look-up that finds
    its dossier costs no query here; a guesser gains one guess a process.
    """
    return current_app.extensions.setdefault("refused", {})


def refuse() -> None:
    """Raise TooManyRequests if this visitor, or their network, has guessed too often.

    When everybody together has, only those are refused who were wrong themselves: a flood of guesses from
    elsewhere keeps nobody with a real number from their dossier.
    """
    refused = _refused()
    if not refused:
        return
    one, network, everybody = _limits()
    for limit in (one, network, everybody):
        if refused.get(limit.who, 0) > time.time() and (limit is not everybody or Counter.peek(one.who, one.window)):
            raise TooManyRequests(retry_after=int(limit.window.total_seconds()))


def missed() -> None:
    """Count a look-up that found nothing."""
    for limit in _limits():
        if Counter.hit(limit.who, limit.window) >= limit.most:
            _refuse(limit)


def _limits() -> tuple[Limit, Limit, Limit]:
    secret = current_app.config["SECRET_KEY"]
    hour, minute = dt.timedelta(hours=1), dt.timedelta(minutes=1)
    return (
        Limit(f"miss|{visitor(request.remote_addr, secret)}", hour, 30),
        Limit(f"miss|{neighbourhood(request.remote_addr, secret)}", hour, 200),
        Limit("miss|everybody", minute, 600),
    )


def _refuse(limit: Limit) -> None:
    refused = _refused()
    for who in [who for who, until in refused.items() if until < time.time()]:
        del refused[who]
    refused[limit.who] = time.time() + limit.window.total_seconds()
