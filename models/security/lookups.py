"""Lookup throttling: failed look-ups are limited for each visitor, for their networks and in all.

Every failed look-up counts in one of three shares: KNOWN, by a browser in which a number was found before; FREE, by
anybody; PAID, for one solved CAPTCHA. No share has more than its PER_MINUTE, whoever asks from however many networks:
together they keep the chance of one lucky hit in a year below 1 % with 10 million live numbers
(tests/security/test_lookups.py computes it). Whoever finds the free share closed pays; nobody else's misses refuse a
number that was found in the same browser before, since looking at it again is no guess.
"""

import datetime as dt
import hmac
import time
from collections.abc import Sequence
from typing import NamedTuple

from models.base import db
from models.security import keys
from models.security.throttle import Counter, Networks

HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
KNOWN, FREE, PAID = "known", "free", "paid"
PER_MINUTE = {KNOWN: 300, FREE: 600, PAID: 900}  # failed look-ups of everybody together
OPEN_PART = 2 / 3  # of them; the rest is for those from whose provider's network nothing failed in this hour
PER_VISITOR, PER_NETWORK, PER_PROVIDER = 30, 200, 1000  # an hour; free and paid ones apart
PER_KNOWN_NUMBER = 10  # an hour, by the browsers in which this number was found
MAX_KNOWN_NUMBERS = 8  # that a browser keeps
TAG_LENGTH, SEAL_LENGTH = 16, 32  # hex digits


class Limit(NamedTuple):
    """How many failed look-ups one client may make in a window of time."""

    name: str  # of its security event
    client: str
    window: dt.timedelta
    maximum: int | None  # None: counted, not limited


class Asker(NamedTuple):
    """Who looks a number up: from where, and what speaks for them."""

    networks: Networks
    tags: Sequence[str] = ()  # of the numbers that were found in this browser, oldest first
    paid: bool = False  # a CAPTCHA was solved for this look-up

    @property
    def shares(self) -> list[str]:
        """The shares that a failed look-up of theirs may count in, the cheapest first."""
        return [KNOWN] * bool(self.tags) + [FREE] + [PAID] * self.paid

    def limits(self, share: str) -> list[Limit]:
        """The limits of one share, narrowest first; the last one is that of everybody."""
        visitor, network, provider = (f"miss {share} {name}" for name in self.networks)
        everybody = Limit("lookups-everybody", f"miss {share}", MINUTE, PER_MINUTE[share])
        counted = Limit("lookups-network", provider, HOUR, PER_PROVIDER if share == FREE else None)
        if share == KNOWN:
            number = Limit("lookups-visitor", f"miss {share} {self.tags[-1]}", HOUR, PER_KNOWN_NUMBER)
            return [number, counted, everybody]
        return [
            Limit("lookups-visitor", visitor, HOUR, PER_VISITOR),
            Limit("lookups-network", network, HOUR, PER_NETWORK),
            counted,
            everybody,
        ]


class BlockedClients:
    """Per-process cache {client: blocked until}. Saves one query per look-up; each process may let one more through."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def block(self, client: str, window: dt.timedelta) -> None:
        """Block `client` for `window`, and forget those whose time is over."""
        moment = time.time()
        for name in [name for name, until in self._until.items() if until < moment]:
            self._until.pop(name, None)  # another thread may have been quicker
        self._until[client] = moment + window.total_seconds()

    def reached(self, limits: Sequence[Limit]) -> str:
        """The name of the narrowest of these limits that keeps a client waiting, for the security event."""
        *narrow, everybody = limits
        return next((each.name for each in narrow if self._seconds(each.client, each.window)), everybody.name)

    def wait(self, limits: Sequence[Limit]) -> int:
        """For how many seconds these limits keep a client waiting; 0 if they do not."""
        *_narrow, provider, everybody = limits
        waits = [self._seconds(limit.client, limit.window) for limit in limits]
        kept = self._seconds(_open_part(everybody), everybody.window)
        if kept > waits[-1] and Counter.peek(provider.client, provider.window):
            waits.append(kept)
        return max(waits)

    def _seconds(self, client: str, window: dt.timedelta) -> int:
        seconds = self._until.get(client, 0) - time.time()
        return int(seconds) + 1 if 0 < seconds <= window.total_seconds() else 0


def admit(asker: Asker, blocked: BlockedClients) -> tuple[str, int]:
    """(the share that a failed look-up would count in, 0); or ("", seconds to wait) if no share is open."""
    waits = []
    for share in asker.shares:
        wait = blocked.wait(asker.limits(share))
        if not wait:
            return share, 0
        waits.append(wait)
    return "", min(waits)


def count_miss(asker: Asker, share: str, blocked: BlockedClients) -> None:
    """Count a look-up that found nothing, and block who has reached a limit."""
    with db.atomic():
        counts = [(limit, Counter.hit(limit.client, limit.window)) for limit in asker.limits(share)]
    for limit, count in counts:
        if limit.maximum is not None and count >= limit.maximum:
            blocked.block(limit.client, limit.window)
    everybody, count = counts[-1]
    if count >= PER_MINUTE[share] * OPEN_PART:
        blocked.block(_open_part(everybody), everybody.window)


def _open_part(everybody: Limit) -> str:
    return f"{everybody.client} open part"


def tag(number: str) -> str:
    """What a browser keeps about a number that was found in it. The number cannot be told from it."""
    return keys.digest("number found", number)[:TAG_LENGTH]


def is_tagged(number: str, tags: Sequence[str]) -> bool:
    """True if one of `tags` is that of `number`."""
    return bool(tags) and any(one[:TAG_LENGTH] in tags for one in keys.digests("number found", number))


def sealed(tags: Sequence[str]) -> str:
    """`tags` as the text of a cookie that nobody else can make."""
    text = ".".join(tags)
    return f"{text}.{keys.digest('numbers found', text)[:SEAL_LENGTH]}"


def unsealed(cookie: str) -> tuple[str, ...]:
    """The tags in a cookie made by sealed(); none if it is not one."""
    text, _dot, seal = cookie[:400].rpartition(".")
    seals = (one[:SEAL_LENGTH].encode() for one in keys.digests("numbers found", text))
    genuine = bool(text) and any(hmac.compare_digest(seal.encode(), one) for one in seals)
    return tuple(text.split(".")) if genuine else ()
