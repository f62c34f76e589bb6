"""Paper that does not come: nobody waits in silence, and no number waits for ever.

A citizen who said "I posted it" hears once when the envelope has not been scanned in time. A number that was never
used is remembered once, and lapses in the end.
"""

import datetime as dt

from models.base import ConflictError, today
from models.dossiers.dossier import Dossier
from models.dossiers.moves import REMIND_AFTER, Move

LAPSE_AFTER = dt.timedelta(days=90)
LAST_WORD = LAPSE_AFTER - REMIND_AFTER  # from what was said last to the end: time to ask the post, or to post again
MOST = 200  # dossiers at a time: other work must not wait long for the worker


def look() -> int:
    """Tell or end what is due today among the dossiers still announced. Returns how many were looked at.

    Safe to repeat and to run on several machines at once: each dossier moves on by its version.
    """
    due = Dossier.select().where((Dossier.status == "announced") & (Dossier.look_on <= today()))
    dossiers = list(due.order_by(Dossier.look_on, Dossier.id).limit(MOST))
    for dossier in dossiers:
        try:
            _look_at(dossier)
        except ConflictError:  # scanned, or looked at by another worker, at this very moment
            continue
    return len(dossiers)


def _look_at(dossier: Dossier) -> None:
    sent, next_look = dossier.history.on_its_way, max(today() + LAST_WORD, dossier.created_at.date() + LAPSE_AFTER)
    if sent:
        on = {
            "on": (sent.arrived_on or today()).isoformat()
        }  # of one that was sent on: when it came to the first office
        dossier.remark("unarrived", next_look, **on | sent.details)
    elif dossier.history.of("reminder", "unarrived"):
        dossier.move(Move("lapsed", by=None, version=dossier.version))
    else:
        dossier.remark("reminder", next_look)
