"""Sample notifications, one of each kind: the preview shows them, and the tests read them. No row is written."""

import datetime as dt
from typing import Any

from models import Authority, Contact, Dossier, Event, Form, Notification
from models.base import local_day
from models.dossiers.history import History
from models.dossiers.kinds import ABOUT_CONTACT, ASKING, TOLD
from models.notifications.content import Content

OTHER_AUTHORITY = "vat-office"
NUMBER = "K7Q2MX4P9TRWY"
AT = dt.datetime(2026, 9, 29, 22, 30, tzinfo=dt.UTC)  # already the 30th in Luxembourg; no month is longer in an SMS
TODAY = local_day(AT)
FIELDS: dict[str, dict[str, Any]] = {  # kind -> the fields its event has beyond the common ones
    "received": {"arrived_on": TODAY, "postmark_on": dt.date(2026, 9, 28), "from_status": "announced"},
    "incomplete": {"details": {"missing": ["Copy of the passport", "Lease"], "until": "2026-12-24"}},
    "examination": {"from_status": "received"},
    "decided": {"from_status": "examination"},
    "closed": {"from_status": "decided"},
    "lapsed": {"from_status": "announced"},
    "withdrawn": {"from_status": "examination"},
    "changed": {"details": {"to": "n***@e..."}},
    "transferred": {"details": {"from": OTHER_AUTHORITY, "to": "housing-aid-service"}},
    "supplied": {"arrived_on": TODAY},
    "forwarded": {"arrived_on": TODAY, "details": {"from": OTHER_AUTHORITY, "to": "housing-aid-service"}},
    "absent": {"arrived_on": TODAY},
    "further": {"arrived_on": TODAY},
    "corrected": {"arrived_on": TODAY, "details": {"from": "2026-09-28"}},
    "returned": {"details": {"what": "Diploma", "on": "2026-09-30", "registered": "RR473124829LU"}},
    "unarrived": {"details": {"on": "2026-09-30", "registered": "RR473124829LU"}},
}
EVENTS = {kind: FIELDS.get(kind, {}) for kind in (*TOLD, *ABOUT_CONTACT)}
KINDS = (*EVENTS, "digest")
IN_A_DIGEST = ("received", "incomplete")  # the last of them is the present state that it tells


def sample(kind: str, channel: str, language: str, form: Form, other: Authority | None = None) -> Content:
    """What a notification of `kind` tells, about a dossier of `form`. `other` is who forwarded its envelope."""
    dossier = _dossier(form, language)
    contact = _contact(dossier, channel, confirmed=kind not in ASKING)
    told = [_event(each, dossier) for each in (IN_A_DIGEST if kind == "digest" else (kind,))]
    return Content(
        notification=Notification(id=0, event=told[-1], contact=contact, channel=channel, kind=kind, created_at=AT),
        contact=contact,
        event=told[-1],
        dossier=dossier,
        history=History([]),
        authority=dossier.authority,
        opened_by=other if kind == "forwarded" else None,
        news=told if kind == "digest" else (),
    )


def _dossier(form: Form, language: str) -> Dossier:
    return Dossier(id=0, number=NUMBER, form=form, authority=form.procedure.authority, language=language)


def _contact(dossier: Dossier, channel: str, confirmed: bool) -> Contact:
    return Contact(
        id=0,
        dossier=dossier,
        channel=channel,
        address="",
        language=dossier.language,
        created_at=AT,
        confirmed_at=AT if confirmed else None,
    )


def _event(kind: str, dossier: Dossier) -> Event:
    return Event(id=0, dossier=dossier, kind=kind, at=AT, to_status=kind, **EVENTS[kind])
