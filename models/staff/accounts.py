"""What an administrator, or the command line, does with accounts. `by` is None for the command line."""

from typing import NamedTuple

from peewee import JOIN

from models.base import db, now
from models.catalogue.procedure import Authority
from models.staff import passwords, rights
from models.staff.audit import Audit
from models.staff.codes import RecoveryCode, Totp
from models.staff.invitation import Invitation
from models.staff.passkey import Passkey
from models.staff.session import KnownBrowser, StaffSession
from models.staff.staff import RefusedError, Staff


class Overview(NamedTuple):
    """One account of the list, with what opens it."""

    staff: Staff
    passkeys: int
    app: Totp | None
    invitation: Invitation | None  # if it can still be used


def add(email: str, role: str, authority: Authority | None, password: str) -> Staff:
    """Add an account with a password. Raises as passwords.hashed() and Staff.register() do."""
    hashed = passwords.hashed(password, email)
    with db.atomic():
        staff = Staff.register(email, role, authority, hashed)
        Audit.record(None, "account added", account=staff.id, role=role)
        return staff


def invite(email: str, role: str, authority: Authority | None, by: Staff | None = None) -> str:
    """Add an account that only an invitation opens; return the invitation's token. Raises as Staff.register() does."""
    with db.atomic():
        staff = Staff.register(email, role, authority)
        Audit.record(by, "account added", account=staff.id, role=role)
        return Invitation.issue(staff)


def disable(staff: Staff, by: Staff | None = None) -> None:
    """Disable the account and end its sessions. What it did stays in the history of the dossiers.

    Raises RefusedError for one's own account and for the last one with the right "accounts"; the command line may
    disable both.
    """
    with db.atomic():
        keepers = Staff.lock(Staff.role.in_(rights.roles_with("accounts")), Staff.disabled_at.is_null())
        if by and (by == staff or keepers == [staff]):
            raise RefusedError
        Staff.update(disabled_at=now()).where(Staff.id == staff.id).execute()
        _forget(staff, Invitation, KnownBrowser)
        StaffSession.end_all(staff)
        Audit.record(by, "account closed", account=staff.id)


def enable(staff: Staff, by: Staff | None = None) -> None:
    """Enable the account again; its password, passkeys and codes are as before."""
    with db.atomic():
        Staff.update(disabled_at=None).where(Staff.id == staff.id).execute()
        Audit.record(by, "account opened", account=staff.id)


def end_sessions(staff: Staff, by: Staff | None = None) -> None:
    """Sign the account out everywhere."""
    with db.atomic():
        StaffSession.end_all(staff)
        Audit.record(by, "account signed out", account=staff.id)


def reset(staff: Staff, by: Staff | None = None) -> str:
    """Forget all that opens the account, end its sessions and return the token of a new invitation.

    Raises RefusedError for one's own account.
    """
    if by == staff:
        raise RefusedError
    with db.atomic():
        Staff.update(password_hash="").where(Staff.id == staff.id).execute()
        _forget(staff, Passkey, Totp, RecoveryCode, KnownBrowser)
        StaffSession.end_all(staff)
        Audit.record(by, "account reset", account=staff.id)
        return Invitation.issue(staff)


def overview(limit: int, offset: int) -> list[Overview]:
    """`limit` accounts by e-mail address, each with what opens it. Four queries, however many accounts."""
    joined = Staff.people().select(Staff, Authority).join(Authority, JOIN.LEFT_OUTER).order_by(Staff.email)
    page = list(joined.limit(limit).offset(offset))
    passkeys = [key.staff_id for key in Passkey.select(Passkey.staff).where(Passkey.staff.in_(page))]
    apps = {app.staff_id: app for app in Totp.select().where(Totp.staff.in_(page))}
    invitations = {one.staff_id: one for one in Invitation.valid().where(Invitation.staff.in_(page))}
    return [Overview(staff, passkeys.count(staff.id), apps.get(staff.id), invitations.get(staff.id)) for staff in page]


def _forget(staff: Staff, *models: type[Invitation | KnownBrowser | Passkey | Totp | RecoveryCode]) -> None:
    for model in models:
        model.delete().where(model.staff == staff).execute()
