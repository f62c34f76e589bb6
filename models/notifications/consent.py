"""Consent of an address's holder: confirm, stop, start. Each verb also settles what waits to be sent there."""

from models.base import db, now
from models.dossiers.kinds import APART
from models.notifications import mail_limits
from models.notifications.contact import ASK_AGAIN_AFTER, Contact, stopped_mark
from models.notifications.notification import Notification
from models.security.throttle import Used


def confirm(contact: Contact) -> None:
    """Confirm a contact; idempotent. A stopped contact stays stopped.

    If it was to replace another contact, it does so now.
    """
    unconfirmed = (Contact.id == contact.id) & Contact.confirmed_at.is_null() & Contact.stopped_at.is_null()
    with db.atomic():
        if not Contact.update(confirmed_at=now()).where(unconfirmed).execute():
            return
        if contact.channel == "email":
            mail_limits.note_confirmed(contact.address)
        if contact.replaces:
            _give_way(contact.replaces, contact)


def stop(contact: Contact) -> None:
    """Stop notifications to this contact and cancel those still waiting."""
    with db.atomic():
        Notification.cancel_for(contact)  # first: a delivery report locks the rows in this order
        contact.mark_stopped()


def start(contact: Contact) -> None:
    """Start notifications again, and confirm the contact. Nothing else changes for one that was never stopped."""
    with db.atomic():
        Contact.update(stopped_at=None).where((Contact.id == contact.id) & Contact.replaced_at.is_null()).execute()
        Used.clear(stopped_mark(contact.channel, contact.address))
        contact.stopped_at = None
        confirm(contact)


def stop_everywhere(channel: str, address: str) -> int:
    """Stop an address for every dossier, and do not ask it again for a while. Returns how many contacts."""
    with db.atomic():
        Used.mark(stopped_mark(channel, address), ASK_AGAIN_AFTER)
        same = Contact.at(channel, address) & Contact.stopped_at.is_null()
        going = list(Contact.select().where(same))
        for contact in going:
            stop(contact)
    return len(going)


def start_everywhere(channel: str, address: str) -> int:
    """Start a stopped address again, for every dossier. Returns how many contacts."""
    theirs = Contact.at(channel, address) & Contact.stopped_at.is_null(False)
    with db.atomic():
        Used.clear(stopped_mark(channel, address))
        silent = list(Contact.select().where(theirs & Contact.replaced_at.is_null()))
        for contact in silent:
            start(contact)
    return len(silent)


def _give_way(contact: Contact, successor: Contact) -> None:
    """Replace `contact` by `successor`: its link is invalid at once; purge() deletes it after REPLACED_KEPT_FOR.

    What still waits to be sent is queued for `successor`, so that nothing is lost between the two.
    """
    mine = (Notification.contact == contact.id) & Notification.run_at.is_null(False)
    waiting = Notification.select().where(mine & Notification.kind.not_in(APART)).order_by(Notification.id)
    for notification in list(waiting):
        for event in notification.news() if notification.kind == "digest" else [notification.event]:
            Notification.queue(event, successor, notification.run_at)
    Notification.cancel_for(contact)
    Contact.update(stopped_at=now(), replaced_at=now()).where(Contact.id == contact.id).execute()
