"""The CAPTCHA without scripts: digits alone are cheap for a program, so few pass by them, and they may have to wait.

The first passes of an hour are free. Each further one of a network waits longer than the one before; what all do
together adds a little. No wait is longer than LONGEST_WAIT. Whoever finds no place keeps the solution and asks again
later: the door is never shut, but how many go through it in an hour is bounded, for a network of any width and for
everybody. Waiting in many places at once gains nothing: a place is counted when it is given.
"""

import datetime as dt

from models.base import db, now
from models.security.throttle import Counter, Networks, Used

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
LONGEST_WAIT = dt.timedelta(minutes=10)
# Of each width: (passes of an hour without waiting, wait that each further one adds). With LONGEST_WAIT no more than
# 23 an hour pass from an IPv6 /64 or IPv4 address, 40 from a /48 or /24, and 90 from a /32 or /16.
QUEUES = ((3, dt.timedelta(seconds=30)), (10, dt.timedelta(seconds=20)), (30, dt.timedelta(seconds=10)))
# Of all: passes of an hour without waiting; or three times the usual, up to MAX_BUDGET. Above what one provider can use
# up, so that it alone makes nobody else wait.
MIN_BUDGET, MAX_BUDGET = 120, 600
USUAL_TIMES, USUAL_DAYS = 3, 7
WAIT = dt.timedelta(seconds=30)  # for each budget that is used up
MAX_PASSES = 2400  # of all in an hour
RESERVED = 600  # more, for providers that had none in this hour
KEPT = dt.timedelta(hours=2)  # longer than a place and its wait
_EVERYBODY = "captcha place everybody"


class NoPlaceError(Exception):
    """As many wait already as may pass in this hour. Nothing was counted."""


def wait(key: str, of: Networks) -> dt.timedelta:
    """For how long the solution `key` has to wait still; zero if it may pass now. The first call gives it a place.

    Raises NoPlaceError.
    """
    with db.atomic():
        if Used.consume_once(f"captcha counted {key}", KEPT):
            waits = _take_place(of)
            if waits:
                Used.mark(f"captcha waits {key}", waits)
            return waits
    until = Used.until(f"captcha waits {key}")
    return max(until - now(), dt.timedelta()) if until else dt.timedelta()


def budget() -> int:
    """How many passes of an hour nobody has to wait for on account of others."""
    week = Counter.peek_at(_EVERYBODY, DAY, [now() - back * DAY for back in range(1, USUAL_DAYS + 1)])
    return min(max(MIN_BUDGET, USUAL_TIMES * sum(week) // (USUAL_DAYS * 24)), MAX_BUDGET)


def _take_place(of: Networks) -> dt.timedelta:
    """Count a pass and return its wait, in the caller's transaction, which NoPlaceError rolls back."""
    names = [*(f"captcha place {name}" for name in of), _EVERYBODY]
    *counts, everybody = Counter.hit_rolling_all([(name, HOUR) for name in names])
    Counter.hit(_EVERYBODY, DAY, keep=(USUAL_DAYS + 1) * DAY)
    own = max((count - free) * step for count, (free, step) in zip(counts, QUEUES, strict=True))
    first_of_provider = counts[-1] == 1
    if own > LONGEST_WAIT or everybody > MAX_PASSES + RESERVED * first_of_provider:
        raise NoPlaceError
    return min(max(own, everybody // budget() * WAIT, dt.timedelta()), LONGEST_WAIT)
