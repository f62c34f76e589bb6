"""The contacts of a dossier: the addresses that its notifications go to."""

import datetime as dt
import re
from contextlib import suppress
from typing import Any, Literal

import phonenumbers
from peewee import SQL, BooleanField, CharField, Expression, ForeignKeyField, ModelSelect, fn

from models.base import UTCDateTimeField, now
from models.catalogue.procedure import Authority, Form, Procedure
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import ASKING
from models.erasure import erase
from models.notifications.outcome import Outcome
from models.security import keys, signed_links
from models.security.encrypted import EncryptedField, RowKey, SealedModel, UnreadableError
from models.security.throttle import Used

# The kind of the notice of an exchange. It leaves even if its contact was stopped: a thief of the link may do that.
EXCHANGE_NOTICE = "changed"
ASK_AGAIN_AFTER = dt.timedelta(days=30)  # for one that stopped without ever confirming
REPLACED_KEPT_FOR = dt.timedelta(days=3)  # as long as a mail is retried: the notice of the exchange may be waiting
Refused = Literal["full", "policy"]  # the mailbox is full; a rule of its server refuses our mails
MAILBOX_FULL = re.compile(r"\b[45]\.2\.2\b")  # RFC 3463
ROW = ("dossier", "channel", "row_key")
GMAIL_DOMAINS = ("gmail.com", "googlemail.com")  # dots before the @ mean nothing there


def hashed(channel: str, address: str) -> str:
    """The keyed hash of an address; the same for all spellings that reach the same mailbox."""
    return keys.digest("address", _spelled(channel, address))


def hashes(channel: str, address: str) -> list[str]:
    """The keyed hashes that an address is looked up by: those of before a rotation, too."""
    return keys.digests("address", _spelled(channel, address))


def _spelled(channel: str, address: str) -> str:
    if channel == "email":
        name, _, domain = address.lower().rpartition("@")
        name, domain = name.split("+")[0], GMAIL_DOMAINS[0] if domain in GMAIL_DOMAINS else domain
        address = f"{name.replace('.', '') if domain in GMAIL_DOMAINS else name}@{domain}"
    return f"{channel} {address}"


def masked(channel: str, address: str) -> str:
    """The masked address, recognisable only to those who know it: j***@e..., +352 *** *56, App ***7c."""
    if channel == "email":
        name, _, domain = address.rpartition("@")
        return f"{name[:1]}***@{domain[:1]}..."
    if channel == "push":
        return f"App ***{address[-2:]}"
    return f"+{phonenumbers.parse(address).country_code} *** *{address[-2:]}"


def stopped_mark(channel: str, address: str) -> list[str]:
    """The names of the mark that this address was stopped, and may not be asked to confirm again: see Used."""
    return [f"stopped {known}" for known in hashes(channel, address)]


class Contact(SealedModel):
    """One e-mail address, one mobile number (E.164) or one app (subscription.py), for one dossier."""

    dossier = ForeignKeyField(Dossier, backref="contacts", on_delete="CASCADE", index=False)
    channel = CharField(max_length=5)
    row_key = RowKey()
    address = EncryptedField(*ROW)
    link = EncryptedField(*ROW)  # the secret part of its link (signed_links.py)
    address_hash = CharField(max_length=64, index=True)
    language = CharField(max_length=2)
    created_at = UTCDateTimeField()
    by_link = BooleanField(default=False)  # added after the registration: the paper's arrival does not confirm it
    replaces = ForeignKeyField("self", null=True, on_delete="SET NULL", backref="successors")
    asked_at = UTCDateTimeField(null=True)  # when the first notification, which asks to confirm, left
    confirmed_at = UTCDateTimeField(null=True)
    stopped_at = UTCDateTimeField(null=True)
    replaced_at = UTCDateTimeField(null=True)  # by its successor; its link is invalid since
    failed_at = UTCDateTimeField(null=True)  # a notification to it was given up, and none delivered since
    refused = CharField(max_length=6, null=True)  # why, where that says nothing against the address: see Refused
    dossier_id: int  # peewee makes it; its stubs do not say so
    successors: "ModelSelect[Contact]"

    class Meta:
        indexes = (
            (("dossier", "channel", "address_hash"), True),
            (("channel", "asked_at"), False),
        )

    def keyed_hashes(self) -> dict[str, Any]:
        """The hash that its address is looked up by."""
        return {"address_hash": hashed(self.channel, self.address)}

    def save(self, *args: Any, **options: Any) -> Any:
        self.link = self.link or signed_links.new_link()
        return super().save(*args, **options)

    @classmethod
    def at(cls, channel: str, address: str) -> Expression:
        """The condition of having this address."""
        return cls.address_hash.in_(hashes(channel, address))

    @classmethod
    def listening(cls, event: Event) -> list["Contact"]:
        """The contacts to notify of `event`: all for the first event, later the confirmed ones; never a stopped one.

        Only who they are and by which channel is loaded.
        """
        may = (cls.dossier == event.dossier) & cls.stopped_at.is_null()
        if event.kind != "announced":
            may &= cls.confirmed_at.is_null(False)
        procedure = event.dossier.form.procedure
        found = cls.select(cls.id, cls.channel).where(may)
        unasked = event.details.get("unasked", ())
        return [c for c in found if c.channel not in unasked and (c.channel != "sms" or procedure.uses_sms(event.kind))]

    @classmethod
    def of(cls, dossier: Dossier) -> "ModelSelect[Contact]":
        """All contacts of `dossier`, stopped ones too."""
        return cls.select().where(cls.dossier == dossier)

    @classmethod
    def unreached(cls) -> "ModelSelect[Contact]":
        """Failed contacts of dossiers where no other contact is told instead: their owner should correct them.

        An app does not count as another contact: its device may lie in a drawer. Callers narrow the query to one
        dossier, or to a scope.
        """
        other = cls.alias("other")
        told = (other.dossier == cls.dossier) & other.confirmed_at.is_null(False)
        told &= other.stopped_at.is_null() & other.failed_at.is_null() & (other.channel != "push")
        failed = cls.failed_at.is_null(False) & cls.replaced_at.is_null() & (cls.channel != "push")
        return cls.select().where(failed & ~fn.EXISTS(other.select(SQL("1")).where(told)))

    @classmethod
    def of_link(cls, token: str) -> "Contact | None":
        """The contact whose link has this token, with dossier, form, procedure and authority; None once it is gone."""
        named = signed_links.named_contact(token)
        if named is None:
            return None
        joined = cls.select(cls, Dossier, Form, Procedure, Authority).join_from(cls, Dossier)
        joined = joined.join_from(Dossier, Form).join_from(Form, Procedure).join_from(Dossier, Authority)
        contact = joined.where((cls.id == named) & cls.replaced_at.is_null()).get_or_none()
        with suppress(UnreadableError):
            return contact if contact and signed_links.matches(token, contact.token) else None
        return None

    @property
    def token(self) -> str:
        """The token of its link, /c/<token>. Only the contact itself is ever sent it: whoever has it is its holder."""
        return signed_links.contact_token(self.id, self.link)

    def stand_ins(self, event: Event) -> list["Contact"]:
        """The other contacts to tell of `event` when this one cannot be reached."""
        may = (Contact.dossier == self.dossier_id) & Contact.confirmed_at.is_null(False) & (Contact.id != self.id)
        may &= Contact.stopped_at.is_null() & Contact.failed_at.is_null()
        if not event.dossier.form.procedure.sends_sms:
            may &= Contact.channel != "sms"
        return list(Contact.select().where(may))

    @classmethod
    def mark_failed(cls, key: int, outcome: Outcome = Outcome.NEVER, error: str = "") -> None:
        """Record that a notification to the contact with this id was given up. Perhaps its address is right."""
        full: Refused | None = "full" if MAILBOX_FULL.search(error) else None
        refused: Refused | None = "policy" if outcome is Outcome.POLICY else full
        cls.update(failed_at=now(), refused=refused).where(cls.id == key).execute()

    @classmethod
    def clear_failed(cls, key: int) -> None:
        """Record that a notification reached the contact with this id."""
        cls.update(failed_at=None, refused=None).where((cls.id == key) & cls.failed_at.is_null(False)).execute()

    @classmethod
    def mark_reached(cls, key: int, asked: bool) -> None:
        """The same; with `asked`, it was the mail that asks to confirm."""
        cls.clear_failed(key)
        if asked:
            cls.mark_asked(key)

    @classmethod
    def mark_asked(cls, key: int) -> None:
        """Record that the notification which asks the contact with this id to confirm has left."""
        cls.update(asked_at=now()).where((cls.id == key) & cls.asked_at.is_null()).execute()

    def may_hear(self, kind: str) -> bool:
        """True if the contact may be told of an event of this kind now. Asked again just before sending."""
        if kind == EXCHANGE_NOTICE:
            return True
        return self.stopped_at is None and (self.confirmed_at is not None or kind in ASKING)

    @property
    def masked(self) -> str:
        """Its address as others may see it; of one that cannot be decrypted, nothing."""
        with suppress(UnreadableError):
            return masked(self.channel, self.address)
        return "…"

    @classmethod
    def confirm_by_paper(cls, dossier_id: int, at: dt.datetime) -> None:
        """Confirm the contacts given at registration: the paper arrived, so the registration was meant."""
        unconfirmed = (cls.dossier == dossier_id) & cls.confirmed_at.is_null() & ~cls.by_link
        cls.update(confirmed_at=at).where(unconfirmed).execute()

    @classmethod
    def unconfirm_by_paper(cls, dossier_id: int, at: dt.datetime) -> None:
        """Undo what confirm_by_paper() did at this instant: the arrival was undone."""
        cls.update(confirmed_at=None).where((cls.dossier == dossier_id) & (cls.confirmed_at == at)).execute()

    def mark_stopped(self) -> None:
        """Record that it was stopped. The verb for this is consent.stop(), which also cancels what waits.

        One that never confirmed was probably entered by somebody else, and is not asked again for ASK_AGAIN_AFTER.
        """
        running = (Contact.id == self.id) & Contact.stopped_at.is_null()
        Contact.update(stopped_at=now(), failed_at=None, refused=None).where(running).execute()
        if self.confirmed_at is None:
            Used.mark(stopped_mark(self.channel, self.address), ASK_AGAIN_AFTER)

    def erase(self) -> None:
        """Erase the contact with all its notifications. The dossier and its number remain."""
        erase(Contact, Contact.id == self.id)

    @classmethod
    def purge(cls) -> int:
        """Erase replaced contacts once their last notification must have left. Returns how many."""
        return erase(cls, cls.replaced_at < now() - REPLACED_KEPT_FOR)


Contact.add_index(Contact.index(Contact.failed_at, name="contact_failed", where=Contact.failed_at.is_null(False)))
