"""The price of a proof of work: it rises with what was solved in the last ten minutes, not with what was asked for.

It rises with the visitor's own networks. What others solve raises it by one level at most, so that a flood from
elsewhere makes nobody wait for more than two seconds on a computer with two cores (bench/captcha_work.py measures it).
Asking writes nothing: a flood of challenges that nobody solves changes no price.
"""

import datetime as dt

from models.base import db
from models.security.throttle import Counter, Networks

WINDOW = dt.timedelta(minutes=10)  # fixed windows: around the end of one, twice the bound can pass within ten minutes
# (hash rounds of a guess, guesses) of each level: 0.1, 0.5, 1.7 and 6 seconds on average. Half the rounds and twice the
# guesses cost the browser the same, and us half: making a challenge takes one guess (0.6 ms).
LEVELS = [[2500, 800], [2500, 2500], [2500, 8000], [2500, 30000]]
# As many solved challenges in WINDOW: level 1, 2, 3, and no more. Many people may share an IPv4 address, so the price
# rises long before anybody is refused: to shut an address for others takes two processors all the time. A provider
# (IPv6 /32, IPv4 /16) is thousands of households, so it stops at level 1.
STEPS = ((8, 30, 60, 200), (40, 150, 300, 1000), (400, 3000, 3000, 3000))
BUSY = 1200  # of all visitors: level 1
MAX_SHARED_LEVEL = 1  # of what a visitor pays for others
_EVERYBODY = "captcha solved by all"


class TooManySolvedError(Exception):
    """A network of this visitor has solved as many challenges as may be solved in WINDOW."""


def level(of: Networks, suspicious: bool = False) -> int:
    """The level that a visitor pays now. `suspicious`: something else speaks for an attack."""
    *own, everybody = Counter.peek_all([*_names(of), _EVERYBODY], WINDOW)
    return max(_own_level(own), int(suspicious or everybody >= BUSY))


def least_level(of: Networks) -> int:
    """The lowest level at which a challenge of this visitor still counts: one below what their networks pay now."""
    return max(_own_level(Counter.peek_all(_names(of), WINDOW)) - 1, 0)


def count_solved(of: Networks) -> None:
    """Count a solved challenge. Raises TooManySolvedError, and counts nothing, if a network has reached its bound."""
    with db.atomic():
        for name, (*_levels, most) in zip(_names(of), STEPS, strict=True):
            if Counter.hit(name, WINDOW) > most:
                raise TooManySolvedError
        Counter.hit(_EVERYBODY, WINDOW)


def _names(of: Networks) -> list[str]:
    return [f"captcha solved {name}" for name in of]


def _own_level(counts: list[int]) -> int:
    visitor, network, provider = (
        sum(count >= step for step in steps[:-1]) for count, steps in zip(counts, STEPS, strict=True)
    )
    return max(visitor, network, min(provider, MAX_SHARED_LEVEL))
