"""Arguments of a dossier's verbs as objects, and the periods that the verbs use."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from models.base import today
from models.deadlines.workdays import working_days_after
from models.dossiers.batch import Batch
from models.staff.staff import Staff

NO_HOLD = dt.timedelta()
DAYS_IN_POST = 7  # working days that an envelope may take, the opening of the post included
MAX_GRANTED = dt.timedelta(days=730)  # from today, that a citizen is given for missing documents
REMIND_AFTER = dt.timedelta(days=60)  # when nobody said that it was posted

Document = str | dict[str, str]  # as a clerk typed it, or as the catalogue names it in each language


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does something to a dossier, and the version of it that they saw (optimistic lock).

    If it can be undone, nobody is told before `hold` is over. `note` is public. `batch` is the post-bag or bulk move
    that it belongs to.
    """

    by: Staff | None
    version: int
    note: str = ""
    hold: dt.timedelta = NO_HOLD
    batch: Batch | None = None


@dataclass(frozen=True)
class Move(Act):
    """A move to another status.

    `arrived_on` and `postmark_on` go with received; `reason` says why a day of arrival lies further back. `missing`
    and `until` go with incomplete: what is missing, and the day by which the citizen should send it.
    """

    to: str
    arrived_on: dt.date | None = None
    postmark_on: dt.date | None = None
    missing: tuple[Document, ...] = ()
    until: dt.date | None = None
    reason: str = ""

    @property
    def fits(self) -> bool:
        """True if it has a day of arrival, not in the future, exactly if it moves to received."""
        return (self.to == "received") == (self.arrived_on is not None) and not lies_ahead(self.arrived_on)

    def changes(self, kind: str, round_: int) -> dict[str, Any]:
        """The columns of the dossier that it changes. If `kind` is supplied, the first day of arrival stands."""
        changes: dict[str, Any] = {"status": self.to}
        if kind == "received":
            changes["arrived_on"] = self.arrived_on
        if self.to == "incomplete":
            changes["round"] = round_
        return changes

    def details(self, round_: int) -> dict[str, Any]:
        """The details of its event. A request for documents is the one of this round."""
        if self.to == "incomplete":
            until = self.until.isoformat() if self.until else None
            return {"missing": list(self.missing), "until": until, "round": round_}
        return {"reason": self.reason} if self.reason else {}


@dataclass(frozen=True)
class Originals:
    """Originals that go back to the citizen by registered mail."""

    what: str
    sent_on: dt.date
    registered: str  # the S10 number of the item, already checked

    @property
    def details(self) -> dict[str, str]:
        """The details of its event."""
        return {"what": self.what, "on": self.sent_on.isoformat(), "registered": self.registered}


def expected_by(posted_on: dt.date) -> dt.date:
    """The day by which an envelope posted on `posted_on` should have been scanned."""
    return working_days_after(posted_on, DAYS_IN_POST)


def watch_from(sent_on: dt.date) -> dt.date:
    """The first day on which an envelope sent on `sent_on` is late."""
    return expected_by(sent_on) + dt.timedelta(days=1)


def lies_ahead(day: dt.date | None) -> bool:
    """True if `day` is in the future."""
    return day is not None and day > today()


def look_before(look_on: dt.date | None) -> dict[str, str]:
    """Details for an event that changes look_on: an undo restores the value from them."""
    return {"look": look_on.isoformat()} if look_on else {}
