"""Contacts and notifications of a dossier, loaded for the page that staff use with a caller."""

from collections.abc import Iterable
from typing import NamedTuple

from flask import g
from flask_babel import gettext as _

from blueprints.desk.helpdesk_forms import ContactForm
from models import Contact, Dossier, Notification
from models.desk import helpdesk
from wording import notifications as notification_words


class ContactCard(NamedTuple):
    """One contact of a dossier, with the form to change it."""

    contact: Contact
    successor: Contact | None  # a new address that replaces it once confirmed
    answer: ContactForm
    shown: str = ""  # the address unmasked, only in the answer to "unmask"
    done: str = ""  # the act that was just done


class SentCard(NamedTuple):
    """One notification in words; `again` is True if it can be sent again."""

    notification: Notification
    again: bool
    too_late: bool = False
    number: str = ""  # of its dossier, on a page about several dossiers

    @property
    def title(self) -> str:
        return notification_words.title(self.notification)

    @property
    def state(self) -> str:
        return notification_words.state(self.notification.state)

    @property
    def tone(self) -> str:
        return notification_words.tone(self.notification.state)

    @property
    def subject(self) -> str:
        """The subject it was last sent with; an SMS has none."""
        return self._written.get("subject", "")

    @property
    def text(self) -> str:
        """What it said, without the link that is for its reader alone; empty before the first attempt."""
        return self._written.get("text", "")

    @property
    def _written(self) -> dict[str, str]:
        if not self.notification.readable:
            return {"text": _("This text cannot be read at the moment.")}
        return self.notification.written or {}

    @property
    def why(self) -> str:
        return notification_words.why(self.notification)


def contact_cards(dossier: Dossier) -> list[ContactCard]:
    """A card for each contact of `dossier` that was not replaced by another."""
    contacts = helpdesk.contacts_of(g.scope, [dossier])[dossier.id]
    return _cards(contacts, ContactForm(formdata=None))


def contact_card(contact: Contact, answer: ContactForm, shown: str = "", done: str = "") -> ContactCard:
    """The card of one contact."""
    [card] = _cards([contact], answer)
    return card._replace(shown=shown, done=done)


def sent_cards(dossier: Dossier) -> list[SentCard]:
    """A card for each notification about `dossier`, the latest first."""
    of_dossier = Dossier.id == dossier.id
    rows = list(g.scope.notifications().where(of_dossier).order_by(Notification.id.desc()))
    ended_badly = any(row.state in ("failed", "unknown") for row in rows)
    dead = {row.id for row in g.scope.dead_letters().where(of_dossier)} if ended_badly else set()
    return [SentCard(row, row.id in dead) for row in rows]


def dead_cards(notifications: Iterable[Notification]) -> list[SentCard]:
    """A card for each of these dead letters, of any dossier."""
    return [SentCard(row, again=True, number=row.event.dossier.number) for row in notifications]


def _cards(contacts: list[Contact], answer: ContactForm) -> list[ContactCard]:
    successors = helpdesk.successors(g.scope, contacts)
    return [ContactCard(contact, successors.get(contact.id), answer) for contact in contacts]
