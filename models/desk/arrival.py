"""Paper that arrives without a number: it gets one, and has arrived with it."""

import datetime as dt
from collections.abc import Iterable

from models.base import db
from models.catalogue.procedure import Form
from models.dossiers.batch import answer_for
from models.dossiers.dossier import Dossier
from models.dossiers.moves import Move
from models.notifications import addresses
from models.staff.staff import Staff


def record(
    form: Form,
    language: str,
    key: str,
    contacts: Iterable[tuple[str, str]],
    *,
    by: Staff,
    arrived_on: dt.date,
    reason: str = "",
    hold: dt.timedelta,
) -> Dossier:
    """A dossier that has arrived on this day, or nothing; the same `key` always gives the same one.

    The contacts (channel, address) were read off the paper: each is asked, once, and hears nothing more before it says
    yes, since nobody whose address this is has typed it. Raises ConflictError as `answer_for` does.
    """
    with db.atomic():
        dossier = Dossier.announce(form, language, key, by=by)
        if dossier.status == "announced":
            answer_for(arrived_on, reason, by, number=dossier.id)
            dossier.move(Move("received", by=by, version=dossier.version, arrived_on=arrived_on, hold=hold))
            for channel, address in contacts:
                addresses.invite(dossier, channel, address, language, by)
    return dossier
