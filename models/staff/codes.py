"""Codes that people type: one-time codes of an authenticator app (TOTP, RFC 6238), and recovery codes on paper."""

import base64
import datetime as dt
import hmac
import secrets

import pyotp
from peewee import SQL, BigIntegerField, CharField, ForeignKeyField, ModelSelect, SmallIntegerField

from models.base import Base, db, now
from models.security import keys
from models.security.crockford import ALPHABET, LOOK_ALIKES
from models.security.encrypted import EncryptedField, SealedModel
from models.security.tokens import hashed
from models.staff.staff import Staff

STEP_SECONDS = 30  # how long the app shows a code
MAX_DRIFT_STEPS = 1  # how far the clock of the telephone may be off, either way
RECOVERY_CODE_COUNT = 10
RECOVERY_CODE_LENGTH = 28  # of an alphabet of 32: 140 random bits
RECOVERY_CODE_GROUP = 4
OLD_RECOVERY_CODE_LENGTH = 16  # before migration 0027


class Totp(SealedModel):
    """The authenticator app of an account."""

    staff = ForeignKeyField(Staff, on_delete="CASCADE", unique=True)
    staff_id: int
    secret = EncryptedField("staff")
    last_step = BigIntegerField()  # codes of this step and earlier ones are used up

    @classmethod
    def of(cls, staff: Staff) -> "Totp | None":
        """The authenticator app of this account."""
        return cls.get_or_none(cls.staff == staff)

    @classmethod
    def add(cls, staff: Staff, secret: str, code: str) -> bool:
        """Set up the app that holds `secret`, replacing an earlier one; False if `code` is not its present code."""
        step = _step(secret, code)
        if step is None:
            return False
        with db.atomic():
            cls.delete().where(cls.staff == staff).execute()
            cls.create(staff=staff, secret=secret, last_step=step)
        return True

    def consume(self, code: str) -> bool:
        """Consume the present code of the app; True if it was valid. Atomic: of two requests at once, one gets True."""
        step = _step(self.secret, code) if self.readable else None
        if step is None:
            return False
        unused = (Totp.id == self.id) & (Totp.last_step < step)
        return Totp.update(last_step=step).where(unused).execute() == 1


def draft_secrets(staff: Staff, proved_at: dt.datetime) -> list[str]:
    """Secrets (160 bits in base32) for an app that is being set up by `staff`, who has proved it at this instant.

    The first one is to be shown; the others were, if our keys were replaced since. Derived from our keys, so they are
    kept nowhere until the app's first code is right: neither in a cookie nor in a row. Each proof has others.
    """
    derived = keys.digests("authenticator draft", f"{staff.id} {proved_at.timestamp()}")
    return [base64.b32encode(bytes.fromhex(one)[:20]).decode() for one in derived]


def app_url(email: str, secret: str) -> str:
    """The otpauth:// URL that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="eTracking")


def _step(secret: str, code: str) -> int | None:
    """The time step that `code` belongs to, if it is now or within the allowed clock drift."""
    present, totp = int(now().timestamp()) // STEP_SECONDS, pyotp.TOTP(secret)
    for step in range(present - MAX_DRIFT_STEPS, present + MAX_DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


class RecoveryCode(Base):
    """One unused recovery code, for when passkey and app are lost. Only its hash is kept.

    It opens nothing by itself, only after the password: see credentials.check_code().
    """

    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    code_hash = CharField(max_length=64, unique=True)
    length = SmallIntegerField(constraints=[SQL(f"DEFAULT {OLD_RECOVERY_CODE_LENGTH}")])

    @classmethod
    def of(cls, staff: Staff) -> "ModelSelect[RecoveryCode]":
        """The unused codes of this account."""
        return cls.select().where(cls.staff == staff)

    @classmethod
    def any_short(cls, staff: Staff) -> bool:
        """True if codes of this account are of the older, shorter kind. They go on working until they are renewed."""
        return cls.of(staff).where(cls.length < RECOVERY_CODE_LENGTH).exists()

    @classmethod
    def renew(cls, staff: Staff) -> list[str]:
        """Replace the codes of this account by ten new ones, returned in groups of four, to be shown once."""
        codes = [
            "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_CODE_LENGTH)) for _ in range(RECOVERY_CODE_COUNT)
        ]
        with db.atomic():
            cls.delete().where(cls.staff == staff).execute()
            rows = [{"staff": staff, "code_hash": hashed(code), "length": len(code)} for code in codes]
            cls.insert_many(rows).execute()
        return [_grouped(code) for code in codes]

    @classmethod
    def consume(cls, staff: Staff, code: str) -> bool:
        """Consume a recovery code; True if it was valid. Read in upper or lower case, with or without hyphens."""
        spelled = "".join(code.upper().split()).replace("-", "").translate(LOOK_ALIKES)
        mine = (cls.staff == staff) & (cls.code_hash == hashed(spelled))
        return cls.delete().where(mine).execute() == 1


def _grouped(code: str) -> str:
    starts = range(0, RECOVERY_CODE_LENGTH, RECOVERY_CODE_GROUP)
    return "-".join(code[start : start + RECOVERY_CODE_GROUP] for start in starts)
