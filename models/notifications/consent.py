"""What the holder of an address says: yes, no more, again. Each verb also settles what waits to be sent there."""

from models.base import db, now
from models.dossiers.kinds import APART
from models.notifications.contact import PEACE, Contact, hashed, stopped_mark
from models.notifications.notification import Notification
from models.security.throttle import Used


def confirm(contact: Contact) -> None:
    """The holder says: yes, this is mine. Once is enough; a stopped contact stays stopped.

    An address that was to take the place of another does so now.
    """
    unconfirmed = (Contact.id == contact.id) & Contact.confirmed_at.is_null() & Contact.stopped_at.is_null()
    with db.atomic():
        if Contact.update(confirmed_at=now()).where(unconfirmed).execute() and contact.replaces:
            _give_way(contact.replaces, contact)


def stop(contact: Contact) -> None:
    """No more notifications to this address: those still waiting are cancelled with it."""
    with db.atomic():
        Notification.cancel_for(contact)  # first: whoever records a receipt locks the rows in this order
        contact.silence()


def start(contact: Contact) -> None:
    """Notifications again, and with that the holder's yes. Changes nothing for one that never stopped."""
    with db.atomic():
        Contact.update(stopped_at=None).where((Contact.id == contact.id) & Contact.replaced_at.is_null()).execute()
        Used.clear(stopped_mark(contact.channel, contact.address))
        contact.stopped_at = None
        confirm(contact)


def stop_everywhere(channel: str, address: str) -> int:
    """The holder wants nothing more, for any dossier, and is not asked again for a while. Returns how many contacts."""
    with db.atomic():
        Used.mark(stopped_mark(channel, address), PEACE)
        same = (Contact.address_hash == hashed(channel, address)) & Contact.stopped_at.is_null()
        going = list(Contact.select().where(same))
        for contact in going:
            stop(contact)
    return len(going)


def start_everywhere(channel: str, address: str) -> int:
    """The holder takes a stop back, for every dossier. Returns how many contacts hear again."""
    theirs = (Contact.address_hash == hashed(channel, address)) & Contact.stopped_at.is_null(False)
    with db.atomic():
        Used.clear(stopped_mark(channel, address))
        silent = list(Contact.select().where(theirs & Contact.replaced_at.is_null()))
        for contact in silent:
            start(contact)
    return len(silent)


def _give_way(contact: Contact, successor: Contact) -> None:
    """Another address has said yes in this one's place: its link dies at once, the rest after GRACE.

    What still waits to leave is told to `successor`: between the two, no news may be lost.
    """
    mine = (Notification.contact == contact.id) & Notification.run_at.is_null(False)
    waiting = Notification.select().where(mine & Notification.kind.not_in(APART)).order_by(Notification.id)
    for notification in list(waiting):
        for event in notification.news() if notification.kind == "digest" else [notification.event]:
            Notification.queue(event, successor, notification.run_at)
    Notification.cancel_for(contact)
    Contact.update(stopped_at=now(), replaced_at=now()).where(Contact.id == contact.id).execute()
