"""What somebody asks of a dossier, as objects; and the periods that its verbs count with."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from models.base import today
from models.deadlines.workdays import working_days_after
from models.dossiers.batch import Batch
from models.staff.staff import Staff

AT_ONCE = dt.timedelta()
DAYS_IN_POST = 7  # working days that an envelope may take, the opening of the post included
MAX_GRANTED = dt.timedelta(days=730)  # from today, that a citizen is given for missing documents
REMIND_AFTER = dt.timedelta(days=60)  # when nobody said that it was posted

Document = str | dict[str, str]  # as a clerk typed it, or as the catalogue names it in each language


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who does something to a dossier, and which version of it they saw.

    Nobody is told before `hold` is over, so that a slip can be undone (what cannot be, is told at once). `note` is
    public. `batch` is the post-bag or bulk move that it belongs to.
    """

    by: Staff | None
    version: int
    note: str = ""
    hold: dt.timedelta = AT_ONCE
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


def expected_by(posted_on: dt.date) -> dt.date:
    """The day by which an envelope posted on `posted_on` should have been scanned."""
    return working_days_after(posted_on, DAYS_IN_POST)


def watch_from(sent_on: dt.date) -> dt.date:
    """When to look for an envelope sent on `sent_on`: the day after the last one that it may take."""
    return expected_by(sent_on) + dt.timedelta(days=1)


def lies_ahead(day: dt.date | None) -> bool:
    """True if `day` is in the future."""
    return day is not None and day > today()


def look_before(look_on: dt.date | None) -> dict[str, str]:
    """For the details of an event that changes when to look for paper: what an undo puts back."""
    return {"look": look_on.isoformat()} if look_on else {}
