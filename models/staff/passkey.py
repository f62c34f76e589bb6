"""Passkeys (WebAuthn): a private key that stays on its device, unlocked by finger, face or PIN.

Every answer of a browser is checked against host and origin of the site, and against a single-use challenge. The caller
makes the challenge, keeps it in the session of the browser and consumes it before it calls add() or check().
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

USER_VERIFICATION = UserVerificationRequirement.REQUIRED
BROWSER_TIMEOUT_MS = 5 * 60_000  # how long the browser waits for the person
MAX_NAME_LENGTH = 60


class Site(NamedTuple):
    """The relying party: the host that passkeys belong to, and the origin of the site's pages."""

    host: str
    origin: str


class NewPasskey(NamedTuple):
    """What a browser has made, not yet checked, with what it is checked against."""

    credential: str
    site: Site
    challenge: bytes
    name: str


class InvalidPasskeyError(Exception):
    """The browser's answer is not valid. Which check failed is not told, so that an attacker learns nothing."""


class Passkey(Base):
    """One passkey of an account. An account may have several."""

    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    staff_id: int
    credential_id = CharField(max_length=1366, unique=True)  # up to 1,023 bytes, in base64url
    public_key = BlobField()
    sign_count = BigIntegerField()
    name = CharField(max_length=MAX_NAME_LENGTH)
    created_at = UTCDateTimeField()
    used_at = UTCDateTimeField(null=True)

    @classmethod
    def of(cls, staff: Staff) -> "ModelSelect[Passkey]":
        """The passkeys of this account, the oldest first."""
        return cls.select().where(cls.staff == staff).order_by(cls.id)

    @staticmethod
    def authentication_options(site: Site, challenge: bytes) -> str:
        """WebAuthn options (JSON) to sign in. They name no account: the browser offers those that it knows."""
        options = generate_authentication_options(
            rp_id=site.host, challenge=challenge, user_verification=USER_VERIFICATION, timeout=BROWSER_TIMEOUT_MS
        )
        return options_to_json(options)

    @classmethod
    def registration_options(cls, staff: Staff, site: Site, challenge: bytes) -> str:
        """WebAuthn options (JSON) to make a passkey for `staff`. They exclude devices that have one already."""
        own = cls.select(cls.credential_id).where(cls.staff == staff)
        options = generate_registration_options(
            rp_id=site.host,
            rp_name="eTracking",
            user_id=_user_handle(staff),
            user_name=staff.email,
            challenge=challenge,
            timeout=BROWSER_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=USER_VERIFICATION
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(key.credential_id)) for key in own],
        )
        return options_to_json(options)

    @classmethod
    def add(cls, staff: Staff, credential: str, site: Site, challenge: bytes, name: str) -> "Passkey":
        """Store the passkey that a browser has made for `staff`. Raises InvalidPasskeyError."""
        with _any_error_is_invalid():
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
                    name=name[:MAX_NAME_LENGTH],
                    created_at=now(),
                    public_key=made.credential_public_key,
                    sign_count=made.sign_count,
                )
        except IntegrityError as error:  # the passkey is stored already
            raise InvalidPasskeyError from error

    @classmethod
    def check(cls, credential: str, site: Site, challenge: bytes) -> Proof:
        """Verify the passkey that the browser shows and return its account. Raises InvalidPasskeyError."""
        with _any_error_is_invalid():
            shown = parse_authentication_credential_json(credential)
        key = cls._enabled().where(cls.credential_id == bytes_to_base64url(shown.raw_id)).first()
        if key is None or shown.response.user_handle not in (None, _user_handle(key.staff)):
            raise InvalidPasskeyError
        key._verify(shown, site, challenge)
        return Proof(key.staff, "passkey")

    @classmethod
    def _enabled(cls) -> "ModelSelect[Passkey]":
        """The passkeys of accounts that are not disabled, with these accounts."""
        return cls.select(cls, Staff).join(Staff).where(Staff.disabled_at.is_null())

    def _verify(self, shown: AuthenticationCredential, site: Site, challenge: bytes) -> None:
        """Check the signature. The signature counter must have grown: else the key may have been cloned."""
        with _any_error_is_invalid():
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
            raise InvalidPasskeyError  # removed meanwhile, or used by another request at the same moment


def _user_handle(staff: Staff) -> bytes:
    """The account id that the device stores: it must contain no personal data."""
    return str(staff.id).encode()


@contextmanager
def _any_error_is_invalid() -> Iterator[None]:
    """Turn every exception into InvalidPasskeyError: the library also lets base64, CBOR and key errors through."""
    try:
        yield
    except Exception as error:
        raise InvalidPasskeyError from error
