"""Arrival receipts: their content, and the seal (a MAC) that proves that we issued one.

Nothing is stored: the content is computed from the history, and the seal from the content.
"""

import datetime as dt
import hashlib
import hmac
from typing import Any, Literal, NamedTuple

from models.base import local_day
from models.catalogue.procedure import Authority
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import ENVELOPES
from models.dossiers.number import LENGTH
from models.security import keys
from models.security.crockford import ALPHABET, check_character


class Arrival(NamedTuple):
    """One envelope: when it came, when it was scanned, its postmark if that could be read, and who opened it."""

    on: dt.date
    scanned_on: dt.date
    postmark_on: dt.date | None
    authority: Authority


class Receipt(NamedTuple):
    """The envelopes recorded for a number at some time."""

    number: str
    arrivals: tuple[Arrival, ...]

    @property
    def seal(self) -> str:
        """The seal of these dates: 12 characters like those of a number (60 bits), and their check character."""
        return self._seal(keys.key(keys.RECEIPTS))

    def has(self, seal: str) -> bool:
        """True if `seal` is one of these dates, made with any key that is known: what is printed stays valid."""
        return any([hmac.compare_digest(self._seal(key), seal) for key in keys.all_keys(keys.RECEIPTS)])

    def _seal(self, key: bytes) -> str:
        days = [f"{day}" for arrival in self.arrivals for day in (arrival.on, arrival.scanned_on, arrival.postmark_on)]
        mac = int.from_bytes(hmac.digest(key, " ".join((self.number, *days)).encode(), hashlib.sha256))
        body = "".join(ALPHABET[mac >> 5 * place & 31] for place in range(LENGTH - 1))
        return body + check_character(body)

    def standing(self, present: "Receipt") -> Literal["genuine", "more", "corrected", "void"]:
        """Compare it with the `present` one: unchanged; more has come; a day was corrected; an arrival was undone."""
        if self.arrivals == present.arrivals:
            return "genuine"
        if len(present.arrivals) < len(self.arrivals):
            return "void"
        return "more" if present.arrivals[: len(self.arrivals)] == self.arrivals else "corrected"


def present(dossier: Dossier) -> Receipt:
    """The receipt that would be issued now; it has no arrivals before the first."""
    return _all(dossier)[-1]


def sealed(dossier: Dossier, seal: str) -> Receipt | None:
    """The receipt of `dossier` that was once issued with this seal, the newest first, or None."""
    issued = [receipt for receipt in _all(dossier) if receipt.arrivals]
    return next((one for one in reversed(issued) if one.has(seal)), None)


def _all(dossier: Dossier) -> list[Receipt]:
    """Every receipt that may have been issued, oldest first: also one with an arrival that was undone later."""
    events = dossier.history.rows
    authority = _first_authority(dossier, events)
    arrivals: dict[Any, Arrival] = {}
    receipts = [Receipt(dossier.number, ())]
    for event in events:
        if event.kind == "transferred":
            authority = Authority.get(Authority.slug == event.details["to"])
        _apply(event, arrivals, authority)
        receipts.append(Receipt(dossier.number, tuple(arrivals.values())))
    return receipts


def _first_authority(dossier: Dossier, events: list[Event]) -> Authority:
    """The authority before the first hand-over."""
    slug = next((event.details["from"] for event in events if event.kind == "transferred"), None)
    return Authority.get(Authority.slug == slug) if slug else dossier.authority


def _apply(event: Event, arrivals: dict[Any, Arrival], authority: Authority) -> None:
    """Apply `event` to the recorded arrivals. A correction concerns the first: its day starts the clock."""
    if event.kind in ENVELOPES and event.arrived_on:
        scanned_on = local_day(event.at)
        arrivals[event.id] = Arrival(event.arrived_on, scanned_on, event.postmark_on, authority)
    elif event.kind == "corrected" and event.arrived_on and arrivals:
        first = next(iter(arrivals))
        arrivals[first] = arrivals[first]._replace(on=event.arrived_on)
    elif event.kind == "undone":
        arrivals.pop(event.details["event"], None)
