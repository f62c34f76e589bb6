"""One notification of each kind, made up: the preview shows them, and the tests read them. No row is written."""

import datetime as dt
from typing import Any

from models import Contact, Dossier, Event, Form, Notification
from models.base import LUXEMBOURG

NUMBER = "K7Q2MX4P9TRWY"
AT = dt.datetime(2026, 9, 29, 22, 30, tzinfo=dt.UTC)  # already the 30th in Luxembourg; no month is longer in an SMS
TODAY = AT.astimezone(LUXEMBOURG).date()
EVENTS: dict[str, dict[str, Any]] = {  # kind -> the fields its event has beyond the common ones
    "announced": {},
    "received": {"arrived_on": TODAY, "postmark_on": dt.date(2026, 9, 28), "from_status": "announced"},
    "incomplete": {"details": {"missing": ["Copy of the passport", "Lease"], "until": "2026-12-24"}},
    "examination": {"from_status": "received"},
    "decided": {"from_status": "examination"},
    "closed": {"from_status": "decided"},
    "lapsed": {"from_status": "announced"},
    "withdrawn": {"from_status": "examination"},
    "added": {},
    "changed": {"details": {"to": "n***@e..."}},
    "transferred": {"details": {"from": "vat-office", "to": "housing-aid-service"}},
    "supplied": {"arrived_on": TODAY},
    "forwarded": {"arrived_on": TODAY, "details": {"from": "vat-office", "to": "housing-aid-service"}},
    "absent": {"arrived_on": TODAY},
    "further": {"arrived_on": TODAY},
    "corrected": {"arrived_on": TODAY, "details": {"from": "2026-09-28"}},
    "returned": {"details": {"what": "Diploma", "on": "2026-09-30", "registered": "RR473124829LU"}},
    "reminder": {},
    "unarrived": {"details": {"on": "2026-09-30", "registered": "RR473124829LU"}},
}
KINDS = (*EVENTS, "digest")
IN_A_DIGEST = ("received", "incomplete")  # the last of them is the present state that it tells


def sample(kind: str, channel: str, language: str, form: Form) -> tuple[Notification, list[Event]]:
    """The notification of `kind` about a dossier of `form`, and the events that a digest tells; for text.compose."""
    authority = form.procedure.authority
    dossier = Dossier(id=0, number=NUMBER, form=form, authority=authority, language=language)
    confirmed_at = None if kind in ("announced", "added") else AT
    contact = Contact(
        id=0, dossier=dossier, channel=channel, address="", language=language, created_at=AT, confirmed_at=confirmed_at
    )
    told = [_event(one, dossier) for one in (IN_A_DIGEST if kind == "digest" else (kind,))]
    notification = Notification(id=0, event=told[-1], contact=contact, channel=channel, kind=kind, created_at=AT)
    return notification, told if kind == "digest" else []


def _event(kind: str, dossier: Dossier) -> Event:
    return Event(id=0, dossier=dossier, kind=kind, at=AT, to_status=kind, **EVENTS[kind])
