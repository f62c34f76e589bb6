"""The accounts of the people who work at the desk. What opens them stands in the modules beside this one."""

from typing import Any

from peewee import CharField, ForeignKeyField, ModelSelect

from models.base import Base, UTCDateTimeField, db, now
from models.catalogue.procedure import Authority
from models.staff import rights
from models.staff.rights import Right

ROLES = rights.roles_with("sign-in")  # what somebody who signs in can be


class RefusedError(Exception):
    """This change of an account is not allowed. Nothing was changed."""


class Staff(Base):
    """One account. Its passkeys, codes, sessions and invitation point to it; it names none of them."""

    email = CharField(max_length=254, unique=True)
    role = CharField(max_length=8)
    authority = ForeignKeyField(Authority, null=True)  # none for those who see the dossiers of all
    password_hash = CharField(max_length=160)  # empty: no password; a passkey or a recovery code opens the account
    created_at = UTCDateTimeField()
    disabled_at = UTCDateTimeField(null=True)
    authority_id: int | None  # peewee makes it; its stubs do not say so

    @classmethod
    def register(cls, email: str, role: str, authority: Authority | None, password_hash: str = "") -> "Staff":
        """Insert a new account.

        Raises ValueError if role and authority do not fit, and IntegrityError if the e-mail address has an account.
        """
        if role not in ROLES or rights.has_authority(role) != (authority is not None):
            raise ValueError("a clerk belongs to one authority; helpdesk and admin to none")
        account = {"email": email.strip().lower(), "role": role, "authority": authority, "created_at": now()}
        with db.atomic():
            return cls.create(password_hash=password_hash, **account)

    @classmethod
    def people(cls) -> "ModelSelect[Staff]":
        """Accounts of persons. An authority's own computer system has an account too, which nothing opens."""
        return cls.select().where(cls.role.in_(ROLES))

    @classmethod
    def lock(cls, *where: Any) -> list["Staff"]:
        """Select these accounts and lock their rows until the transaction ends.

        On SQLite a transaction is alone anyway. NO KEY: others may meanwhile insert rows that point to these accounts.
        """
        query = cls.select().where(*where).order_by(cls.id)
        if db.for_update:
            query = query.for_update("FOR NO KEY UPDATE")  # type: ignore[arg-type]
        return list(query)

    def may(self, right: Right) -> bool:
        """True if the account's role has `right` (see models/staff/rights.py)."""
        return rights.may(str(self.role), right)
