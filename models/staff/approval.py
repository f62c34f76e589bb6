"""What takes two administrators: to make, close, open or reset the account of one. One asks, another one confirms."""

import datetime as dt
from typing import Any

from peewee import CharField, ForeignKeyField, IntegrityError, ModelSelect

from models.base import Base, UTCDateTimeField, db, now
from models.staff import rights
from models.staff.audit import Audit
from models.staff.notice import Notice
from models.staff.passkey import Passkey
from models.staff.staff import RefusedError, Staff

APPROVAL_LIFETIME = dt.timedelta(hours=24)


class NobodyToConfirmError(Exception):
    """There is no administrator who could confirm it: it is done by a command on the server. Nothing was changed."""


class Approval(Base):
    """One thing that waits for a second administrator. All administrators are told by mail, at each step."""

    kind = CharField(max_length=10)  # invite, reset, disable, enable
    staff = ForeignKeyField(Staff, null=True, on_delete="CASCADE", backref="+")  # null: an account that is to be made
    email, role = CharField(max_length=254), CharField(max_length=8)  # of that account
    asked_by = ForeignKeyField(Staff, on_delete="CASCADE", backref="+")
    asked_at = UTCDateTimeField(index=True)
    staff_id: int | None  # peewee makes both; its stubs do not say so
    asked_by_id: int

    @classmethod
    def ask(cls, kind: str, staff: Staff, by: Staff, browser: str) -> None:
        """Ask for a change of the administrator `staff`. `browser` is the kind of browser that `by` has.

        Raises RefusedError for one's own account, and NobodyToConfirmError.
        """
        if staff == by:
            raise RefusedError
        cls._ask(by, browser, kind=kind, staff=staff, email=staff.email, role=staff.role)

    @classmethod
    def ask_to_invite(cls, email: str, role: str, by: Staff, browser: str) -> None:
        """Ask for a new administrator. Raises NobodyToConfirmError; IntegrityError if the address has an account."""
        email = email.strip().lower()
        if Staff.select().where(Staff.email == email).exists():
            raise IntegrityError("there is an account with this e-mail address")
        cls._ask(by, browser, kind="invite", staff=None, email=email, role=role)

    @classmethod
    def _ask(cls, by: Staff, browser: str, **what: Any) -> None:
        with db.atomic():
            people = administrators()
            if {one.id for one in people} <= {by.id, what["staff"] and what["staff"].id}:
                raise NobodyToConfirmError
            same = (cls.kind == what["kind"]) & (cls.email == what["email"]) & (cls.asked_by == by)
            cls.delete().where(same).execute()
            asked = cls.create(asked_by=by, asked_at=now(), **what)
            Audit.record(by, "second asked", account=asked.staff_id, change=asked.kind)
            Notice.queue_all(people, "second asked", browser)

    @classmethod
    def waiting(cls) -> "ModelSelect[Approval]":
        """What can still be confirmed, the oldest first, with who asked. Nothing of whoever is no administrator now."""
        alive = (cls.asked_at > now() - APPROVAL_LIFETIME) & Staff.disabled_at.is_null()
        joined = cls.select(cls, Staff).join(Staff, on=cls.asked_by)
        return joined.where(alive & Staff.role.in_(rights.roles_with("accounts"))).order_by(cls.id)

    def may_confirm(self, staff: Staff) -> bool:
        """True for an administrator who neither asked for it nor is concerned."""
        return staff.may("accounts") and staff.id not in (self.asked_by_id, self.staff_id)

    def take(self) -> Staff:
        """Delete this row and return who asked for it. Raises RefusedError if it is not waiting any more.

        Atomic: of two administrators at once, one is refused. Locks all administrators first, in the order of
        accounts.disable(), to avoid deadlock.
        """
        Staff.lock(Staff.role.in_(rights.roles_with("accounts")))
        waiting = Approval.waiting().where(Approval.id == self.id).first()
        if waiting is None or not Approval.delete().where(Approval.id == self.id).execute():
            raise RefusedError
        return waiting.asked_by

    def refuse(self, by: Staff, browser: str) -> None:
        """Refuse it, or take the own one back.

        Raises RefusedError for whom it concerns (a thief of that account would refuse), or if it waits no more.
        """
        if self.staff_id == by.id:
            raise RefusedError
        with db.atomic():
            asker = self.take()
            Audit.record(by, "second refused", account=self.staff_id, change=self.kind, asked_by=asker.id)
            Notice.queue_all(administrators(), "second refused", browser)


def administrators() -> list[Staff]:
    """The administrators who can sign in: neither disabled, nor invited only."""
    keys = Passkey.select(Passkey.staff)
    opened = (Staff.password_hash != "") | Staff.id.in_(keys)
    return list(
        Staff.select()
        .where(Staff.role.in_(rights.roles_with("accounts")) & Staff.disabled_at.is_null() & opened)
        .order_by(Staff.id)
    )
