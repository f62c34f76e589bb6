"""Sessions of the staff, kept in the database so that they can be listed and ended at once; and known browsers."""

import datetime as dt

from peewee import JOIN, CharField, ForeignKeyField, ModelSelect

from models.base import Base, UTCDateTimeField, db, now
from models.catalogue.procedure import Authority
from models.security.tokens import hashed, new_token
from models.staff.audit import Audit
from models.staff.proof import Proof
from models.staff.staff import Staff

IDLE_TIMEOUT = dt.timedelta(minutes=30)
SESSION_LIFETIME = dt.timedelta(hours=8)
PROOF_LIFETIME = dt.timedelta(minutes=5)  # after it, changes of credentials ask for authentication again
KNOWN_BROWSER_LIFETIME = dt.timedelta(days=365)  # since the last sign-in
SEEN_EVERY = dt.timedelta(minutes=1)  # `seen_at` is written this often at most: not a write for every click
MAX_BROWSER_LENGTH = 60


class StaffSession(Base):
    """One signed-in browser of an account. Only the hash of its token is kept."""

    token_hash = CharField(max_length=64, primary_key=True)
    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    created_at = UTCDateTimeField()
    seen_at = UTCDateTimeField()
    proved_at = UTCDateTimeField()  # the last full authentication: passkey, or password and code
    factor = CharField(max_length=8)
    browser = CharField(max_length=MAX_BROWSER_LENGTH)  # kind of browser, to read

    @classmethod
    def open(cls, proof: Proof, browser: str = "", before: str = "") -> str:
        """Begin a session and return its token. The session with the token `before` ends, and all expired ones."""
        token, moment = new_token(), now()
        with db.atomic():
            ended = (cls.created_at < moment - SESSION_LIFETIME) | (cls.token_hash == hashed(before))
            cls.delete().where(ended).execute()
            cls.create(
                token_hash=hashed(token),
                staff=proof.staff,
                factor=proof.factor,
                browser=browser[:MAX_BROWSER_LENGTH],
                created_at=moment,
                seen_at=moment,
                proved_at=moment,
            )
            Audit.record(proof.staff, "signed in", factor=proof.factor)
        return token

    @classmethod
    def live(cls) -> "ModelSelect[StaffSession]":
        """Sessions that are valid: within idle timeout and lifetime, account not disabled. The latest first.

        The account and its authority are loaded.
        """
        in_time = (cls.seen_at > now() - IDLE_TIMEOUT) & (cls.created_at > now() - SESSION_LIFETIME)
        loaded = cls.select(cls, Staff, Authority).join(Staff).join(Authority, JOIN.LEFT_OUTER)
        return loaded.where(in_time & Staff.disabled_at.is_null()).order_by(cls.seen_at.desc())

    @classmethod
    def find(cls, token: str) -> "StaffSession | None":
        """The valid session with this token. Moves its idle timeout forward."""
        session = cls.live().where(cls.token_hash == hashed(token)).first()
        if session and now() - session.seen_at > SEEN_EVERY:
            cls.update(seen_at=now()).where(cls.token_hash == session.token_hash).execute()
        return session

    @property
    def recently_proved(self) -> bool:
        """True if the last authentication is at most five minutes old, as changes of credentials require."""
        return now() - self.proved_at <= PROOF_LIFETIME

    @property
    def password_only(self) -> bool:
        """True if a password alone opened it, without a second factor."""
        return self.factor == "password"

    def renew(self, proof: Proof) -> str:
        """Record a new authentication and return a new token (against session fixation); the old one stops working.

        If this session was opened by a password alone and now has a second factor, the other sessions end: a thief may
        have opened one with the password.
        """
        token = new_token()
        changes = {"token_hash": hashed(token), "proved_at": now(), "factor": proof.factor}
        with db.atomic():
            if self.password_only and proof.factor != "password":
                StaffSession.end_all(self.staff, keep=self)
            StaffSession.update(changes).where(StaffSession.token_hash == self.token_hash).execute()
        return token

    @classmethod
    def end_all(cls, staff: Staff, keep: "StaffSession | None" = None) -> None:
        """End the sessions of this account, all but `keep`."""
        ended = cls.staff == staff
        if keep is not None:
            ended &= cls.token_hash != keep.token_hash
        cls.delete().where(ended).execute()

    @classmethod
    def end(cls, staff: Staff, token_hash: str) -> None:
        """End one session of this account, named by its token hash."""
        with db.atomic():
            if cls.delete().where((cls.staff == staff) & (cls.token_hash == token_hash)).execute():
                Audit.record(staff, "session ended")

    @classmethod
    def close(cls, token: str) -> None:
        """Sign out: end the session with this token."""
        with db.atomic():
            ended = cls.delete().where(cls.token_hash == hashed(token)).returning(cls.staff)
            for session in ended.execute():
                Audit.record(session.staff, "signed out")


class KnownBrowser(Base):
    """A browser in which this account has signed in before (device cookie).

    Wrong passwords from it have their own rate limit, so that a stranger cannot lock the owner out: see
    blueprints/accounts/attempts.py.
    """

    token_hash = CharField(max_length=64)
    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    seen_at = UTCDateTimeField()

    class Meta:
        indexes = ((("token_hash", "staff"), True),)

    @classmethod
    def remember(cls, staff: Staff, token: str) -> str:
        """Record a sign-in of `staff` in the browser with `token`; return its token, a new one if it was unknown."""
        with db.atomic():
            cls.delete().where(cls.seen_at < now() - KNOWN_BROWSER_LIFETIME).execute()
            if not cls.select().where(cls.token_hash == hashed(token)).exists():
                token = new_token()
            seen = cls.insert(token_hash=hashed(token), staff=staff, seen_at=now())
            seen.on_conflict(conflict_target=[cls.token_hash, cls.staff], update={cls.seen_at: now()}).execute()
        return token

    @classmethod
    def knows(cls, token: str, email: str) -> bool:
        """True if the account with this e-mail address has signed in before in the browser with `token`."""
        return cls.select().join(Staff).where((cls.token_hash == hashed(token)) & (Staff.email == email)).exists()
