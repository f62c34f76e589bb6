"""The addresses of one dossier: a holder may exchange their own, add one for a helper, and see or export all.

A link may be stolen, so an exchange is never silent: the old address is notified at once, and goes on receiving
everything until the new one is confirmed by its own link.
"""

import datetime as dt
import json
from typing import Any

from models.base import db, now
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import ASKING
from models.erasure import erase
from models.notifications.contact import EXCHANGE_NOTICE, Contact
from models.notifications.notification import Notification
from models.notifications.states import LEFT
from models.notifications.subscription import Subscription
from models.staff.staff import Staff

TIMESTAMPS = ("created_at", "asked_at", "confirmed_at", "stopped_at", "failed_at")
RESUBMIT_WINDOW = dt.timedelta(minutes=1)  # the same request within this time is one form sent twice
MAX_CONTACTS = 4  # of one dossier: the citizen by mail and SMS, and a helper by both


class AddressTakenError(Exception):
    """This address is already a contact of the dossier."""


class TooManyContactsError(Exception):
    """The dossier has MAX_CONTACTS contacts already."""


def others(contact: Contact) -> list[Contact]:
    """The other contacts of the same dossier."""
    of_dossier = (Contact.dossier == contact.dossier) & Contact.replaced_at.is_null() & (Contact.id != contact.id)
    return list(Contact.select().where(of_dossier).order_by(Contact.id))


def _addresses_beside(contact: Contact) -> int:
    """How many other addresses the dossier has. Apps are not counted: they have a limit of their own."""
    return sum(other.channel != "push" for other in others(contact))


def pending(contact: Contact) -> Contact | None:
    """The contact that will replace this one once it is confirmed, if there is one."""
    return contact.successors.where(Contact.confirmed_at.is_null()).first()


def mistyped(contact: Contact) -> bool:
    """True if nothing can have reached this address, so that nobody has its link: it was probably mistyped.

    Then whoever holds the number may correct it; once a notification may have arrived, only its reader may.
    """
    mine = Notification.select().where(Notification.contact == contact)
    first = mine.where(Notification.kind.in_(ASKING) & (Notification.state == "failed"))
    left = mine.where(Notification.state.in_(LEFT))
    return contact.stopped_at is None and first.exists() and not left.exists()


def add(contact: Contact, channel: str, address: str) -> Contact:
    """Add an address to the dossier and ask it to confirm. Idempotent for a form sent twice.

    Raises AddressTakenError or TooManyContactsError.
    """
    with db.atomic():
        _lock(contact)
        if double := _resubmitted(contact, channel, address):
            return double
        if _addresses_beside(contact) + 1 >= MAX_CONTACTS:
            raise TooManyContactsError
        return invite(contact.dossier, channel, address, contact.language)


def exchange(contact: Contact, channel: str, address: str) -> Contact:
    """Ask another address to replace this one; the old one is notified, and replaced once the new one is confirmed.

    Idempotent for a form sent twice. Raises AddressTakenError or TooManyContactsError.
    """
    with db.atomic():
        _lock(contact)
        if double := _resubmitted(contact, channel, address, replaces=contact):
            return double
        cancel_exchange(contact)
        if _addresses_beside(contact) + 1 > MAX_CONTACTS:
            raise TooManyContactsError
        successor = invite(contact.dossier, channel, address, contact.language, replaces=contact)
        _tell(contact, EXCHANGE_NOTICE, to=successor.masked)
        return successor


def _lock(contact: Contact) -> None:
    """Lock the dossier until the transaction ends, so that nobody else counts or adds its addresses meanwhile."""
    if db.for_update:  # SQLite has only one writing transaction at a time
        Dossier.select(Dossier.id).where(Dossier.id == contact.dossier_id).for_update().execute()


def _resubmitted(contact: Contact, channel: str, address: str, replaces: Contact | None = None) -> Contact | None:
    """The contact that the same request created a moment ago, if it has not answered yet."""
    same = (Contact.dossier == contact.dossier_id) & Contact.at(channel, address)
    asked = Contact.by_link & Contact.confirmed_at.is_null() & Contact.stopped_at.is_null()
    mine = (Contact.id != contact.id) & (Contact.replaces == replaces) & (Contact.created_at > now() - RESUBMIT_WINDOW)
    return Contact.select().where(same & asked & mine).first()


def cancel_exchange(contact: Contact) -> None:
    """Erase the contact that was to replace this one."""
    if successor := pending(contact):
        successor.erase()


def export(contact: Contact) -> dict[str, Any]:
    """All that is stored about this contact and its notifications (GDPR 15 and 20), ready for JSON."""
    told = Notification.select().where(Notification.contact == contact).join(Event).order_by(Notification.id)
    device = Subscription.get_or_none(Subscription.contact == contact)
    return {
        "number": contact.dossier.number,
        "channel": contact.channel,
        "address": contact.address,
        "device": json.loads(device.info) if device else None,
        "language": contact.language,
        "given_by_link": contact.by_link,
        **{name: _instant(getattr(contact, name)) for name in TIMESTAMPS},
        "refused": contact.refused,
        "notifications": [_exported(notification) for notification in told],
    }


def _exported(notification: Notification) -> dict[str, Any]:
    return {
        "about": notification.event.kind,
        "state": notification.state,
        "created_at": _instant(notification.created_at),
        "sent_at": _instant(notification.sent_at),
        "written": notification.written,
    }


def _instant(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at else None


def invite(
    dossier: Dossier,
    channel: str,
    address: str,
    language: str,
    by: Staff | None = None,
    replaces: Contact | None = None,
) -> Contact:
    """Create a contact and ask it to confirm; `by` is the staff member who typed it. Raises AddressTakenError."""
    same = (Contact.dossier == dossier) & Contact.at(channel, address)
    erase(Contact, same & Contact.replaced_at.is_null(False))  # a replaced address may return
    if Contact.select().where(same).exists():
        raise AddressTakenError
    invited = Contact.create(
        dossier=dossier,
        channel=channel,
        address=address,
        language=language,
        created_at=now(),
        by_link=True,
        replaces=replaces,
    )
    _tell(invited, "added", by)
    return invited


def _tell(contact: Contact, kind: str, by: Staff | None = None, **details: str) -> None:
    """Queue a notification about the contact itself; the public history leaves its event out."""
    status = contact.dossier.status
    event = Event.create(
        dossier=contact.dossier, kind=kind, at=now(), by=by, from_status=status, to_status=status, details=details
    )
    Notification.queue(event, contact, event.at)
