"""Whom one dossier's notifications go to."""

import datetime as dt
from typing import Any

import phonenumbers
from peewee import SQL, BooleanField, CharField, ForeignKeyField, ModelSelect, fn

from models.base import Base, UTCDateTimeField, now
from models.catalogue.procedure import Authority, Form, Procedure
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import ASKING
from models.security import keys, signed_links
from models.security.throttle import Used

# The holder of an address hears that it was exchanged even if whoever did so stopped its notifications at once.
NOTICE = "changed"
PEACE = dt.timedelta(days=30)  # how long nobody is asked again who said stop before ever saying yes
GRACE = dt.timedelta(days=3)  # a mail is tried for as long: the notice of the change may still have to leave
GOOGLE = ("gmail.com", "googlemail.com")  # where dots in a name mean nothing


def hashed(channel: str, address: str) -> str:
    """What an address is found again by. Spellings that reach the same person have the same."""
    if channel == "email":
        name, _, domain = address.lower().rpartition("@")
        name, domain = name.split("+")[0], GOOGLE[0] if domain in GOOGLE else domain
        address = f"{name.replace('.', '') if domain in GOOGLE else name}@{domain}"
    return keys.digest("address", f"{channel} {address}")


def veiled(channel: str, address: str) -> str:
    """As much of an address as tells those who know it, and nobody else: j***@e..., +352 *** *56, App ***7c."""
    if channel == "email":
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}***@{domain[:1]}..."
    if channel == "push":
        return f"App ***{address[-2:]}"
    return f"+{phonenumbers.parse(address).country_code} *** *{address[-2:]}"


def stopped_mark(channel: str, address: str) -> str:
    """The name of the mark that nobody may be asked at this address whether they want notifications."""
    return f"stopped {hashed(channel, address)}"


class Contact(Base):
    """Where one dossier's notifications go: one e-mail address, one mobile number (E.164) or one app (subscription.py)."""

    dossier = ForeignKeyField(Dossier, backref="contacts", on_delete="CASCADE")
    channel = CharField(max_length=5)
    address = CharField(max_length=254)
    address_hash = CharField(max_length=64, index=True)
    language = CharField(max_length=2)
    created_at = UTCDateTimeField()
    by_link = BooleanField(default=False)  # given after the registration: the paper does not speak for it
    replaces = ForeignKeyField("self", null=True, on_delete="SET NULL", backref="successors")
    asked_at = UTCDateTimeField(null=True)  # when the SMS left that asks whether it is wanted
    confirmed_at = UTCDateTimeField(null=True)
    stopped_at = UTCDateTimeField(null=True)
    replaced_at = UTCDateTimeField(null=True)  # another address has taken its place, and its link is dead
    failed_at = UTCDateTimeField(null=True)  # a notification to it was given up, and none has reached it since
    dossier_id: int  # peewee makes it; its stubs do not say so
    successors: "ModelSelect[Contact]"

    class Meta:
        indexes = (
            (("dossier", "channel", "address"), True),
            (("channel", "asked_at"), False),
        )

    def save(self, *args: Any, **options: Any) -> Any:
        self.address_hash = hashed(self.channel, self.address)
        return super().save(*args, **options)

    @classmethod
    def listening(cls, event: Event) -> list["Contact"]:
        """The contacts that may hear of `event`: all of the first event, later only those confirmed, never stopped.

        Only who they are and by which channel is loaded.
        """
        may = (cls.dossier == event.dossier) & cls.stopped_at.is_null()
        if event.kind != "announced":
            may &= cls.confirmed_at.is_null(False)
        procedure = event.dossier.form.procedure
        found = cls.select(cls.id, cls.channel).where(may)
        return [c for c in found if c.channel != "sms" or procedure.uses_sms(event.kind)]

    @classmethod
    def of(cls, dossier: Dossier) -> "ModelSelect[Contact]":
        """All contacts of `dossier`, stopped ones too."""
        return cls.select().where(cls.dossier == dossier)

    @classmethod
    def unreached(cls) -> "ModelSelect[Contact]":
        """Contacts that we could not reach, of dossiers where nobody else is told instead: for their owner to correct.

        An app is nobody: it is on a device that may lie in a drawer. Narrow it to one dossier for its status page, to
        a scope for the helpdesk.
        """
        other = cls.alias("other")
        told = (other.dossier == cls.dossier) & other.confirmed_at.is_null(False)
        told &= other.stopped_at.is_null() & other.failed_at.is_null() & (other.channel != "push")
        failed = cls.failed_at.is_null(False) & cls.replaced_at.is_null() & (cls.channel != "push")
        return cls.select().where(failed & ~fn.EXISTS(other.select(SQL("1")).where(told)))

    @classmethod
    def of_link(cls, token: str) -> "Contact | None":
        """The contact whose link has this token, with dossier, form, procedure and authority; None once it is gone."""
        joined = cls.select(cls, Dossier, Form, Procedure, Authority).join_from(cls, Dossier)
        joined = joined.join_from(Dossier, Form).join_from(Form, Procedure).join_from(Dossier, Authority)
        named = (cls.id == signed_links.named_contact(token)) & cls.replaced_at.is_null()
        contact = joined.where(named).get_or_none()
        return contact if contact and signed_links.matches(token, contact.token) else None

    @property
    def token(self) -> str:
        """The token of its link, /c/<token>. Only the contact itself is ever sent it: whoever has it is its holder."""
        return signed_links.contact_token(self.id, self.created_at)

    def stand_ins(self, event: Event) -> list["Contact"]:
        """Who else may hear of `event` in the place of this contact."""
        may = (Contact.dossier == self.dossier_id) & Contact.confirmed_at.is_null(False) & (Contact.id != self.id)
        may &= Contact.stopped_at.is_null() & Contact.failed_at.is_null()
        if not event.dossier.form.procedure.sends_sms:
            may &= Contact.channel != "sms"
        return list(Contact.select().where(may))

    @classmethod
    def missed(cls, key: int) -> None:
        """A notification to the contact with this id was given up."""
        cls.update(failed_at=now()).where(cls.id == key).execute()

    @classmethod
    def reached(cls, key: int) -> None:
        """A notification reached the contact with this id: whatever was wrong with it is over."""
        cls.update(failed_at=None).where((cls.id == key) & cls.failed_at.is_null(False)).execute()

    def may_hear(self, kind: str) -> bool:
        """Whether an event of this kind may be told to this contact now: the transport asks before each notification."""
        if kind == NOTICE:
            return True
        return self.stopped_at is None and (self.confirmed_at is not None or kind in ASKING)

    @property
    def masked(self) -> str:
        """Its address for the eyes of others."""
        return veiled(self.channel, self.address)

    @classmethod
    def confirm_by_paper(cls, dossier_id: int, at: dt.datetime) -> None:
        """The paper's arrival proves that whoever registered meant it. It says nothing of addresses given later."""
        unconfirmed = (cls.dossier == dossier_id) & cls.confirmed_at.is_null() & ~cls.by_link
        cls.update(confirmed_at=at).where(unconfirmed).execute()

    @classmethod
    def doubt_paper(cls, dossier_id: int, at: dt.datetime) -> None:
        """Undo what confirm_by_paper() did at this instant: the arrival was a slip."""
        cls.update(confirmed_at=None).where((cls.dossier == dossier_id) & (cls.confirmed_at == at)).execute()

    def silence(self) -> None:
        """Write down that it wants nothing more. The verb for this is consent.stop(): it cancels what waits, too.

        Who says so before ever saying yes was asked by somebody else's doing, and is not asked again for a while.
        """
        running = (Contact.id == self.id) & Contact.stopped_at.is_null()
        Contact.update(stopped_at=now(), failed_at=None).where(running).execute()
        if self.confirmed_at is None:
            Used.mark(stopped_mark(self.channel, self.address), PEACE)

    def erase(self) -> None:
        """Forget the address and, with it, every notification to it. The dossier and its number go on."""
        self.delete_instance()

    @classmethod
    def purge(cls) -> int:
        """Forget the addresses whose place others have taken, once their last notification must have left. How many."""
        return cls.delete().where(cls.replaced_at < now() - GRACE).execute()
