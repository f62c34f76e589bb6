"""Push subscriptions: the endpoint and keys that a browser gave out for one device (Web Push, RFC 8030)."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from peewee import ForeignKeyField, IntegrityError

from models.base import db, now
from models.dossiers.dossier import Dossier
from models.notifications import consent
from models.notifications.contact import Contact
from models.notifications.push_services import permitted
from models.security.encrypted import EncryptedField, SealedModel

MAX_DEVICES = 4  # of one dossier
PARTS = ("endpoint", "p256dh", "auth")
PUBLIC_KEY_BYTES, AUTH_SECRET_BYTES = 65, 16  # p256dh and auth of RFC 8291


class TooManyDevicesError(Exception):
    """The dossier has MAX_DEVICES devices already."""


class SubscriptionError(ValueError):
    """Not a valid subscription, or not at one of the permitted push services."""


class Subscription(SealedModel):
    """The subscription of a contact of the channel "push", whose own address is only a hash of the endpoint.

    It needs no confirmation: the browser asked its user, and nobody else knows the endpoint.
    """

    contact = ForeignKeyField(Contact, unique=True, backref="subscriptions", on_delete="CASCADE")
    endpoint = EncryptedField("contact")
    p256dh = EncryptedField("contact")
    auth = EncryptedField("contact")

    @classmethod
    def read(cls, given: Mapping[str, str], hosts: Sequence[str]) -> "Subscription":
        """Validate what a browser sent; nothing is stored. Raises SubscriptionError.

        We shall send requests to `endpoint`, so it must be at one of the push services in `hosts`.
        """
        subscription = cls(**{name: given.get(name, "") for name in PARTS})
        if not permitted(subscription.endpoint, hosts):
            raise SubscriptionError("endpoint")
        try:
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(subscription.p256dh, PUBLIC_KEY_BYTES))
            _bytes(subscription.auth, AUTH_SECRET_BYTES)
        except ValueError as error:
            raise SubscriptionError("key") from error
        return subscription

    @property
    def address(self) -> str:
        """The address of its contact: a hash of the endpoint, the same for the same device."""
        return hashlib.sha256(self.endpoint.encode()).hexdigest()

    @property
    def info(self) -> str:
        """The subscription as JSON, as the browser gave it out."""
        return json.dumps({"endpoint": self.endpoint, "keys": {"p256dh": self.p256dh, "auth": self.auth}})

    def contact_of(self, dossier: Dossier | int) -> Contact | None:
        """The contact of this device for `dossier`, if it is subscribed."""
        same = (Contact.dossier == dossier) & Contact.at("push", self.address)
        return Contact.get_or_none(same)

    def subscribe(self, dossier: Dossier | int, language: str) -> None:
        """Subscribe this device to `dossier`; idempotent. Raises TooManyDevicesError."""
        with suppress(IntegrityError), db.atomic():  # a double tap: the other request won the race
            if known := self.contact_of(dossier):
                return consent.start(known)
            if (
                Contact.select().where((Contact.dossier == dossier) & (Contact.channel == "push")).count()
                >= MAX_DEVICES
            ):
                raise TooManyDevicesError
            self.contact = self._create_contact(dossier, language)
            self.save(force_insert=True)

    def _create_contact(self, dossier: Dossier | int, language: str) -> Contact:
        at = now()
        return Contact.create(
            dossier=dossier,
            channel="push",
            address=self.address,
            language=language,
            created_at=at,
            confirmed_at=at,
            by_link=True,
        )

    def replace_endpoint(self, endpoint: str) -> int:
        """Move the subscriptions of `endpoint` to this one: the browser has replaced it.

        Returns for how many dossiers. Knowing the old endpoint is the proof: it is as long as a password.
        """
        old = Subscription(endpoint=endpoint).address
        with db.atomic():
            contacts = list(Contact.select().where(Contact.at("push", old)))
            for contact in contacts if self.endpoint != endpoint else []:
                if there := self.contact_of(contact.dossier_id):
                    there.erase()
                contact.address = self.address
                contact.save()
                self._replace_at(contact)
        return len(contacts)

    def _replace_at(self, contact: Contact) -> None:
        moved = Subscription(contact=contact)
        given = {name: moved.sealed(name, getattr(self, name)) for name in PARTS}
        Subscription.update(given).where(Subscription.contact == contact).execute()

    def unsubscribe(self, dossier: Dossier | int) -> None:
        """Unsubscribe this device from `dossier` and erase its contact."""
        if contact := self.contact_of(dossier):
            contact.erase()


def _bytes(text: str, length: int) -> bytes:
    """Decode base64 as browsers write it. Raises ValueError unless it is `length` bytes."""
    if not re.fullmatch(r"[\w-]{1,99}={0,2}", text, re.ASCII):
        raise ValueError("not base64")
    data = base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    if len(data) != length:
        raise ValueError("wrong length")
    return data
