"""Codes that people type: those of an authenticator app (TOTP, RFC 6238), and the recovery codes kept on paper."""

import hmac
import secrets

import pyotp
from peewee import BigIntegerField, CharField, ForeignKeyField, ModelSelect

from models.base import Base, db, now
from models.security import keys
from models.security.crockford import ALPHABET, LOOK_ALIKES
from models.security.tokens import hashed
from models.staff.staff import Staff

STEP = 30  # seconds that a code is shown
DRIFT = 1  # steps that the clock of a telephone may be off, either way
RECOVERY_CODES = 10
RECOVERY_LENGTH = 16  # of an alphabet of 32: 80 random bits


class Totp(Base):
    """The authenticator app of an account."""

    staff = ForeignKeyField(Staff, on_delete="CASCADE", unique=True)
    staff_id: int
    secret = CharField(max_length=200)  # encrypted for this account: copied to another one it opens nothing
    last_step = BigIntegerField()  # a code counts once: no step up to this one is taken again

    @classmethod
    def of(cls, staff: Staff) -> "Totp | None":
        """The authenticator app of this account."""
        return cls.get_or_none(cls.staff == staff)

    @classmethod
    def add(cls, staff: Staff, secret: str, code: str) -> bool:
        """Take the app that holds `secret`, in place of another, if it shows `code` now."""
        step = _step(secret, code)
        if step is None:
            return False
        with db.atomic():
            cls.delete().where(cls.staff == staff).execute()
            cls.create(staff=staff, secret=keys.encrypt(_purpose(staff.id), secret), last_step=step)
        return True

    @property
    def readable(self) -> bool:
        """Whether its codes can still be checked: once the site's secret has changed, it has to be set up anew."""
        return self._shared() is not None

    def take(self, code: str) -> bool:
        """Whether the app shows `code` now. Each code is right once, however many ask at the same moment."""
        secret = self._shared()
        step = _step(secret, code) if secret else None
        if step is None:
            return False
        unused = (Totp.id == self.id) & (Totp.last_step < step)
        return Totp.update(last_step=step).where(unused).execute() == 1

    def _shared(self) -> str | None:
        return keys.decrypt(_purpose(self.staff_id), self.secret)


def _purpose(staff_id: int) -> str:
    return f"totp {staff_id}"


def new_secret() -> str:
    """The secret of an app to come: 160 random bits in base32."""
    return pyotp.random_base32()


def app_address(email: str, secret: str) -> str:
    """What an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="eTracking")


def _step(secret: str, code: str) -> int | None:
    """The step of time whose code this is, if it is about now."""
    present, totp = int(now().timestamp()) // STEP, pyotp.TOTP(secret)
    for step in range(present - DRIFT, present + DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


class RecoveryCode(Base):
    """One of the codes for the day when the passkey and the app are gone."""

    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    code_hash = CharField(max_length=64, unique=True)

    @classmethod
    def of(cls, staff: Staff) -> "ModelSelect[RecoveryCode]":
        """The codes of this account that were not used yet."""
        return cls.select().where(cls.staff == staff)

    @classmethod
    def renew(cls, staff: Staff) -> list[str]:
        """Ten new codes, in groups of four, to be shown once; the old ones count no more."""
        codes = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
        with db.atomic():
            cls.delete().where(cls.staff == staff).execute()
            cls.insert_many([{"staff": staff, "code_hash": hashed(code)} for code in codes]).execute()
        return ["-".join(code[at : at + 4] for at in range(0, RECOVERY_LENGTH, 4)) for code in codes]

    @classmethod
    def spend(cls, staff: Staff, code: str) -> bool:
        """Whether this is one of the codes; it is none any more. Read in any case, with or without hyphens."""
        spelled = "".join(code.upper().split()).replace("-", "").translate(LOOK_ALIKES)
        mine = (cls.staff == staff) & (cls.code_hash == hashed(spelled))
        return cls.delete().where(mine).execute() == 1
