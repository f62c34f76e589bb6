"""Lookup throttling: failed look-ups are limited for each visitor, for their network and in all.

With 10 million live numbers of 60 random bits and these limits, one lucky hit in a year stays under 1 %.
"""

import datetime as dt
import time
from typing import NamedTuple

from models.security.throttle import Counter, network_key, visitor_key

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
MAX_BY_VISITOR, MAX_BY_NETWORK, MAX_BY_EVERYBODY = 30, 200, 600


class Limit(NamedTuple):
    """How many failed look-ups one client may make in a window of time."""

    client: str
    window: dt.timedelta
    most: int


class Limits(NamedTuple):
    """The limits that count for one request."""

    visitor: Limit
    network: Limit
    everybody: Limit


class BlockedClients:
    """Per-process cache {client: blocked until}. Saves one query per look-up; each process may let one more through."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def block(self, limit: Limit) -> None:
        """Block the client of `limit` for its window, and forget those whose time is over."""
        moment = time.time()
        for client in [client for client, until in self._until.items() if until < moment]:
            self._until.pop(client, None)  # another thread may have been quicker
        self._until[limit.client] = moment + limit.window.total_seconds()

    def wait(self, limits: Limits) -> int:
        """For how many seconds this visitor is blocked; 0 if they are not.

        When everybody together has guessed too often, only those are blocked who were wrong themselves: a flood from
        elsewhere keeps nobody with a real number from their dossier.
        """
        for limit in limits:
            seconds = self._until.get(limit.client, 0) - time.time()
            if 0 < seconds <= limit.window.total_seconds() and (
                limit is not limits.everybody or _has_missed(limits.visitor)
            ):
                return int(seconds) + 1
        return 0


def limits(ip: str | None, secret: str) -> Limits:
    """The limits for a visitor at this IP."""
    return Limits(
        Limit(f"miss|{visitor_key(ip, secret)}", HOUR, MAX_BY_VISITOR),
        Limit(f"miss|{network_key(ip, secret)}", HOUR, MAX_BY_NETWORK),
        Limit("miss|everybody", MINUTE, MAX_BY_EVERYBODY),
    )


def count_miss(of: Limits, blocked: BlockedClients) -> None:
    """Count a look-up that found nothing, and block who has reached a limit."""
    for limit in of:
        if Counter.hit(limit.client, limit.window) >= limit.most:
            blocked.block(limit)


def _has_missed(limit: Limit) -> bool:
    return Counter.peek(limit.client, limit.window) > 0
