"""Everything that a letter speaks of, loaded before it is written: wording/ asks no database."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.catalogue.procedure import Authority
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.history import History
from models.dossiers.kinds import KINDS
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.notifications.subscription import Subscription


@dataclass(frozen=True, kw_only=True)
class Content:
    """The rows that one notification tells of."""

    notification: Notification
    contact: Contact
    event: Event  # of a digest: the event that says where the dossier stands
    dossier: Dossier  # with form, procedure and authority
    history: History
    authority: Authority  # that had the dossier after `event`
    opened_by: Authority | None = None  # that opened the envelope by mistake, if `event` tells of one
    news: Sequence[Event] = ()  # what a digest tells, oldest first; empty for a single event
    arrival: Event | None = None  # a request for documents: the arrival that nobody was told of before, if so
    device: str = ""  # of a push: what the browser gave out, as JSON; empty if it is gone

    @property
    def kind(self) -> str:
        """The folder of its texts in templates/notifications/."""
        return "digest" if self.news else self.event.kind


def load(notification: Notification) -> Content:
    """The content of `notification`. A digest of a single event is that event's own letter, only later."""
    dossier = notification.event.dossier
    news = notification.news() if notification.kind == "digest" else []
    news = news if len(news) > 1 else []
    event = _present(notification) if news else notification.event
    return Content(
        notification=notification,
        contact=notification.contact,
        event=event,
        dossier=dossier,
        history=dossier.history,
        authority=dossier.history.authority_at(event, dossier.authority),
        opened_by=_opened_by(event),
        news=news,
        arrival=None if news else _untold_arrival(notification),
        device=_device(notification),
    )


def _present(notification: Notification) -> Event:
    """What says most about where the dossier stands: before the arrival, the notification's own event."""
    present = notification.event.dossier.history.present
    return notification.event if present.kind == "announced" else present


def _untold_arrival(notification: Notification) -> Event | None:
    """The arrival whose notification a request for documents superseded: papers were found incomplete at once."""
    news = notification.news() if notification.event.kind == "incomplete" else []
    return next((event for event in reversed(news) if KINDS[event.kind].clock == "arrival"), None)


def _opened_by(event: Event) -> Authority | None:
    slug = event.details.get("from") if event.kind in ("forwarded", "unarrived") else None
    return Authority.get_or_none(Authority.slug == slug) if slug else None


def _device(notification: Notification) -> str:
    if notification.channel != "push":
        return ""
    subscription = Subscription.get_or_none(Subscription.contact == notification.contact_id)
    return subscription.info if subscription else ""
