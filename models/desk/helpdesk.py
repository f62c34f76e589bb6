"""What the helpdesk does for a caller. Reading or changing an address needs a reason, which is audited.

The audit log gets the reason, ids and counts; never the address.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from models.base import db
from models.desk.scope import Scope
from models.dossiers.dossier import Dossier
from models.notifications import addresses, consent
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.staff.audit import Audit
from models.staff.staff import Staff

REASONS = ("status", "not-received", "correct", "wish", "data")
MAX_FOUND = 50  # dossiers shown for one address


def find(scope: Scope, channel: str, address: str, reason: str) -> list[Dossier]:
    """The dossiers in `scope` that tell this address, the latest change first; at most MAX_FOUND."""
    same = Contact.at(channel, address) & Contact.replaced_at.is_null()
    told = scope.contacts().where(same).select(Contact.dossier)
    found = scope.dossiers().where(Dossier.id.in_(told)).order_by(Dossier.changed_at.desc()).limit(MAX_FOUND)
    with db.atomic():
        dossiers = list(found)
        Audit.record(scope.staff, "look_up", channel=channel, reason=reason, hits=len(dossiers))
    return dossiers


def contacts_of(scope: Scope, dossiers: Iterable[Dossier], *, replaced: bool = False) -> dict[int, list[Contact]]:
    """By the id of each dossier in `scope`, its contacts; with `replaced`, also those whose place another has taken.

    One query for all of them.
    """
    ids = [dossier.id for dossier in dossiers]
    contacts = scope.contacts().where(Contact.dossier.in_(ids)).order_by(Contact.id)
    found: defaultdict[int, list[Contact]] = defaultdict(list)
    for contact in (contacts if replaced else contacts.where(Contact.replaced_at.is_null())) if ids else ():
        found[contact.dossier_id].append(contact)
    return found


def successors(scope: Scope, contacts: Iterable[Contact]) -> dict[int, Contact]:
    """By the id of each contact in `scope`, the address that takes its place as soon as that says yes. One query."""
    ids = [contact.id for contact in contacts]
    waiting: Any = scope.contacts().where(Contact.replaces.in_(ids) & Contact.confirmed_at.is_null())
    return {contact.replaces_id: contact for contact in waiting.order_by(Contact.id.desc())} if ids else {}


def unmask(contact: Contact, by: Staff, reason: str) -> str:
    """The address of `contact`, to read out or compare."""
    Audit.record(by, "unmask", contact.dossier_id, contact=contact.id, reason=reason)
    return contact.address


def correct(contact: Contact, channel: str, address: str, by: Staff, reason: str) -> None:
    """Ask another address whether it takes the place of `contact`; the old one is told.

    Raises addresses.AddressTakenError or addresses.TooManyContactsError.
    """
    with db.atomic():
        Audit.lock()
        successor = addresses.exchange(contact, channel, address)
        Audit.record(by, "correct", contact.dossier_id, contact=contact.id, new=successor.id, reason=reason)


def stop(contact: Contact, by: Staff, reason: str) -> None:
    """No more notifications to `contact`, as its holder wishes."""
    with db.atomic():
        Audit.lock()
        consent.stop(contact)
        Audit.record(by, "stop", contact.dossier_id, contact=contact.id, reason=reason)


def erase(contact: Contact, by: Staff, reason: str) -> None:
    """Forget `contact` and all notifications to it, as its holder wishes."""
    with db.atomic():
        Audit.lock()
        contact.erase()
        Audit.record(by, "erase", contact.dossier_id, contact=contact.id, reason=reason)


def send_again(notification: Notification, by: Staff | None) -> bool:
    """One more round of attempts for a dead letter; without `by`, on the command line. False if it is none any more."""
    with db.atomic():
        if not notification.send_again():
            return False
        Audit.record(by, "resend", notification.event.dossier_id, notification=notification.id)
    return True
