"""Who works at the desk, and what opens an account: a passkey, or a password with a code."""

from typing import Any

from peewee import JOIN, CharField, ForeignKeyField, ModelSelect, prefetch

from models.base import Base, UTCDateTimeField, db, now
from models.catalogue.procedure import Authority
from models.staff import passwords, rights
from models.staff.audit import Audit
from models.staff.codes import RecoveryCode, Totp
from models.staff.invitation import Invitation
from models.staff.passkey import Passkey, Site
from models.staff.rights import Right
from models.staff.session import KnownBrowser, Proof, StaffSession

ROLES = rights.roles_with("sign-in")  # what somebody who signs in can be


class Refused(Exception):
    """An account that may not be changed in this way."""


class Staff(Base):
    email = CharField(max_length=254, unique=True)
    role = CharField(max_length=8)
    authority = ForeignKeyField(Authority, null=True)  # none for those who see the dossiers of all
    password_hash = CharField(max_length=160)  # empty: none, a passkey opens the account
    created_at = UTCDateTimeField()
    disabled_at = UTCDateTimeField(null=True)
    authority_id: Any  # peewee makes it; its stubs do not say so
    sessions: Any  # these five come from the models that name it
    passkeys: Any
    totp: Any
    recovery_codes: Any
    invitations: Any

    @classmethod
    def add(cls, email: str, role: str, authority: Authority | None, password: str) -> "Staff":
        """A new account with a password. Raises ValueError like passwords.hashed() or for a role that does not fit the
        authority, and IntegrityError if there is an account with this address."""
        return cls._create(email, role, authority, passwords.hashed(password, email))

    @classmethod
    def invite(cls, email: str, role: str, authority: Authority | None, by: "Staff | None" = None) -> str:
        """A new account that only a link opens, once, within a day; returns the link's token. Raises like add()."""
        with db.atomic():
            staff = cls._create(email, role, authority, "")
            Audit.record(by, "account added", account=staff.id, role=role)
            return Invitation.issue(staff)

    @classmethod
    def _create(cls, email: str, role: str, authority: Authority | None, password_hash: str) -> "Staff":
        if role not in ROLES or rights.has_authority(role) != (authority is not None):
            raise ValueError("a clerk belongs to one authority; helpdesk and admin to none")
        account = {"email": email.strip().lower(), "role": role, "authority": authority, "created_at": now()}
        with db.atomic():
            return cls.create(password_hash=password_hash, **account)

    @classmethod
    def check(cls, email: str, password: str) -> Proof | None:
        """The account that this e-mail address and password open; as slow for a stranger as for a clerk.

        An account without a password takes one of its recovery codes instead.
        """
        staff = cls.get_or_none((cls.email == email.strip().lower()) & cls.disabled_at.is_null())
        right = passwords.right(staff.password_hash if staff and staff.password_hash else passwords.NOBODY, password)
        if staff is None:
            return None
        if not staff.password_hash:
            return Proof(staff, "recovery") if RecoveryCode.spend(staff, password) else None
        return Proof(staff, "password") if right else None

    def check_code(self, code: str) -> Proof | None:
        """The second step after the password: the code of the app, or a recovery code. Each counts once."""
        app = self.app
        if app and app.take("".join(code.split())):
            return Proof(self, "totp")
        return Proof(self, "recovery") if RecoveryCode.spend(self, code) else None

    def may(self, right: Right) -> bool:
        """True if the account's role has `right` (see models/staff/rights.py)."""
        return rights.may(str(self.role), right)

    @property
    def has_second_factor(self) -> bool:
        """Whether the password alone does not open the account. An app counts even if it is not readable any more:
        what this site cannot check is no way in."""
        return self.totp.exists() or self.passkeys.exists()

    @property
    def app(self) -> Totp | None:
        """The authenticator app, if there is one."""
        return self.totp.first()

    def set_password(self, password: str, keep: StaffSession | None = None) -> None:
        """Change the password and end every session but `keep`. Raises ValueError like passwords.hashed()."""
        with db.atomic():
            Staff.update(password_hash=passwords.hashed(password, self.email)).where(Staff.id == self.id).execute()
            self._shut_out(keep)
            Audit.record(self, "password changed")

    def add_passkey(self, credential: str, site: Site, challenge: bytes, name: str) -> None:
        """Take a passkey that a browser has made. Raises BadPasskey."""
        with db.atomic():
            Passkey.add(self, credential, site, challenge, name)
            Audit.record(self, "passkey added")

    def add_totp(self, secret: str, code: str) -> bool:
        """Take an authenticator app, in place of another; False if it does not show `code` now."""
        with db.atomic():
            added = Totp.add(self, secret, code)
            if added:
                Audit.record(self, "authenticator added")
        return added

    def renew_recovery_codes(self) -> list[str]:
        """Ten new recovery codes, to be shown once; the old ones count no more."""
        with db.atomic():
            Audit.record(self, "recovery codes renewed")
            return RecoveryCode.renew(self)

    def remove_passkey(self, passkey: Passkey, keep: StaffSession) -> None:
        """It opens nothing any more; the other sessions end. Raises Refused for the last way in."""
        self._remove(passkey, keep)

    def remove_totp(self, keep: StaffSession) -> None:
        """Forget the authenticator app; the other sessions end. Raises Refused for the last way in."""
        self._remove(self.totp.get(), keep)

    def accept_by_password(self, invitation: Invitation, password: str) -> Proof:
        """Come in by the link and choose a password. Raises Refused if the link was used, ValueError like add()."""
        with db.atomic():
            self._use(invitation)
            self.set_password(password)
        return Proof(self, "password")

    def accept_by_passkey(
        self, invitation: Invitation, credential: str, site: Site, challenge: bytes, name: str
    ) -> Proof:
        """Come in by the link with a new passkey. Raises Refused if the link was used, and BadPasskey."""
        with db.atomic():
            self._use(invitation)
            self.add_passkey(credential, site, challenge, name)
        return Proof(self, "passkey")

    def disable(self, by: "Staff | None" = None) -> None:
        """Close the account and end its sessions. What it did stays in the history of the dossiers.

        Raises Refused for one's own account and for the last one that keeps accounts; the command line (`by` nobody) may do both.
        """
        with db.atomic():
            keepers = Staff._locked(Staff.role.in_(rights.roles_with("accounts")), Staff.disabled_at.is_null())
            if by and (by == self or keepers == [self]):
                raise Refused
            Staff.update(disabled_at=now()).where(Staff.id == self.id).execute()
            self._forget(Invitation, KnownBrowser)
            self._shut_out()
            Audit.record(by, "account closed", account=self.id)

    def enable(self, by: "Staff | None" = None) -> None:
        """Open the account again, with all that opened it before."""
        with db.atomic():
            Staff.update(disabled_at=None).where(Staff.id == self.id).execute()
            Audit.record(by, "account opened", account=self.id)

    def end_sessions(self, by: "Staff | None" = None) -> None:
        """Sign the account out everywhere."""
        with db.atomic():
            self._shut_out()
            Audit.record(by, "account signed out", account=self.id)

    def end_session(self, token_hash: str) -> None:
        """Sign the account out in one place."""
        StaffSession.delete().where((StaffSession.staff == self) & (StaffSession.token_hash == token_hash)).execute()

    def reset(self, by: "Staff | None" = None) -> str:
        """Forget all that opens the account and end its sessions; returns the token of a link like that of invite().

        Raises Refused for one's own account.
        """
        if by == self:
            raise Refused
        with db.atomic():
            Staff.update(password_hash="").where(Staff.id == self.id).execute()
            self._forget(Passkey, Totp, RecoveryCode, KnownBrowser)
            self._shut_out()
            Audit.record(by, "account reset", account=self.id)
            return Invitation.issue(self)

    @classmethod
    def people(cls) -> "ModelSelect[Staff]":
        """The accounts that somebody signs in to: an authority's own system has one that nothing opens."""
        return cls.select().where(cls.role.in_(ROLES))

    @classmethod
    def overview(cls, most: int, skip: int) -> list["Staff"]:
        """`most` accounts by address, each with its passkeys, its app and its link, if that is still good."""
        page = cls.people().select(cls, Authority).join(Authority, JOIN.LEFT_OUTER).order_by(cls.email)
        return list(prefetch(page.limit(most).offset(skip), Passkey.select(), Totp.select(), Invitation.good()))

    @classmethod
    def _locked(cls, *where: Any) -> list["Staff"]:
        """These accounts, which nobody else changes before this transaction ends."""
        query = cls.select().where(*where).order_by(cls.id)
        if db.for_update:  # on SQLite, a transaction is alone anyway; NO KEY: what they do meanwhile names them
            query = query.for_update("FOR NO KEY UPDATE")  # type: ignore[arg-type]
        return list(query)

    def _remove(self, factor: Passkey | Totp, keep: StaffSession) -> None:
        with db.atomic():
            Staff._locked(Staff.id == self.id)
            factor.delete_instance()
            app = self.app
            if not (self.passkeys.exists() or (app and app.readable)):
                raise Refused
            self._shut_out(keep)
            Audit.record(self, "factor removed")

    def _use(self, invitation: Invitation) -> None:
        """The account before its link, in the order of reset(): each would wait for what the other holds."""
        Staff._locked(Staff.id == self.id)
        if not invitation.use():
            raise Refused

    def _forget(self, *what: type[Base]) -> None:
        for model in what:
            model.delete().where(model.staff == self).execute()  # type: ignore[attr-defined]

    def _shut_out(self, keep: StaffSession | None = None) -> None:
        """End the sessions of this account but one."""
        others = StaffSession.staff == self
        if keep is not None:
            others &= StaffSession.token_hash != keep.token_hash
        StaffSession.delete().where(others).execute()
