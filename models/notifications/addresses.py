"""What the holder of one address may do about the addresses of the same dossier: exchange it, add a helper's, see all.

A link may have fallen into wrong hands, so nothing is taken away by it in silence: the old address is told at once, and
goes on hearing everything until the new one says yes by its own link. Only then does it give way.
"""

import datetime as dt
import json
from typing import Any

from models.base import db, now
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import ASKING
from models.notifications.contact import NOTICE, Contact, hashed
from models.notifications.notification import Notification
from models.notifications.states import LEFT
from models.notifications.subscription import Subscription
from models.staff.staff import Staff

INSTANTS = ("created_at", "asked_at", "confirmed_at", "stopped_at", "failed_at")
DOUBLE = dt.timedelta(minutes=1)  # the same wish again within this time is the same form, sent twice
MOST = 4  # contacts of one dossier: the citizen by mail and SMS, and a helper by both


class Taken(Exception):
    """This address is one of the dossier's contacts already."""


class Full(Exception):
    """The dossier has as many contacts as it may."""


def others(contact: Contact) -> list[Contact]:
    """The other contacts of the same dossier: everybody sees who else is informed."""
    of_dossier = (Contact.dossier == contact.dossier) & Contact.replaced_at.is_null() & (Contact.id != contact.id)
    return list(Contact.select().where(of_dossier).order_by(Contact.id))


def _given(contact: Contact) -> int:
    """How many addresses were given beside this one. Apps have a limit of their own: none takes the place of these."""
    return sum(other.channel != "push" for other in others(contact))


def pending(contact: Contact) -> Contact | None:
    """The address that will take the place of this one as soon as it says yes."""
    return contact.successors.where(Contact.confirmed_at.is_null()).first()


def mistyped(contact: Contact) -> bool:
    """Whether nobody can have received anything at this address, its link neither: then it is nobody's.

    Whoever holds the number may put it right. As soon as one notification may have arrived, only its reader may.
    """
    mine = Notification.select().where(Notification.contact == contact)
    first = mine.where(Notification.kind.in_(ASKING) & (Notification.state == "failed"))
    left = mine.where(Notification.state.in_(LEFT))
    return contact.stopped_at is None and first.exists() and not left.exists()


def add(contact: Contact, channel: str, address: str) -> Contact:
    """Tell somebody else too, after they have said yes; sent twice, it counts once. Raises Taken or Full."""
    with db.atomic():
        _lock(contact)
        if double := _double(contact, channel, address):
            return double
        if _given(contact) + 1 >= MOST:
            raise Full
        return invite(contact.dossier, channel, address, contact.language)


def exchange(contact: Contact, channel: str, address: str) -> Contact:
    """Let another address take this one's place, as soon as it says yes; the old one is told.

    Sent twice, it counts once. Raises Taken or Full.
    """
    with db.atomic():
        _lock(contact)
        if double := _double(contact, channel, address, replaces=contact):
            return double
        take_back(contact)
        if _given(contact) + 1 > MOST:
            raise Full
        successor = invite(contact.dossier, channel, address, contact.language, replaces=contact)
        _tell(contact, NOTICE, to=successor.masked)
        return successor


def _lock(contact: Contact) -> None:
    """Nobody else counts or adds the dossier's addresses before this transaction ends."""
    if db.for_update:  # on SQLite, a transaction is alone anyway
        Dossier.select(Dossier.id).where(Dossier.id == contact.dossier_id).for_update().execute()


def _double(contact: Contact, channel: str, address: str, replaces: Contact | None = None) -> Contact | None:
    """What the same wish has brought about a moment ago, while it has no answer."""
    same = (Contact.dossier == contact.dossier_id) & (Contact.address_hash == hashed(channel, address))
    asked = Contact.by_link & Contact.confirmed_at.is_null() & Contact.stopped_at.is_null()
    mine = (Contact.id != contact.id) & (Contact.replaces == replaces) & (Contact.created_at > now() - DOUBLE)
    return Contact.select().where(same & asked & mine).first()


def take_back(contact: Contact) -> None:
    """No address takes the place of this one after all."""
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
        **{name: _instant(getattr(contact, name)) for name in INSTANTS},
        "notifications": [
            {
                "about": notification.event.kind,
                "state": notification.state,
                "created_at": _instant(notification.created_at),
                "sent_at": _instant(notification.sent_at),
                "written": notification.written,
            }
            for notification in told
        ],
    }


def _instant(at: Any) -> str | None:
    return at.isoformat() if at else None


def invite(
    dossier: Dossier,
    channel: str,
    address: str,
    language: str,
    by: Staff | None = None,
    replaces: Contact | None = None,
) -> Contact:
    """Ask at this address whether it wants to be told of `dossier`; `by` typed it at the desk. Raises Taken."""
    same = (Contact.dossier == dossier) & (Contact.address_hash == hashed(channel, address))
    Contact.delete().where(same & Contact.replaced_at.is_null(False)).execute()  # welcome back
    if Contact.select().where(same).exists():
        raise Taken
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
    """Queue a notification that belongs to no step of the dossier: its event is one that the public history leaves out."""
    status = contact.dossier.status
    event = Event.create(
        dossier=contact.dossier, kind=kind, at=now(), by=by, from_status=status, to_status=status, details=details
    )
    Notification.queue(event, contact, event.at)
