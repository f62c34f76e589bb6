"""An opened envelope: what should be in it, and what a clerk found for one number."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from models.dossiers.batch import Batch
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.moves import Document


@dataclass(frozen=True)
class Opened:
    """What a clerk found for one number. `version` is that of the dossier that the clerk saw (optimistic lock).

    `missing` is asked for, to arrive by `until`.
    """

    version: int
    present: bool = True
    missing: tuple[Document, ...] = ()
    until: dt.date | None = None

    def asks_as(self, request: Event | None) -> bool:
        """True if it asks for exactly what `request` asks for; None asks for nothing."""
        if request is None:
            return not self.missing
        return self.missing == tuple(request.details["missing"]) and self.until == request.until_set


def expected(dossier: Dossier, recorded: Event) -> Sequence[Document]:
    """What should be in the envelope that `recorded` tells of: what was asked for before, or else all enclosures."""
    request = next((each for each in reversed(dossier.history.of("incomplete")) if each.id < recorded.id), None)
    return request.details["missing"] if request else dossier.form.enclosures


def request_since(dossier: Dossier, recorded: Event, batch: Batch) -> Event | None:
    """What was asked for when the envelope of `recorded` was opened; None if nothing was."""
    requests = [each for each in dossier.history.of("incomplete") if each.id > recorded.id]
    return next((each for each in reversed(requests) if each.batch_id == batch.id), None)


def new_form(dossier: Dossier) -> Document:
    """The present edition of its form, as a document to ask for."""
    return {language: f"{title} ({dossier.form.edition})" for language, title in dossier.form.title.items()}
