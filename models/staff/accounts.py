"""What administrators, or the command line, do with accounts. `by` is None for the command line.

What concerns an administrator's account, or makes one, takes two of them: `by` asked for it, `second` confirmed it (see
approval.py). Who can use the command line needs no second.
"""

from typing import NamedTuple

from peewee import JOIN

from models.base import db, now
from models.catalogue.procedure import Authority
from models.staff import passwords, rights
from models.staff.approval import Approval, administrators
from models.staff.audit import Audit
from models.staff.codes import RecoveryCode, Totp
from models.staff.invitation import Invitation
from models.staff.notice import Notice
from models.staff.passkey import Passkey
from models.staff.session import KnownBrowser, StaffSession
from models.staff.staff import RefusedError, Staff


class SecondNeededError(Exception):
    """A second administrator must confirm this. Nothing was changed."""


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


def invite(
    email: str, role: str, authority: Authority | None, by: Staff | None = None, second: Staff | None = None
) -> str:
    """Add an account that only an invitation opens; return the invitation's token.

    Raises as Staff.register() does, and SecondNeededError.
    """
    _want_second(role, by, second)
    with db.atomic():
        staff = Staff.register(email, role, authority)
        Audit.record(by, "account added", account=staff.id, role=role, second=second and second.id)
        return Invitation.issue(staff)


def disable(staff: Staff, by: Staff | None = None, browser: str | None = None, second: Staff | None = None) -> None:
    """Disable the account and end its sessions. What it did stays in the history of the dossiers.

    Raises SecondNeededError, and RefusedError for one's own account and for the last one with the right "accounts"; the
    command line may disable both.
    """
    _want_second(staff.role, by, second)
    with db.atomic():
        keepers = Staff.lock(Staff.role.in_(rights.roles_with("accounts")), Staff.disabled_at.is_null())
        if by and (by == staff or keepers == [staff]):
            raise RefusedError
        Staff.update(disabled_at=now()).where(Staff.id == staff.id).execute()
        _forget(staff, Invitation, KnownBrowser)
        StaffSession.end_all(staff)
        Audit.record(by, "account closed", account=staff.id, second=second and second.id)
        Notice.queue(staff, "closed", browser)


def enable(staff: Staff, by: Staff | None = None, browser: str | None = None, second: Staff | None = None) -> None:
    """Enable the account again; its password, passkeys and codes are as before. Raises SecondNeededError."""
    _want_second(staff.role, by, second)
    with db.atomic():
        Staff.update(disabled_at=None).where(Staff.id == staff.id).execute()
        Audit.record(by, "account opened", account=staff.id, second=second and second.id)
        Notice.queue(staff, "opened", browser)


def end_sessions(staff: Staff, by: Staff | None = None, browser: str | None = None) -> None:
    """Sign the account out everywhere."""
    with db.atomic():
        StaffSession.end_all(staff)
        Audit.record(by, "account signed out", account=staff.id)


def reset(staff: Staff, by: Staff | None = None, browser: str | None = None, second: Staff | None = None) -> str:
    """Forget all that opens the account, end its sessions and return the token of a new invitation.

    Raises SecondNeededError, and RefusedError for one's own account.
    """
    if by == staff:
        raise RefusedError
    _want_second(staff.role, by, second)
    with db.atomic():
        Staff.update(password_hash="").where(Staff.id == staff.id).execute()
        _forget(staff, Passkey, Totp, RecoveryCode, KnownBrowser)
        Approval.delete().where(Approval.asked_by == staff).execute()
        StaffSession.end_all(staff)
        Audit.record(by, "account reset", account=staff.id, second=second and second.id)
        Notice.queue(staff, "reset", browser)
        return Invitation.issue(staff)


def confirm(approval: Approval, second: Staff, browser: str) -> str | None:
    """Carry out what another administrator asked for; return the token of an invitation if it makes one.

    Raises RefusedError for who may not confirm it, or if it is not waiting any more; IntegrityError if the account to
    be made has been made meanwhile.
    """
    if not approval.may_confirm(second):
        raise RefusedError
    with db.atomic():
        asker = approval.take()
        Audit.record(second, "second confirmed", account=approval.staff_id, change=approval.kind, asked_by=asker.id)
        token = _carry_out(approval, asker, second, browser)
        Notice.queue_all(administrators(), "second confirmed", browser)
    return token


def _carry_out(approval: Approval, asker: Staff, second: Staff, browser: str) -> str | None:
    if approval.staff is None:
        return invite(str(approval.email), str(approval.role), None, by=asker, second=second)
    verb = {"reset": reset, "disable": disable, "enable": enable}[str(approval.kind)]
    return verb(approval.staff, by=asker, second=second, browser=browser)


def overview(limit: int, offset: int) -> list[Overview]:
    """`limit` accounts by e-mail address, each with what opens it. Four queries, however many accounts."""
    joined = Staff.people().select(Staff, Authority).join(Authority, JOIN.LEFT_OUTER).order_by(Staff.email)
    page = list(joined.limit(limit).offset(offset))
    passkeys = [key.staff_id for key in Passkey.select(Passkey.staff).where(Passkey.staff.in_(page))]
    apps = {app.staff_id: app for app in Totp.select().where(Totp.staff.in_(page))}
    invitations = {one.staff_id: one for one in Invitation.valid().where(Invitation.staff.in_(page))}
    return [Overview(staff, passkeys.count(staff.id), apps.get(staff.id), invitations.get(staff.id)) for staff in page]


def _want_second(role: str, by: Staff | None, second: Staff | None) -> None:
    """Raises SecondNeededError if this takes two administrators and there is only one."""
    if rights.may(role, "accounts") and by is not None and second in (None, by):
        raise SecondNeededError


def _forget(staff: Staff, *models: type[Invitation | KnownBrowser | Passkey | Totp | RecoveryCode]) -> None:
    for model in models:
        model.delete().where(model.staff == staff).execute()
