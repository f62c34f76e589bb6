"""When a contact is erased by itself: one that never said yes, and one whose dossier is over.

Each rule stands here twice, as a query for the worker and as an instant for the pages; tests hold them together.
"""

import datetime as dt
from contextlib import suppress
from typing import Any

from peewee import SQL, fn

from models.base import now
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import ENDS
from models.erasure import Erasure, erase_some
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.security import signed_links
from models.security.encrypted import UnreadableError

CONTACTS_AT_ONCE = 200  # of one transaction
# No notification is tried for longer than three days. One that waits for longer than this waits for a channel that is
# off, and keeps no address any more.
MAX_WAIT = dt.timedelta(days=30)
LAST_MOMENT = fn.COALESCE(Notification.sent_at, Notification.tried_at, Notification.created_at)


def erase_unconfirmed(period: dt.timedelta, most: dt.timedelta) -> int:
    """Erase some contacts that never said yes, so long after the last notification to them. Returns how many.

    However long that waits to be sent, after `most` the contact goes.
    """
    told = _of_contact(Notification.run_at.is_null(False) | (now() - period < LAST_MOMENT))
    over = (Contact.created_at <= now() - period) & ~told
    over |= Contact.created_at <= now() - most
    return erase_some(Contact, Contact.confirmed_at.is_null() & over, CONTACTS_AT_ONCE)


def erase_ended(period: dt.timedelta) -> int:
    """Erase some contacts whose dossier has been over for so long. Returns how many."""
    return erase_some(Contact, _over(period) & ~_waiting(), CONTACTS_AT_ONCE)


def unconfirmed_until(contact: Contact, period: dt.timedelta, most: dt.timedelta) -> dt.datetime | None:
    """When this contact is erased if it does not say yes; None if it has."""
    if contact.confirmed_at:
        return None
    mine = Notification.select().where(Notification.contact == contact)
    moments = [each.sent_at or each.tried_at or each.created_at for each in mine]
    return min(max((contact.created_at, *moments)) + period, contact.created_at + most)


def was_erased(token: str) -> bool:
    """True if `token` was made for a contact that was erased.

    Links from before the key ring are known for as long as the erasure is remembered, all others while their key is.
    """
    named = signed_links.named_contact(token)
    if named is None or _is_link_of(token, Contact.get_or_none(Contact.id == named)):
        return False
    made = [each.made_at for each in Erasure.of(Contact._meta.table_name, named)]
    return signed_links.was_ours(token) or any(signed_links.is_former(token, at) for at in made)


def _is_link_of(token: str, contact: Contact | None) -> bool:
    """True for a link of a contact that is still there, though it may open it no more: another address replaced it."""
    with suppress(UnreadableError):
        return contact is not None and signed_links.matches(token, contact.token)
    return True


def _over(period: dt.timedelta) -> Any:
    """True for contacts of a dossier that is over, of which the latest end lies so far back."""
    later = Event.select(SQL("1")).where(
        (Event.dossier == Dossier.id) & (Event.kind == Dossier.status) & (Event.at > now() - period)
    )
    over = (Dossier.id == Contact.dossier) & Dossier.status.in_(ENDS) & ~fn.EXISTS(later)
    return fn.EXISTS(Dossier.select(SQL("1")).where(over))


def _waiting() -> Any:
    """True for contacts that something is still to be sent to."""
    return _of_contact(Notification.run_at.is_null(False) & (Notification.created_at > now() - MAX_WAIT))


def _of_contact(which: Any) -> Any:
    mine = Notification.select(SQL("1")).where((Notification.contact == Contact.id) & which)
    return fn.EXISTS(mine)
