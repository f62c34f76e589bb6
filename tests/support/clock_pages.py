"""A dossier on the days of its story, and the pages that show its clock."""

import datetime as dt
from contextlib import contextmanager

import time_machine
from icalendar import Calendar

from models import Dossier, Staff
from models.base import LUXEMBOURG
from models.dossiers.moves import Act, Move
from support.moves import HOLD
from support.visitor import Page, Visitor

PERSON = "somebody@example.org"


@contextmanager
def on(day: str):
    """Ten in the morning in Luxembourg."""
    with time_machine.travel(dt.datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=LUXEMBOURG), tick=False):
        yield


def happen(dossier: Dossier, kind: str, by: Staff, until: str = "") -> None:
    today = dt.datetime.now(LUXEMBOURG).date()
    if kind == "corrected":
        dossier.correct_arrival(dt.date.fromisoformat(until), Act(by=by, version=dossier.version))
        return
    dossier.move(
        Move(
            kind,
            by=by,
            version=dossier.version,
            arrived_on=today if kind == "received" else None,
            until=dt.date.fromisoformat(until) if until else None,
            missing=["Copy of the passport"] if kind == "incomplete" else None,
            hold=HOLD,
        )
    )


def kept(dossier: Dossier) -> tuple:
    row = Dossier.get_by_id(dossier.id)
    return tuple(day and f"{day:%m-%d}" for day in (row.target_on, row.due_on, row.decided_on)) + (row.handled_days,)


def status_page(app, dossier: Dossier, day: str, language: str = "en") -> Page:
    with on(day):
        return Visitor(app, language).get(f"/t/{dossier.number}")


def whys(page: Page) -> list[list[str]]:
    """The steps of each explanation on the page."""
    return [[step.get_text(strip=True) for step in why.select("li")] for why in page.soup.select("details.why")]


def entry(app, dossier: Dossier, day: str, language: str = "en"):
    with on(day):
        answer = Visitor(app, language).open(f"/t/{dossier.number}.ics")
    assert answer.status_code == 200
    return answer, Calendar.from_ical(answer.data)
