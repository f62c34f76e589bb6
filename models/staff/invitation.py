"""The link by which somebody comes into a new account, or back into their own."""

import datetime as dt

from peewee import CharField, ForeignKeyField, ModelSelect

from models.base import Base, UTCDateTimeField, db, now
from models.security.tokens import hashed, new_token
from models.staff.staff import Staff

LIFETIME = dt.timedelta(hours=24)


class Invitation(Base):
    """At most one an account: a new link makes the one before worthless."""

    token_hash = CharField(max_length=64, primary_key=True)
    staff = ForeignKeyField(Staff, on_delete="CASCADE", unique=True)
    staff_id: int
    expires_at = UTCDateTimeField()

    @classmethod
    def issue(cls, staff: Staff) -> str:
        """The token of a new link to this account, good for a day."""
        token = new_token()
        with db.atomic():
            cls.delete().where(cls.staff == staff).execute()
            cls.create(token_hash=hashed(token), staff=staff, expires_at=now() + LIFETIME)
        return token

    @classmethod
    def find(cls, token: str) -> "Invitation | None":
        """The invitation behind a link; None if its time is over, if it was used, or if there never was one."""
        mine = (cls.token_hash == hashed(token)) & Staff.disabled_at.is_null()
        return cls.good().select(cls, Staff).join(Staff).where(mine).first()

    @classmethod
    def good(cls) -> "ModelSelect[Invitation]":
        """Those whose time is not over."""
        return cls.select().where(cls.expires_at > now())

    def use(self) -> bool:
        """True for the first who comes through it, False for everybody later."""
        return Invitation.delete().where(Invitation.token_hash == self.token_hash).execute() == 1
