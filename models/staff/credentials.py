"""What opens an account: check it, add it, change it, remove it.

Every change is in the audit log, and its owner is told by mail. `browser` is the kind of browser it is done with.
"""

from models.base import db
from models.staff import passwords
from models.staff.audit import Audit
from models.staff.codes import RecoveryCode, Totp
from models.staff.invitation import Invitation
from models.staff.notice import Notice
from models.staff.passkey import NewPasskey, Passkey
from models.staff.proof import Proof
from models.staff.session import StaffSession
from models.staff.staff import RefusedError, Staff


def check_password(email: str, password: str) -> Proof | None:
    """The account that this e-mail address and password open. Constant time: an unknown address takes as long.

    An account without a password takes as long, too, and is not opened. Raises passwords.BusyError.
    """
    staff = Staff.get_or_none((Staff.email == email.strip().lower()) & Staff.disabled_at.is_null())
    stored = staff.password_hash if staff else ""
    if not passwords.matches(stored, password) or staff is None:
        return None
    if passwords.needs_rehash(stored):
        unchanged = (Staff.id == staff.id) & (Staff.password_hash == stored)
        Staff.update(password_hash=passwords.rehashed(password)).where(unchanged).execute()
    return Proof(staff, "password")


def check_code(staff: Staff, code: str, browser: str = "") -> Proof | None:
    """The second factor after the password: a code of the authenticator app, or a recovery code. Each works once."""
    app = Totp.of(staff)
    if app and app.consume("".join(code.split())):
        return Proof(staff, "totp")
    with db.atomic():
        if not RecoveryCode.consume(staff, code):
            return None
        Audit.record(staff, "recovery code used")
        Notice.queue(staff, "code used", browser)
    return Proof(staff, "recovery")


def has_second_factor(staff: Staff) -> bool:
    """True if the password alone does not open the account.

    An app counts even if its secret can no longer be decrypted: what this site cannot check must not be skipped.
    """
    return Totp.of(staff) is not None or Passkey.of(staff).exists()


def set_password(staff: Staff, password: str, keep: StaffSession | None = None, browser: str | None = None) -> None:
    """Change the password and end every session but `keep`. Raises as passwords.hashed() does.

    Without `browser` it is done by a command, on the server.
    """
    stored = passwords.hashed(password, staff.email)
    with db.atomic():
        _store_password(staff, stored, browser, keep)


def add_passkey(staff: Staff, made: NewPasskey, browser: str) -> None:
    """Add the passkey that a browser has made. Raises InvalidPasskeyError."""
    with db.atomic():
        Passkey.add(staff, *made)
        Audit.record(staff, "passkey added")
        Notice.queue(staff, "passkey added", browser)


def add_totp(staff: Staff, secret: str, code: str, browser: str) -> bool:
    """Set up an authenticator app, replacing an earlier one; False if `code` is not its present code."""
    with db.atomic():
        added = Totp.add(staff, secret, code)
        if added:
            Audit.record(staff, "authenticator added")
            Notice.queue(staff, "app added", browser)
    return added


def renew_recovery_codes(staff: Staff, browser: str) -> list[str]:
    """Make ten new recovery codes, to be shown once; the old ones stop working.

    Raises RefusedError for an account without a password: such a code opens it together with the password only.
    """
    with db.atomic():
        if not Staff.lock(Staff.id == staff.id, Staff.password_hash != ""):
            raise RefusedError
        Audit.record(staff, "recovery codes renewed")
        Notice.queue(staff, "codes renewed", browser)
        return RecoveryCode.renew(staff)


def remove_passkey(staff: Staff, passkey: Passkey, keep: StaffSession, browser: str) -> None:
    """Remove a passkey and end every session but `keep`. Raises RefusedError for the last passkey or app."""
    _remove(staff, passkey, keep, browser)


def remove_totp(staff: Staff, keep: StaffSession, browser: str) -> None:
    """Remove the authenticator app and end every session but `keep`. Raises RefusedError as remove_passkey() does."""
    _remove(staff, Totp.get(Totp.staff == staff), keep, browser)


def accept_by_password(invitation: Invitation, password: str, browser: str) -> Proof:
    """Use an invitation and choose a password.

    Raises RefusedError if the invitation was used before, and as passwords.hashed() does.
    """
    stored = passwords.hashed(password, invitation.staff.email)
    with db.atomic():
        _use(invitation)
        _store_password(invitation.staff, stored, browser)
    return Proof(invitation.staff, "password")


def accept_by_passkey(invitation: Invitation, made: NewPasskey, browser: str) -> Proof:
    """Use an invitation and add a passkey.

    Raises RefusedError if the invitation was used before, and InvalidPasskeyError.
    """
    with db.atomic():
        _use(invitation)
        add_passkey(invitation.staff, made, browser)
    return Proof(invitation.staff, "passkey")


def _store_password(staff: Staff, stored: str, browser: str | None, keep: StaffSession | None = None) -> None:
    Staff.update(password_hash=stored).where(Staff.id == staff.id).execute()
    StaffSession.end_all(staff, keep)
    Audit.record(staff, "password changed")
    Notice.queue(staff, "password", browser)


def _use(invitation: Invitation) -> None:
    """Lock the account, then the invitation: same order as accounts.reset(), to avoid deadlock."""
    Staff.lock(Staff.id == invitation.staff.id)
    if not invitation.consume():
        raise RefusedError


def _remove(staff: Staff, factor: Passkey | Totp, keep: StaffSession, browser: str) -> None:
    """Lock the account first: two requests at once must not remove the last two factors."""
    with db.atomic():
        Staff.lock(Staff.id == staff.id)
        factor.delete_instance()
        app = Totp.of(staff)
        if not (Passkey.of(staff).exists() or (app and app.readable)):
            raise RefusedError
        StaffSession.end_all(staff, keep)
        Audit.record(staff, "factor removed")
        Notice.queue(staff, "app removed" if isinstance(factor, Totp) else "passkey removed", browser)
