"""Notifications of a dossier, and what a worker does with them."""

import datetime as dt

from models import Contact, Dossier, Notification, now
from models.dossiers.moves import Move
from models.notifications import outbox

EMAIL, SMS = ("email", "someone@example.org"), ("sms", "+352621123456")


def told(form, clerk, *contacts, kinds=()) -> Dossier:
    """A dossier of confirmed contacts that was announced, and told so; then moved through `kinds`."""
    dossier = Dossier.announce(form, "en", f"key-{now().timestamp()}", contacts or [EMAIL])
    Contact.update(confirmed_at=now()).execute()
    Notification.update(state="delivered", run_at=None).execute()
    for kind in kinds:
        move(dossier, kind, clerk)
    return dossier


def move(dossier: Dossier, to: str, by, **options) -> None:
    arrived = dt.date(2026, 1, 2) if to == "received" else None
    dossier.move(Move(to, by=by, version=dossier.version, arrived_on=arrived, **options))


def claim(channel: str = "email") -> Notification | None:
    return outbox.claim("worker", channel, hours=outbox.Hours(0, 24))


def states(*kinds: str) -> list[str]:
    rows = {notification.kind: notification.state for notification in Notification.select().order_by(Notification.id)}
    return [rows[kind] for kind in kinds]


def claimed(form, clerk, channel: str = "sms") -> Notification:
    told(form, clerk, SMS if channel == "sms" else EMAIL, kinds=["received"])
    return outbox.claim("worker", channel, hours=outbox.Hours(0, 24))
