"""Sessions of the staff, in the database so that they can be seen and ended at once; and the browsers they know."""

import datetime as dt

from peewee import JOIN, CharField, ForeignKeyField, ModelSelect

from models.base import Base, UTCDateTimeField, db, now
from models.catalogue.procedure import Authority
from models.security.tokens import hashed, new_token
from models.staff.audit import Audit
from models.staff.proof import Proof
from models.staff.staff import Staff

IDLE = dt.timedelta(minutes=30)
LONGEST = dt.timedelta(hours=8)
FRESH = dt.timedelta(minutes=5)  # how long a proof is good for changing what opens an account
KEPT = dt.timedelta(days=365)  # a browser in which nobody signed in for a year is a stranger again


class StaffSession(Base):
    token_hash = CharField(max_length=64, primary_key=True)
    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    created_at = UTCDateTimeField()
    seen_at = UTCDateTimeField()
    proved_at = UTCDateTimeField()  # when its holder last showed a passkey, or a password and a code
    factor = CharField(max_length=8)
    browser = CharField(max_length=60)  # its kind in words

    @classmethod
    def open(cls, proof: Proof, browser: str = "", before: str = "") -> str:
        """Begin a session; the returned token is all that opens it. The session that `before` opened ends."""
        token, moment = new_token(), now()
        with db.atomic():
            cls.delete().where((cls.created_at < moment - LONGEST) | (cls.token_hash == hashed(before))).execute()
            cls.create(
                token_hash=hashed(token),
                staff=proof.staff,
                factor=proof.factor,
                browser=browser[:60],
                created_at=moment,
                seen_at=moment,
                proved_at=moment,
            )
            Audit.record(proof.staff, "signed in", factor=proof.factor)
        return token

    @classmethod
    def live(cls) -> "ModelSelect[StaffSession]":
        """Those that are still good: 30 minutes idle and 8 hours at most, account not disabled. The latest first.

        The account and its authority are loaded.
        """
        good = (cls.seen_at > now() - IDLE) & (cls.created_at > now() - LONGEST) & Staff.disabled_at.is_null()
        loaded = cls.select(cls, Staff, Authority).join(Staff).join(Authority, JOIN.LEFT_OUTER)
        return loaded.where(good).order_by(cls.seen_at.desc())

    @classmethod
    def find(cls, token: str) -> "StaffSession | None":
        """The session that `token` opens, if it is still good."""
        session = cls.live().where(cls.token_hash == hashed(token)).first()
        if session and now() - session.seen_at > dt.timedelta(minutes=1):  # not a write for every click
            cls.update(seen_at=now()).where(cls.token_hash == session.token_hash).execute()
        return session

    @property
    def fresh(self) -> bool:
        """Whether its holder has proved who they are in the last minutes: only then may they change what opens it."""
        return now() - self.proved_at <= FRESH

    @property
    def bare(self) -> bool:
        """Opened by a password alone."""
        return self.factor == "password"

    def renew(self, proof: Proof) -> str:
        """Its holder has proved anew who they are: it goes on under a new token, which is returned.

        With the first second factor of the account, sessions that were opened without one end.
        """
        token = new_token()
        fresh = {"token_hash": hashed(token), "proved_at": now(), "factor": proof.factor}
        with db.atomic():
            if self.bare and proof.factor != "password":
                StaffSession.end_all(self.staff, keep=self)
            StaffSession.update(fresh).where(StaffSession.token_hash == self.token_hash).execute()
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
        """End one session of this account, by what the database keeps of its token."""
        cls.delete().where((cls.staff == staff) & (cls.token_hash == token_hash)).execute()

    @classmethod
    def close(cls, token: str) -> None:
        """End the session that `token` opens, wherever it is used."""
        with db.atomic():
            ended = cls.delete().where(cls.token_hash == hashed(token)).returning(cls.staff)
            for session in ended.execute():
                Audit.record(session.staff, "signed out")


class KnownBrowser(Base):
    """A browser in which somebody has signed in before. Its wrong passwords are counted apart: see throttle.Tries."""

    token_hash = CharField(max_length=64)
    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    seen_at = UTCDateTimeField()

    class Meta:
        indexes = ((("token_hash", "staff"), True),)

    @classmethod
    def remember(cls, staff: Staff, token: str) -> str:
        """Know this browser from now on, by `token` if it has brought one that is known, else by a new one."""
        with db.atomic():
            cls.delete().where(cls.seen_at < now() - KEPT).execute()
            if not cls.select().where(cls.token_hash == hashed(token)).exists():
                token = new_token()
            seen = cls.insert(token_hash=hashed(token), staff=staff, seen_at=now())
            seen.on_conflict(conflict_target=[cls.token_hash, cls.staff], update={cls.seen_at: now()}).execute()
        return token

    @classmethod
    def knows(cls, token: str, email: str) -> bool:
        """Whether the account with this address has been used in the browser that brings `token`."""
        return cls.select().join(Staff).where((cls.token_hash == hashed(token)) & (Staff.email == email)).exists()
