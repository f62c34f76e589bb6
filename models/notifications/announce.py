"""The contacts as an audience of a dossier's events: the only place where an event becomes notifications."""

import datetime as dt
from collections.abc import Sequence

from models.base import ConflictError
from models.dossiers.audience import Address
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import PROVING_PAPER
from models.notifications.contact import Contact
from models.notifications.notification import Notification


class Contacts:
    """The contacts of a dossier, as the audience of its events (see models/dossiers/audience.py)."""

    def register(self, event: Event, addresses: Sequence[Address]) -> None:
        """Create a contact for each address and queue its first notification."""
        dossier: Dossier = event.dossier
        for channel, address in addresses:
            Contact.create(
                dossier=dossier, channel=channel, address=address, language=dossier.language, created_at=event.at
            )
        self.tell(event, event.at)

    def tell(self, event: Event, at: dt.datetime) -> None:
        """Queue one notification for each contact that may hear of `event`, to leave at `at`."""
        if event.kind in PROVING_PAPER:
            Contact.confirm_by_paper(event.dossier_id, event.at)
        for contact in Contact.listening(event):
            Notification.queue(event, contact, at)

    def release(self, dossier_id: int, at: dt.datetime) -> None:
        """Let what is held for an undo leave at `at`, with the news of the next move: one notification tells both."""
        events = Event.select(Event.id).where(Event.dossier == dossier_id)
        Notification.release(Notification.event.in_(events), at)

    def retract(self, event: Event) -> None:
        """Cancel the notifications of `event`. Raises ConflictError if one of them is already on its way."""
        mine = Notification.event == event
        Notification.cancel(mine & (Notification.attempts == 0))  # one that was tried has superseded older news
        if Notification.select().where(mine & (Notification.state != "cancelled")).exists():
            raise ConflictError
        Contact.unconfirm_by_paper(event.dossier_id, event.at)


def is_told(event: Event) -> bool:
    """True if somebody hears of `event`, or has heard."""
    return Notification.select().where(Notification.event == event).exists()
