"""Invitations: single-use links into a new account, or back into one that was reset."""

import datetime as dt

from peewee import CharField, ForeignKeyField, ModelSelect

from models.base import Base, UTCDateTimeField, db, now
from models.security.tokens import hashed, new_token
from models.staff.staff import Staff

INVITATION_LIFETIME = dt.timedelta(hours=24)


class Invitation(Base):
    """The invitation to an account; at most one each, a new one replaces the old one. Only its hash is kept."""

    token_hash = CharField(max_length=64, primary_key=True)
    staff = ForeignKeyField(Staff, on_delete="CASCADE", unique=True)
    staff_id: int
    expires_at = UTCDateTimeField()

    @classmethod
    def issue(cls, staff: Staff) -> str:
        """Make a new invitation to this account, valid for a day, and return its token."""
        token = new_token()
        with db.atomic():
            cls.delete().where(cls.staff == staff).execute()
            cls.create(token_hash=hashed(token), staff=staff, expires_at=now() + INVITATION_LIFETIME)
        return token

    @classmethod
    def find(cls, token: str) -> "Invitation | None":
        """The invitation with this token; None if it expired, was used, never existed, or the account is disabled."""
        mine = (cls.token_hash == hashed(token)) & Staff.disabled_at.is_null()
        return cls.valid().select(cls, Staff).join(Staff).where(mine).first()

    @classmethod
    def valid(cls) -> "ModelSelect[Invitation]":
        """Invitations that have not expired."""
        return cls.select().where(cls.expires_at > now())

    def consume(self) -> bool:
        """Consume the invitation; True for the first caller, False for every later one."""
        return Invitation.delete().where(Invitation.token_hash == self.token_hash).execute() == 1
