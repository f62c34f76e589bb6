"""The results of scanned codes, loaded for the page: each with its words, its dossier and the undo time."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from flask import g
from peewee import ModelSelect

from blueprints.desk.blueprint import undo_time
from models import Batch, Contact, Dossier, Read
from models.desk import helpdesk
from models.desk.scan import ARRIVALS
from web.languages import current, in_language
from wording.post_bag import Answer, answer, nobody


class Reading(NamedTuple):
    """One scanned number. `dossier` is None if it belongs to another authority."""

    read: Read
    words: Answer
    dossier: Dossier | None
    undoable_until: dt.datetime | None
    asked: list[str] | None = None  # supplied: the documents that were asked for
    enclosed: list[str] = []  # arrived: what should be in the envelope
    untold: str = ""  # arrived: why nobody is notified, if so
    postal_address: list[str] = []  # forwarded: of the authority that the envelope goes to

    @property
    def arrived(self) -> bool:
        """True if its paper is recorded as arrived, and the dossier belongs to one's own authority."""
        return self.dossier is not None and self.read.outcome in ARRIVALS.values()


def of_bag(bag: Batch) -> list[Reading]:
    """Everything that was scanned from `bag`, the latest first, without the details of a single answer."""
    return _readings(bag, Read.of_bag(bag))


def of_envelope(bag: Batch, reads: list[Read]) -> list[Reading]:
    """The result of one code (an envelope may hold several numbers), with all details of the answer."""
    readings = _readings(bag, reads)
    arrived = [reading.dossier for reading in readings if reading.dossier and reading.arrived]
    contacts = helpdesk.contacts_of(g.scope, arrived, replaced=True)
    return [_in_full(reading, contacts) if reading.arrived else reading for reading in readings]


def _readings(bag: Batch, reads: list[Read]) -> list[Reading]:
    dossiers = {dossier.id: dossier for dossier in _dossiers(reads)}
    return [_reading(bag, read, dossiers.get(read.dossier_id)) for read in reads]


def _reading(bag: Batch, read: Read, dossier: Dossier | None) -> Reading:
    read.batch = bag  # saves a query
    own = dossier if dossier and g.scope.sees(dossier) else None
    reading = Reading(read, answer(read, dossier, g.staff), own, read.undoable_until(undo_time()))
    if dossier and read.outcome == "forwarded":
        return reading._replace(postal_address=dossier.authority.address)
    return reading


def _in_full(reading: Reading, contacts: Mapping[int, list[Contact]]) -> Reading:
    dossier = reading.dossier
    if dossier is None:
        return reading
    requests = dossier.history.of("incomplete") if reading.read.outcome == "supplied" else []
    return reading._replace(
        asked=requests[-1].missing(current()) if requests else None,
        enclosed=[in_language(title) for title in dossier.form.enclosures],
        untold=nobody(dossier, contacts[dossier.id]),
    )


def _dossiers(reads: Iterable[Read]) -> "ModelSelect[Dossier]":
    """Query: the dossiers of `reads`, also of other authorities, because the answer names the right authority."""
    return Dossier.loaded().where(Dossier.id.in_([read.dossier_id for read in reads if read.dossier_id]))
