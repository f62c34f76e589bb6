"""Numbers cannot be guessed: failed look-ups are counted for a visitor, for their network and in all.

With 10 million live numbers of 60 random bits and these limits, one lucky hit in a year stays under 1 %.
"""

import datetime as dt
import time
from typing import NamedTuple

from flask import abort, current_app, request, session
from werkzeug.exceptions import TooManyRequests

from models import Counter, Dossier
from models.dossiers.dossier import Glance
from models.security.throttle import neighbourhood, visitor


class Limit(NamedTuple):
    who: str
    window: dt.timedelta
    most: int


def _refused() -> dict[str, float]:
    """Until when whom to refuse. Each process learns of a limit by the first miss beyond it, so a look-up that finds
    its dossier costs no query here; a guesser gains one guess a process.
    """
    return current_app.extensions.setdefault("refused", {})


def refuse(number: str) -> None:
    """Raise TooManyRequests if this visitor, or their network, has guessed too often.

    A number that this very session was given is shown all the same: it is no guess. And when everybody together has
    guessed too often, only those are refused who were wrong themselves: a flood from elsewhere keeps nobody with a
    real number from their dossier.
    """
    refused = _refused()
    if not refused:
        return
    one, network, everybody = _limits()
    for limit in (one, network, everybody):
        wait = refused.get(limit.who, 0) - time.time()
        suspect = limit is not everybody or Counter.peek(one.who, one.window)
        if wait > 0 and suspect and not _own(number):
            raise TooManyRequests(retry_after=int(wait) + 1)


def missed() -> None:
    """Count a look-up that found nothing."""
    for limit in _limits():
        if Counter.hit(limit.who, limit.window) >= limit.most:
            _refuse(limit)


def glance(number: str) -> Glance | None:
    """What the pages of this number depend on, or None: then the guess is counted."""
    refuse(number)
    found = Dossier.glance(number)
    if found is None:
        missed()
    return found


def seen(glance: Glance) -> Dossier:
    """The dossier of a glance, with all that its pages show."""
    return Dossier.seen(glance, current_app.extensions.setdefault("shelf", {}))


def find(number: str) -> Dossier | None:
    """The dossier with this number, or None: then the guess is counted."""
    found = glance(number)
    return seen(found) if found else None


def dossier(number: str) -> Dossier:
    """The same; a guess is answered like every wrong number, by 404."""
    found = find(number)
    if found is None:
        abort(404)
    return found


def _own(number: str) -> bool:
    keys = list(session.get("passes", {}))
    return Dossier.select().where(Dossier.number == number, Dossier.key.in_(keys)).exists()


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
