"""Who works at the desk, and their sessions (in the database, so that they can be ended at once)."""

import datetime as dt
import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from peewee import CharField, ForeignKeyField

from .base import Base, UTCDateTimeField, db, now
from .catalogue import Authority

ROLES = ("clerk", "helpdesk", "admin")
IDLE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=8)
PASSWORD_LENGTH = 15  # characters at least; length beats rules of composition (OWASP ASVS 5.0, 6.2)

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # OWASP's floor for argon2id, some 50 ms
_NOBODY = _hasher.hash(secrets.token_hex())  # hashed for unknown users too: the answer takes the same time


class Staff(Base):
    email = CharField(max_length=254, unique=True)
    role = CharField(max_length=8)
    authority = ForeignKeyField(Authority, null=True)  # a clerk belongs to one; the others see all
    password_hash = CharField(max_length=160)
    created_at = UTCDateTimeField()
    disabled_at = UTCDateTimeField(null=True)

    @classmethod
    def add(cls, email: str, role: str, authority: Authority | None, password: str) -> "Staff":
        """A new account. Raises ValueError for a short password, or a role that does not fit the authority."""
        if role not in ROLES or (role == "clerk") != (authority is not None):
            raise ValueError("a clerk belongs to one authority; helpdesk and admin to none")
        return cls.create(
            email=email.strip().lower(),
            role=role,
            authority=authority,
            password_hash=_hash_password(password),
            created_at=now(),
        )

    def set_password(self, password: str) -> None:
        """Change the password and end every session of this account. Raises ValueError for a short one."""
        with db.atomic():
            Staff.update(password_hash=_hash_password(password)).where(Staff.id == self.id).execute()
            StaffSession.delete().where(StaffSession.staff == self).execute()

    def disable(self) -> None:
        """Close the account and end its sessions. What it did stays in the history of the dossiers."""
        with db.atomic():
            Staff.update(disabled_at=now()).where(Staff.id == self.id).execute()
            StaffSession.delete().where(StaffSession.staff == self).execute()

    @classmethod
    def check(cls, email: str, password: str) -> "Staff | None":
        """The account that this e-mail address and password open, or None; as slow for a stranger as for a clerk."""
        staff = cls.get_or_none((cls.email == email.strip().lower()) & cls.disabled_at.is_null())
        try:
            _hasher.verify(staff.password_hash if staff else _NOBODY, password[:1000])
        except VerificationError:
            return None
        return staff


class StaffSession(Base):
    token_hash = CharField(max_length=64, primary_key=True)  # a stolen database opens no session
    staff = ForeignKeyField(Staff, backref="sessions", on_delete="CASCADE")
    created_at = UTCDateTimeField()
    seen_at = UTCDateTimeField()

    @classmethod
    def open(cls, staff: Staff) -> str:
        """Begin a session; the returned token (256 bits) is all that opens it."""
        token = secrets.token_urlsafe(32)
        with db.atomic():
            cls.delete().where(cls.created_at < now() - LONGEST).execute()
            cls.create(token_hash=_hash(token), staff=staff, created_at=now(), seen_at=now())
        return token

    @classmethod
    def find(cls, token: str) -> Staff | None:
        """Whose session this is, if it is still good: 30 minutes idle and 8 hours at most, account not disabled."""
        fresh = (cls.seen_at > now() - IDLE) & (cls.created_at > now() - LONGEST) & Staff.disabled_at.is_null()
        query = cls.select(cls, Staff).join(Staff)
        session = query.where((cls.token_hash == _hash(token)) & fresh).first()
        if session is None:
            return None
        if now() - session.seen_at > dt.timedelta(minutes=1):  # not a write for every click
            cls.update(seen_at=now()).where(cls.token_hash == session.token_hash).execute()
        return session.staff

    @classmethod
    def close(cls, token: str) -> None:
        """End the session at once, wherever it is used."""
        cls.delete().where(cls.token_hash == _hash(token)).execute()


def _hash_password(password: str) -> str:
    if len(password) < PASSWORD_LENGTH:
        raise ValueError(f"the password needs at least {PASSWORD_LENGTH} characters")
    return _hasher.hash(password)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
