"""The results of scanned codes, loaded for the page: each with its words, its dossier and the undo time."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask import g
from peewee import ModelSelect

from blueprints.desk import opened_form
from blueprints.desk.opened_form import OpenedForm
from models import Batch, Contact, Dossier, Read
from models.desk import helpdesk
from models.desk.opening import expected, new_form, request_since
from models.desk.scan import OPENED, SHOWN_CHARACTERS
from models.dossiers.history import History
from wording.post_bag import Answer, answer, nobody


class Reading(NamedTuple):
    """One scanned number. `dossier` is None if it belongs to another authority."""

    read: Read
    words: Answer
    dossier: Dossier | None
    undoable_until: dt.datetime | None
    begins: str = ""  # how its number begins, if it is another authority's
    documents: list[str] = []  # what should be in the envelope; once something was asked for: what was
    asked: bool = False  # it was asked for what is missing
    until: dt.date | None = None  # the day by which that should come
    requested: bool = False  # the documents were asked for before
    renewed: bool = False  # the new form is one of them
    opened: OpenedForm | None = None  # what was in the envelope, as long as that can be said
    untold: str = ""  # why nobody is notified, if so
    first: uuid.UUID | None = None  # twice: the scan before, as long as its boxes can be changed
    postal_address: list[str] = []  # forwarded: of the authority that the envelope goes to

    @property
    def arrived(self) -> bool:
        """True if its envelope was opened here, and the dossier belongs to one's own authority."""
        return self.dossier is not None and self.read.outcome in OPENED

    @property
    def changeable(self) -> bool:
        """True if what was in its envelope can still be said."""
        return self.arrived and self.undoable_until is not None

    @property
    def shown(self) -> str:
        """How a number begins of which no more may be shown: another authority's, or one (or two) that led nowhere."""
        text, step = self.begins or self.read.text, SHOWN_CHARACTERS
        return " ".join(f"{text[place : place + step]}…" for place in range(0, len(text), step))


def of_bag(bag: Batch) -> list[Reading]:
    """Everything that was scanned from `bag`, the latest first, without the details of a single answer."""
    return _readings(bag, Read.of_bag(bag))


def of_envelope(bag: Batch, reads: list[Read], sent: Mapping[str, Any] | None = None) -> list[Reading]:
    """The result of one code (an envelope may hold several numbers), with all details of the answer.

    With what was `sent`, the boxes are as they were ticked.
    """
    readings = _readings(bag, reads)
    arrived = [reading.dossier for reading in readings if reading.dossier and reading.arrived]
    contacts = helpdesk.contacts_of(g.scope, arrived, replaced=True)
    return [_in_full(reading, contacts, sent) if reading.arrived else _with_first(reading) for reading in readings]


def _readings(bag: Batch, reads: list[Read]) -> list[Reading]:
    dossiers = {dossier.id: dossier for dossier in _dossiers(reads)}
    histories = History.of_each(dossiers)
    return [_reading(bag, read, dossiers.get(read.dossier_id or 0), histories) for read in reads]


def _reading(bag: Batch, read: Read, dossier: Dossier | None, histories: Mapping[int, History]) -> Reading:
    read.batch = bag  # saves a query
    own = dossier if dossier and g.scope.sees(dossier) else None
    until = read.undoable_until(histories[dossier.id]) if dossier else None
    reading = Reading(read, answer(read, dossier, g.staff), own, until)
    if dossier and read.outcome == "forwarded":
        reading = reading._replace(postal_address=dossier.authority.address)
    return reading if own or not dossier else reading._replace(begins=dossier.number[:SHOWN_CHARACTERS])


def _in_full(reading: Reading, contacts: Mapping[int, list[Contact]], sent: Mapping[str, Any] | None) -> Reading:
    dossier, read = reading.dossier, reading.read
    if dossier is None or read.event is None:
        return reading
    documents, request = expected(dossier, read.event), request_since(dossier, read.event, read.batch)
    return reading._replace(
        requested=documents is not dossier.form.enclosures,
        renewed=new_form(dossier) in documents,
        documents=[opened_form.name(document) for document in (request.details["missing"] if request else documents)],
        asked=request is not None or read.outcome == "absent",
        until=request.until if request else None,
        opened=opened_form.of(read, dossier, sent) if sent is not None or reading.undoable_until else None,
        untold=nobody(dossier, contacts[dossier.id]),
    )


def _with_first(reading: Reading) -> Reading:
    first, dossier = reading.read.first, reading.dossier
    changeable = first and dossier and first.undoable_until(dossier.history)
    return reading._replace(first=first.scan) if first and changeable else reading


def _dossiers(reads: Iterable[Read]) -> "ModelSelect[Dossier]":
    """Query: the dossiers of `reads`, also of other authorities, because the answer names the right authority."""
    return Dossier.loaded().where(Dossier.id.in_([read.dossier_id for read in reads if read.dossier_id]))
