"""An authority's own computer system: its token opens the API, and a webhook tells it of events."""

import datetime as dt
import hashlib
import secrets
from typing import Any, NamedTuple

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, IntegrityError

from models.base import ConflictError, UTCDateTimeField, db, delete_some, now
from models.catalogue.procedure import Authority
from models.security.encrypted import EncryptedField, SealedModel, nothing
from models.staff.audit import Audit
from models.staff.staff import Staff

REPLY_KEPT_FOR = dt.timedelta(hours=24)  # how long the answer to an idempotency key is kept


class Keys(NamedTuple):
    """The credentials of a new system, shown once: only the hash of the token is stored."""

    token: str  # for the API
    secret: str  # signs the deliveries to its hook


class System(SealedModel):
    """One system with its token. It acts as a staff account of its own, which nobody can sign in to."""

    staff = ForeignKeyField(Staff, unique=True)
    name = CharField(max_length=60)
    token_hash = CharField(max_length=64, unique=True)
    test = BooleanField(default=False)  # a sandbox: requests are checked and answered, but change and send nothing
    hook_url = EncryptedField("staff")  # it may hold a password, or a key in its path
    hook_secret = EncryptedField("staff")
    created_at = UTCDateTimeField()
    used_at = UTCDateTimeField(null=True)
    revoked_at = UTCDateTimeField(null=True)

    @classmethod
    def add(cls, authority: Authority, name: str, hook_url: str = "", test: bool = False) -> tuple["System", Keys]:
        """Create a system of `authority`. Raises ValueError for a second one of this name, or a hook without HTTPS."""
        if hook_url and not hook_url.startswith("https://"):
            raise ValueError("the hook needs an address that begins with https://")
        keys = Keys(f"et_{'test' if test else 'live'}_{secrets.token_urlsafe(32)}", secrets.token_urlsafe(32))
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
                Audit.record(None, "system added", system=system.id)
        except IntegrityError:
            raise ValueError("the authority has a system of this name already") from None
        return system, keys

    @classmethod
    def find(cls, token: str) -> "System | None":
        """The system with this token, unless it was revoked."""
        joined = cls.select(cls, Staff, Authority).join_from(cls, Staff).join_from(Staff, Authority)
        system = joined.where((cls.token_hash == _hash(token)) & cls.revoked_at.is_null()).first()
        if system and (system.used_at is None or now() - system.used_at > dt.timedelta(minutes=1)):
            cls.update(used_at=now()).where(cls.id == system.id).execute()
        return system

    @classmethod
    def listening(cls, authorities: set[str]) -> list["System"]:
        """The systems with a hook at these authorities (by slug). Only their ids are loaded."""
        joined = cls.select(cls.id).join_from(cls, Staff).join_from(Staff, Authority)
        open_now = cls.hook_url.is_null(False) & cls.revoked_at.is_null() & ~cls.test
        return list(joined.where(open_now & Authority.slug.in_(authorities)))


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


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
