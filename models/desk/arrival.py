"""Paper that arrives without a number: it gets one, and has arrived with it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from models.base import db
from models.catalogue.procedure import Form
from models.dossiers.batch import answer_for
from models.dossiers.dossier import Dossier
from models.dossiers.moves import Move
from models.notifications import addresses
from models.staff.staff import Staff


@dataclass(frozen=True)
class Papers:
    """Papers that came without a number, as a clerk describes them."""

    form: Form
    language: str
    contacts: Sequence[tuple[str, str]]  # channel and address, as they stand on the paper
    arrived_on: dt.date
    reason: str = ""  # why the day of arrival lies further back


def record(papers: Papers, key: str, *, by: Staff, hold: dt.timedelta) -> Dossier:
    """Give out a number for `papers`, which have arrived with it, or do nothing. Idempotent by `key`.

    Each contact is asked, once, and hears nothing more before it says yes, since nobody whose address this is has
    typed it. Raises ConflictError as `answer_for` does.
    """
    with db.atomic():
        dossier = Dossier.announce(papers.form, papers.language, key, by=by)
        if dossier.status == "announced":
            answer_for(papers.arrived_on, papers.reason, by, number=dossier.id)
            dossier.move(Move("received", by=by, version=dossier.version, arrived_on=papers.arrived_on, hold=hold))
            for channel, address in papers.contacts:
                addresses.invite(dossier, channel, address, papers.language, by)
    return dossier
