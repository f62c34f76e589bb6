"""Rate limits of first notifications, those to contacts that never said yes: what mail and SMS have in common.

Anybody can have one sent to an address that belongs to somebody else. So each is counted for the address, for the
visitor's networks and for everybody. Call count() in the transaction of what it is for: what is refused, fails or is
rolled back leaves no count. The last part of a limit that strangers share is kept for networks that have asked for
nothing in its window, so nobody fills it from a few networks.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from peewee import PeeweeException

from models.base import db, now, today
from models.notifications.contact import stopped_mark
from models.security.throttle import Counter, Networks, Used

log = logging.getLogger("etracking.limits")

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
MONTH = dt.timedelta(days=30)
KEPT_PART = 0.2  # of a limit that is shared
NETWORK_PART = 0.5  # of the limit for everybody: one /16 or /32, which may be a whole provider
# Limits that a single visitor or address reaches in everyday life: no alarm.
ORDINARY = ("address", "network", "visitor", "account", "number", "stopped")


class LimitError(Exception):
    """No first notification to this address now. The text names the limit, and nothing about the address."""


class Limit(NamedTuple):
    """At most `maximum` in a rolling `window` for `who`; with `shared`, the last KEPT_PART is for newcomers."""

    what: str
    who: str
    maximum: int
    window: dt.timedelta
    shared: bool = False


class Asker(NamedTuple):
    """Who asks for a first notification: a visitor by their networks, or a member of staff by their account."""

    networks: Networks | None = None
    customer: str = ""  # IPv4 /24 or IPv6 /64: what a provider gives one customer
    account: int | None = None

    def provider_limits(self, most: dict[dt.timedelta, int]) -> list[Limit]:
        """The limits of the provider's network: NETWORK_PART of `most`, what everybody has in each window."""
        if self.networks is None:
            return []
        shares = {window: max(1, int(maximum * NETWORK_PART)) for window, maximum in most.items()}
        return [Limit("provider", self.networks.provider, share, window) for window, share in shares.items()]


def refuse_stopped(channel: str, address: str) -> None:
    """Raise LimitError if the owner of this address does not want to be asked again. Before all other limits."""
    with db.atomic():
        stopped = Used.until(stopped_mark(channel, address)) is not None
    if stopped:
        raise LimitError("stopped")


def count(stage: str, limits: Iterable[Limit]) -> set[dt.timedelta]:
    """Count in all of `limits`, or raise LimitError; call it inside a transaction, which then rolls back.

    Returns the windows in which the provider's network had asked before.
    """
    limits = list(limits)
    counts = Counter.hit_rolling_all([(f"{stage} {each.what} {each.who}", each.window) for each in limits])
    known = [each.window for each, had in zip(limits, counts, strict=True) if each.what == "provider" and had > 1]
    for limit, had in zip(limits, counts, strict=True):
        if had > open_to(limit.maximum, limit.shared and limit.window in known):
            raise LimitError(limit.what)
    return set(known)


def open_to(maximum: int, known: bool) -> int:
    """How much of a shared limit is open to a network that is `known` in its window, or is not."""
    return int(maximum * (1 - KEPT_PART)) if known else maximum


def usual(name: str, least: int) -> int:
    """Three times the mean of the same day of the last four weeks, but at least `least`."""
    weeks = Counter.peek_at(name, DAY, [now() - back * 7 * DAY for back in range(1, 5)])
    return max(least, 3 * sum(weeks) // len(weeks))


def keep_day(name: str) -> None:
    """Count in the day of `name`, for usual() in the coming weeks."""
    Counter.hit(name, DAY, keep=MONTH)


@contextmanager
def fail_closed(what: str) -> Iterator[None]:
    """Turn a failure of the counters into LimitError. Logs limits that concern everybody."""
    try:
        yield
    except PeeweeException as error:
        log.warning("no %s to new contacts: the counters cannot be used (%s)", what, type(error).__name__)
        raise LimitError("counters") from error
    except LimitError as refused:
        _alarm(what, str(refused))
        raise


def _alarm(what: str, limit: str) -> None:
    """Log, once a day, that a limit was reached which no single visitor reaches."""
    if limit in ORDINARY:
        return
    with suppress(PeeweeException), db.atomic():
        if Used.consume_once(f"alarm {what} {limit} {today()}", DAY):
            log.warning("%s to new contacts are being refused: %s", what, limit)
