"""Reminders for dossiers whose paper does not come, and the lapse of unused numbers.

A citizen who said "I posted it" is told once if the envelope was not scanned in time. The holder of an unused number is
reminded once; then the number lapses.
"""

import datetime as dt

from models.base import ConflictError, today
from models.dossiers.dossier import Dossier
from models.dossiers.moves import REMIND_AFTER, Move

LAPSE_AFTER = dt.timedelta(days=90)
LAPSE_AFTER_NOTICE = LAPSE_AFTER - REMIND_AFTER  # time to ask the post, or to post again
MAX_DOSSIERS_A_RUN = 200  # dossiers at a time: other work must not wait long for the worker


def look() -> int:
    """Of the announced dossiers, remind those due today, or let them lapse if that was done. Returns how many were due.

    Idempotent, and safe on several machines at once: the version of each dossier is an optimistic lock.
    """
    due = Dossier.select().where((Dossier.status == "announced") & (Dossier.look_on <= today()))
    dossiers = list(due.order_by(Dossier.look_on, Dossier.id).limit(MAX_DOSSIERS_A_RUN))
    for dossier in dossiers:
        try:
            _look_at(dossier)
        except ConflictError:  # scanned, or looked at by another worker, at this very moment
            continue
    return len(dossiers)


def _look_at(dossier: Dossier) -> None:
    sent, next_look = (
        dossier.history.on_its_way,
        max(today() + LAPSE_AFTER_NOTICE, dossier.created_at.date() + LAPSE_AFTER),
    )
    if sent:
        on = (sent.arrived_on or today()).isoformat()  # forwarded: the day on which it came to the first office
        dossier.remark("unarrived", next_look, **{"on": on} | sent.details)
    elif dossier.history.of("reminder", "unarrived"):
        dossier.move(Move("lapsed", by=None, version=dossier.version))
    else:
        dossier.remark("reminder", next_look)
