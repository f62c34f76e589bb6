"""Dossiers brought to a status by the verbs of the model."""

import datetime as dt

from models import Dossier, Event, Notification, now, today
from models.dossiers.kinds import path_to
from models.dossiers.moves import Move

EMAIL, SMS = ("email", "somebody@example.org"), ("sms", "+352621123456")
HOLD = dt.timedelta(minutes=10)
TO_REACH = {
    "announced": (),
    "received": ("received",),
    "incomplete": ("received", "incomplete"),
    "examination": ("received", "examination"),
    "decided": ("received", "examination", "decided"),
    "closed": ("received", "examination", "decided", "closed"),
    "lapsed": ("lapsed",),
    "withdrawn": ("withdrawn",),
}


def move(dossier: Dossier, to: str, by, **kwargs) -> Event:
    arrived_on = today() if to == "received" else None
    return dossier.move(Move(to, by=by, version=dossier.version, arrived_on=arrived_on, **kwargs))


def in_status(form, status: str, by, contacts=()) -> Dossier:
    dossier = Dossier.announce(form, "de", f"key-{now().timestamp()}", contacts)
    for to in TO_REACH.get(status) or path_to(status):
        move(dossier, to, by)
    return dossier


def states() -> list[tuple[str, str]]:
    rows = Notification.select(Event.kind, Notification.state).join(Event).order_by(Notification.id)
    return list(rows.tuples())
