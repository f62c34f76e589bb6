"""Passkeys (WebAuthn): a key that stays on its device, which asks its owner for a finger, a face or a PIN.

What the browser says is checked against the host and the origin that the site really has, and against a challenge that
counts once: the caller gives out the challenge, keeps it for one browser and takes it back before it comes here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from peewee import BigIntegerField, BlobField, CharField, ForeignKeyField, IntegrityError, ModelSelect
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from models.base import Base, UTCDateTimeField, db, now
from models.staff.proof import Proof
from models.staff.staff import Staff

VERIFIED = UserVerificationRequirement.REQUIRED
MILLISECONDS = 5 * 60_000  # how long the browser waits for its owner


class Site(NamedTuple):
    """The site as browsers know it: the host that passkeys belong to, and the origin of its pages."""

    host: str
    origin: str


class BadPasskey(Exception):
    """What the browser sent proves nothing. Which check failed is nobody's business."""


class Passkey(Base):
    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    staff_id: int
    credential_id = CharField(max_length=1366, unique=True)  # up to 1,023 bytes, in base64url
    public_key = BlobField()
    sign_count = BigIntegerField()
    name = CharField(max_length=60)
    created_at = UTCDateTimeField()
    used_at = UTCDateTimeField(null=True)

    @classmethod
    def of(cls, staff: Staff) -> "ModelSelect[Passkey]":
        """The passkeys of this account, the oldest first."""
        return cls.select().where(cls.staff == staff).order_by(cls.id)

    @staticmethod
    def request(site: Site, challenge: bytes) -> str:
        """What a browser needs to show a passkey of this site, as JSON. It names no account: the owner picks one."""
        options = generate_authentication_options(
            rp_id=site.host, challenge=challenge, user_verification=VERIFIED, timeout=MILLISECONDS
        )
        return options_to_json(options)

    @classmethod
    def offer(cls, staff: Staff, site: Site, challenge: bytes) -> str:
        """What a browser needs to make a new passkey for `staff`, as JSON. A device that has one makes no second."""
        own = cls.select(cls.credential_id).where(cls.staff == staff)
        options = generate_registration_options(
            rp_id=site.host,
            rp_name="eTracking",
            user_id=_handle(staff),
            user_name=staff.email,
            challenge=challenge,
            timeout=MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(key.credential_id)) for key in own],
        )
        return options_to_json(options)

    @classmethod
    def add(cls, staff: Staff, credential: str, site: Site, challenge: bytes, name: str) -> "Passkey":
        """Take the passkey that a browser has made for `staff`. Raises BadPasskey."""
        with _distrusting():
            made = verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                require_user_verification=True,
            )
        try:
            with db.atomic():
                return cls.create(
                    staff=staff,
                    credential_id=bytes_to_base64url(made.credential_id),
                    name=name[:60],
                    created_at=now(),
                    public_key=made.credential_public_key,
                    sign_count=made.sign_count,
                )
        except IntegrityError as error:  # it opens an account already
            raise BadPasskey from error

    @classmethod
    def check(cls, credential: str, site: Site, challenge: bytes) -> Proof:
        """Whose passkey the browser has shown. Raises BadPasskey."""
        with _distrusting():
            shown = parse_authentication_credential_json(credential)
        key = cls._usable().where(cls.credential_id == bytes_to_base64url(shown.raw_id)).first()
        if key is None or shown.response.user_handle not in (None, _handle(key.staff)):
            raise BadPasskey
        key._verify(shown, site, challenge)
        return Proof(key.staff, "passkey")

    @classmethod
    def _usable(cls) -> "ModelSelect[Passkey]":
        return cls.select(cls, Staff).join(Staff).where(Staff.disabled_at.is_null())

    def _verify(self, shown: AuthenticationCredential, site: Site, challenge: bytes) -> None:
        """Raises BadPasskey, also if the counter has not gone forward: then somebody may hold a copy of the key."""
        with _distrusting():
            verified = verify_authentication_response(
                credential=shown,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=bytes(self.public_key),
                credential_current_sign_count=self.sign_count,
                require_user_verification=True,
            )
        unchanged = (Passkey.id == self.id) & (Passkey.sign_count == self.sign_count)
        if not Passkey.update(sign_count=verified.new_sign_count, used_at=now()).where(unchanged).execute():
            raise BadPasskey  # removed, or shown twice at the same moment


def _handle(staff: Staff) -> bytes:
    """The name of an account on the device: no person can be read from it."""
    return str(staff.id).encode()


@contextmanager
def _distrusting() -> Iterator[None]:
    """Whatever is wrong with what a browser sent: the library lets errors of base64, CBOR and keys through as well."""
    try:
        yield
    except Exception as error:
        raise BadPasskey from error
