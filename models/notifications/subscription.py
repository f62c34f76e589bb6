"""Where news go that an installed app shows: what a browser gave out for one device, by Web Push (RFC 8030)."""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from peewee import CharField, ForeignKeyField, IntegrityError

from models.base import Base, db, now
from models.notifications import consent
from models.notifications.contact import Contact
from models.notifications.push_services import permitted
from models.security import keys

MOST = 4  # devices of one dossier
POINT, SECRET = 65, 16  # bytes of the browser's public key, and of what it shares with us


class Full(Exception):
    """As many devices as may be are told of this dossier."""


class BadSubscription(ValueError):
    """Not what a browser gives out, or for a push service that we do not know."""


class Subscription(Base):
    """The address of a contact of the channel "push". In the contact itself stands only a hash to find it by.

    Nobody has to confirm it: the browser asked its user, and gave it to nobody else.
    """

    contact = ForeignKeyField(Contact, unique=True, backref="subscriptions", on_delete="CASCADE")
    endpoint = CharField(max_length=800)
    p256dh = CharField(max_length=100)
    auth = CharField(max_length=32)

    @classmethod
    def read(cls, given: Mapping[str, str], hosts: Sequence[str]) -> "Subscription":
        """What a browser says its subscription is, not stored. Raises BadSubscription.

        `endpoint` is an address that we shall send requests to: only one of the push services in `hosts` will do.
        """
        subscription = cls(**{name: given.get(name, "") for name in ("endpoint", "p256dh", "auth")})
        if not permitted(subscription.endpoint, hosts):
            raise BadSubscription("endpoint")
        try:
            EllipticCurvePublicKey.from_encoded_point(SECP256R1(), _bytes(subscription.p256dh, POINT))
            _bytes(subscription.auth, SECRET)
        except ValueError as error:
            raise BadSubscription("key") from error
        return subscription

    @property
    def address(self) -> str:
        """What stands in the contact: the same device has the same."""
        return keys.digest("push", self.endpoint)

    @property
    def info(self) -> str:
        """What its browser gave out, as JSON."""
        return json.dumps({"endpoint": self.endpoint, "keys": {"p256dh": self.p256dh, "auth": self.auth}})

    def of(self, dossier: Any) -> Contact | None:
        """The contact by which this device is told of `dossier`, if it is."""
        same = (Contact.dossier == dossier) & (Contact.channel == "push") & (Contact.address == self.address)
        return Contact.get_or_none(same)

    def tell(self, dossier: Any, language: str) -> None:
        """From now on this device is told of `dossier`. Once is enough. Raises Full."""
        with suppress(IntegrityError), db.atomic():  # a double tap: the other request was quicker
            if known := self.of(dossier):
                return consent.start(known)
            if Contact.select().where((Contact.dossier == dossier) & (Contact.channel == "push")).count() >= MOST:
                raise Full
            at = now()
            self.contact = Contact.create(
                dossier=dossier,
                channel="push",
                address=self.address,
                language=language,
                created_at=at,
                confirmed_at=at,
                by_link=True,
            )
            self.save(force_insert=True)

    def take_over(self, endpoint: str) -> int:
        """The browser gave this out in the place of `endpoint`, which ends: of what was told there, it hears here.

        Returns of how many dossiers. Nobody else knows the old endpoint: it is as long as a password.
        """
        old = Subscription(endpoint=endpoint).address
        with db.atomic():
            contacts = list(Contact.select().where((Contact.channel == "push") & (Contact.address == old)))
            for contact in contacts if self.endpoint != endpoint else []:
                if there := self.of(contact.dossier_id):
                    there.erase()
                contact.address = self.address
                contact.save()
                given = {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": self.auth}
                Subscription.update(given).where(Subscription.contact == contact).execute()
        return len(contacts)

    def silence(self, dossier: Any) -> None:
        """This device is told no more of `dossier`, and nothing of it is kept."""
        if contact := self.of(dossier):
            contact.erase()


def _bytes(text: str, length: int) -> bytes:
    """`text`, which is base64 as browsers write it. Raises ValueError unless it is `length` bytes."""
    if not re.fullmatch(r"[\w-]{1,99}={0,2}", text, re.ASCII):
        raise ValueError("not base64")
    data = base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    if len(data) != length:
        raise ValueError("wrong length")
    return data
