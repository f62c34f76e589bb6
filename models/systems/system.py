"""An authority's own computer system: its tokens open the API, and a webhook tells it of events."""

import datetime as dt
import hashlib
import secrets
from typing import Any, NamedTuple

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, IntegrityError, ModelSelect

from models.base import LUXEMBOURG, Base, ConflictError, UTCDateTimeField, db, delete_some, local_day, now, today
from models.catalogue.procedure import Authority
from models.security.encrypted import EncryptedField, SealedModel, nothing
from models.staff.audit import Audit
from models.staff.staff import Staff

FIRST = "first"  # name of the token that a system begins with
USE_NOTED_EVERY = dt.timedelta(minutes=5)  # not a write for every request
ENDS_SOON = dt.timedelta(days=30)
REPLY_KEPT_FOR = dt.timedelta(hours=24)  # how long the answer to an idempotency key is kept


class Keys(NamedTuple):
    """The credentials of a new system, shown once: only the hash of a token is stored."""

    token: str  # for the API
    secret: str  # signs the deliveries to its hook


class System(SealedModel):
    """One system. It acts as a staff account of its own, which nobody can sign in to."""

    staff = ForeignKeyField(Staff, unique=True)
    name = CharField(max_length=60)
    token_hash = CharField(max_length=64, unique=True)  # of its first token; nothing reads it since ApiToken
    test = BooleanField(default=False)  # a sandbox: requests are checked and answered, but change and send nothing
    hook_url = EncryptedField("staff")  # it may hold a password, or a key in its path
    hook_secret = EncryptedField("staff")
    created_at = UTCDateTimeField()
    used_at = UTCDateTimeField(null=True)  # nothing reads it since ApiToken
    revoked_at = UTCDateTimeField(null=True)
    tokens: "ModelSelect[ApiToken]"  # peewee makes it; its stubs do not say so

    @classmethod
    def add(
        cls,
        authority: Authority,
        name: str,
        hook_url: str = "",
        test: bool = False,
        expires_at: dt.datetime | None = None,
        by: Staff | None = None,
    ) -> tuple["System", Keys]:
        """Create a system of `authority` with its first token, which ends at `expires_at`, or never.

        Raises ValueError for a second one of this name, or a hook without HTTPS.
        """
        if hook_url and not hook_url.startswith("https://"):
            raise ValueError("the hook needs an address that begins with https://")
        keys = Keys(_new_token(test), secrets.token_urlsafe(32))
        try:
            with db.atomic():
                system = cls.create(
                    staff=_account(authority, name),
                    name=name,
                    token_hash=_hash(keys.token),
                    test=test,
                    hook_url=hook_url,
                    hook_secret=keys.secret,
                    created_at=now(),
                )
                ApiToken.create(
                    system=system, name=FIRST, token_hash=system.token_hash, created_at=now(), expires_at=expires_at
                )
                Audit.record(by, "system added", system=system.id)
        except IntegrityError:
            raise ValueError("the authority has a system of this name already") from None
        return system, keys

    @classmethod
    def loaded(cls) -> "ModelSelect[System]":
        """Query: systems with their account and authority."""
        return cls.select(cls, Staff, Authority).join_from(cls, Staff).join_from(Staff, Authority)

    @classmethod
    def overview(cls) -> "list[tuple[System, list[ApiToken]]]":
        """Every system with its tokens, the revoked ones last; account and authority are loaded."""
        tokens: dict[int, list[ApiToken]] = {}
        for token in ApiToken.select().order_by(ApiToken.id):
            tokens.setdefault(token.system_id, []).append(token)
        ordered = cls.loaded().order_by(cls.revoked_at.is_null(False), Authority.slug, cls.name)
        return [(system, tokens.get(system.id, [])) for system in ordered]

    @classmethod
    def listening(cls, authorities: set[str]) -> list["System"]:
        """The systems with a hook at these authorities (by slug). Only their ids are loaded."""
        joined = cls.select(cls.id).join_from(cls, Staff).join_from(Staff, Authority)
        open_now = cls.hook_url.is_null(False) & cls.revoked_at.is_null() & ~cls.test
        return list(joined.where(open_now & Authority.slug.in_(authorities)))


class ApiToken(Base):
    """A token that opens the API for a system. It may have several, so that one can be replaced without a gap."""

    system = ForeignKeyField(System, backref="tokens", on_delete="CASCADE")
    name = CharField(max_length=60)
    token_hash = CharField(max_length=64, unique=True)
    created_at = UTCDateTimeField()
    expires_at = UTCDateTimeField(null=True)  # never for those of before this table
    used_at = UTCDateTimeField(null=True)
    revoked_at = UTCDateTimeField(null=True)
    system_id: int  # peewee makes it; its stubs do not say so

    @classmethod
    def add(
        cls, system: System, name: str, expires_at: dt.datetime | None = None, by: Staff | None = None
    ) -> tuple["ApiToken", str]:
        """Add a token to `system`; return it with its text, to be shown once. Raises ValueError for a name in use."""
        text = _new_token(system.test)
        with db.atomic():
            Audit.lock()
            same = (cls.system == system) & (cls.name == name) & cls.revoked_at.is_null()
            if cls.select().where(same).exists():
                raise ValueError("the system has a token of this name already")
            token = cls.create(
                system=system, name=name, token_hash=_hash(text), created_at=now(), expires_at=expires_at
            )
            Audit.record(by, "token added", system=system.id, token=token.id)
        return token, text

    @classmethod
    def find(cls, text: str) -> "ApiToken | None":
        """The token with this text, unless it or its system was revoked; it may have expired. Notes its use."""
        joined = cls.select(cls, System, Staff, Authority).join_from(cls, System)
        joined = joined.join_from(System, Staff).join_from(Staff, Authority)
        good = cls.revoked_at.is_null() & System.revoked_at.is_null()
        token = joined.where((cls.token_hash == _hash(text)) & good).first()
        if token and not token.expired and (token.used_at is None or now() - token.used_at > USE_NOTED_EVERY):
            cls.update(used_at=now()).where(cls.id == token.id).execute()
        return token

    @property
    def expired(self) -> bool:
        """True if its time is over."""
        return self.expires_at is not None and self.expires_at <= now()

    @property
    def last_day(self) -> dt.date | None:
        """The last day on which it opens anything, in Luxembourg; None if it has no end."""
        return local_day(self.expires_at - dt.timedelta(seconds=1)) if self.expires_at else None

    @property
    def ends_soon(self) -> bool:
        """True if it ends within ENDS_SOON, or has ended."""
        return self.expires_at is not None and self.expires_at <= now() + ENDS_SOON

    def revoke(self, by: Staff | None = None) -> None:
        """Revoke this token; the others of its system go on."""
        with db.atomic():
            Audit.record(by, "token revoked", system=self.system_id, token=self.id)
            ApiToken.update(revoked_at=now()).where((ApiToken.id == self.id) & ApiToken.revoked_at.is_null()).execute()

    @classmethod
    def ending(cls, within: dt.timedelta) -> list[int]:
        """The ids of the systems whose last token ends `within` this time, or has ended that long ago at most."""
        good = System.revoked_at.is_null() & cls.revoked_at.is_null()
        joined = cls.select(cls.system).join(System)
        going_on = joined.where(good & (cls.expires_at.is_null() | (cls.expires_at > now() + within)))
        ending = joined.where(good & cls.expires_at.between(now() - within, now() + within))
        return sorted({token.system_id for token in ending.where(cls.system.not_in(going_on))})


class Reply(SealedModel):
    """The stored answer to an idempotency key: a repeated request gets it again, and is not executed twice."""

    system = ForeignKeyField(System, on_delete="CASCADE")
    key = CharField(max_length=100)
    request_hash = CharField(max_length=64)
    status = IntegerField(null=True)
    body = EncryptedField("system", "key", json=True, empty=nothing)
    at = UTCDateTimeField(index=True)

    class Meta:
        indexes = ((("system", "key"), True),)

    @classmethod
    def begin(cls, system: System, key: str, request: str) -> "tuple[Reply, bool]":
        """The reply to `request`, and True if the request is new and must be executed.

        Must be called in the transaction that executes the request and ends with end(): so there is no answer without
        its effect, nor an effect without its answer. A second request with the key waits for that transaction. Raises
        ValueError if the key came with another request.
        """
        asked = _hash(request)
        try:
            with db.atomic():
                return cls.create(system=system, key=key, request_hash=asked, at=now()), True
        except IntegrityError:
            reply = cls.get((cls.system == system) & (cls.key == key))
        if reply.request_hash != asked:
            raise ValueError("the idempotency key was used for another request")
        if reply.status is None:  # of the release before this one, which answered in a transaction of its own
            raise ConflictError
        return reply, False

    def end(self, status: int, body: Any) -> None:
        """Store the answer."""
        Reply.update(status=status, body=self.sealed("body", body)).where(Reply.id == self.id).execute()

    @classmethod
    def purge(cls) -> int:
        """Delete some replies older than REPLY_KEPT_FOR. Returns how many."""
        return delete_some(cls, cls.at < now() - REPLY_KEPT_FOR)


def end_of(day: dt.date) -> dt.datetime:
    """The instant at which `day` is over in Luxembourg."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), LUXEMBOURG).astimezone(dt.UTC)


def last_day(days: int) -> dt.date | None:
    """The last day of a token made today that goes on for `days`; None for 0 days: it has no end."""
    return today() + dt.timedelta(days=days) if days else None


def _account(authority: Authority, name: str) -> Staff:
    """The account that a system acts as. It is disabled and has no password: nobody can sign in to it."""
    return Staff.create(
        email=f"{name}@{authority.slug}",
        role="system",
        authority=authority,
        password_hash="",
        created_at=now(),
        disabled_at=now(),
    )


def _new_token(test: bool) -> str:
    return f"et_{'test' if test else 'live'}_{secrets.token_urlsafe(32)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
