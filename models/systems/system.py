"""An authority's own computer system: it may move the authority's dossiers, and hears what happens to them."""

import datetime as dt
import hashlib
import secrets
from typing import Any, NamedTuple

from peewee import BooleanField, CharField, ForeignKeyField, IntegerField, IntegrityError, JSONField

from models.base import Base, ConflictError, UTCDateTimeField, db, now
from models.catalogue.procedure import Authority
from models.staff.audit import Audit
from models.staff.staff import Staff

KEPT = dt.timedelta(hours=24)  # how long an answer is kept for a request that is sent again
LOST = dt.timedelta(minutes=2)  # longer than any answer takes: whoever began it is no more


class Keys(NamedTuple):
    """What a new system is given, once: nobody can read the token back."""

    token: str  # opens the interface
    secret: str  # signs what is sent to its hook


class System(Base):
    """One system with its token. Whatever it does is done in the name of an account of its own, which nobody opens."""

    staff = ForeignKeyField(Staff, unique=True)
    name = CharField(max_length=60)
    token_hash = CharField(max_length=64, unique=True)
    test = BooleanField(default=False)  # its requests are checked and answered, and change and send nothing
    hook_url = CharField(max_length=300, default="")
    hook_secret = CharField(max_length=64, default="")
    created_at = UTCDateTimeField()
    used_at = UTCDateTimeField(null=True)
    revoked_at = UTCDateTimeField(null=True)

    @classmethod
    def add(cls, authority: Authority, name: str, hook_url: str = "", test: bool = False) -> tuple["System", Keys]:
        """A new system of `authority`. Raises ValueError if the authority has one of this name, or for a bad hook."""
        if hook_url and not hook_url.startswith("https://"):
            raise ValueError("the hook needs an address that begins with https://")
        keys = Keys(f"et_{'test' if test else 'live'}_{secrets.token_urlsafe(32)}", secrets.token_urlsafe(32))
        try:
            with db.atomic():
                account = Staff.create(
                    email=f"{name}@{authority.slug}",
                    role="system",
                    authority=authority,
                    password_hash="",
                    created_at=now(),
                    disabled_at=now(),
                )
                system = cls.create(
                    staff=account,
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
        """The system that `token` opens, unless it was revoked."""
        joined = cls.select(cls, Staff, Authority).join_from(cls, Staff).join_from(Staff, Authority)
        system = joined.where((cls.token_hash == _hash(token)) & cls.revoked_at.is_null()).first()
        if system and (system.used_at is None or now() - system.used_at > dt.timedelta(minutes=1)):
            cls.update(used_at=now()).where(cls.id == system.id).execute()
        return system

    @classmethod
    def listening(cls, authorities: set[str]) -> list["System"]:
        """The systems that hear of what happens at these authorities (their slugs); only which they are is loaded."""
        joined = cls.select(cls.id).join_from(cls, Staff).join_from(Staff, Authority)
        open_now = (cls.hook_url != "") & cls.revoked_at.is_null() & ~cls.test
        return list(joined.where(open_now & Authority.slug.in_(authorities)))


class Reply(Base):
    """The answer to a request with this idempotency key: sent once more, it is answered so again, and does nothing."""

    system = ForeignKeyField(System, on_delete="CASCADE")
    key = CharField(max_length=100)
    request_hash = CharField(max_length=64)
    status = IntegerField(null=True)  # None while the first request is still being answered
    body = JSONField(null=True)
    at = UTCDateTimeField(index=True)

    class Meta:
        indexes = ((("system", "key"), True),)

    @classmethod
    def begin(cls, system: System, key: str, request: str) -> "tuple[Reply, bool]":
        """The reply to `request`, and whether it comes for the first time.

        Raises ConflictError while the first is being answered, and ValueError if the key came with another request.
        """
        asked = _hash(request)
        try:
            with db.atomic():
                return cls.create(system=system, key=key, request_hash=asked, at=now()), True
        except IntegrityError:
            reply = cls.get_or_none((cls.system == system) & (cls.key == key))
        if reply is None:  # the first one failed and was forgotten in between
            return cls.begin(system, key, request)
        if reply.request_hash != asked:
            raise ValueError("the idempotency key was used for another request")
        if reply.status is not None:
            return reply, False
        if not reply._take_over():
            raise ConflictError
        return reply, True

    def _take_over(self) -> bool:
        """Answer in the place of a process that was lost; what it moved before that, it moved: the version tells."""
        lost = (Reply.id == self.id) & Reply.status.is_null() & (Reply.at < now() - LOST)
        return Reply.update(at=now()).where(lost).execute() == 1

    def end(self, status: int, body: Any) -> None:
        """Keep the answer."""
        Reply.update(status=status, body=body).where(Reply.id == self.id).execute()

    def forget(self) -> None:
        """The request failed on our side: sent again, it is tried again."""
        self.delete_instance()

    @classmethod
    def purge(cls) -> int:
        """Forget answers that nobody asks for any more; returns how many went."""
        return cls.delete().where(cls.at < now() - KEPT).execute()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
