"""Digests of the audit log: how many rows it had on a day and the seal of the last one, signed.

The chain of seals shows what was changed inside it. That rows were cut off at its end, or that it was written anew from
the beginning, shows only a digest that was kept where whoever did it cannot reach.
"""

import base64
import datetime as dt
import email
import email.policy
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from peewee import CharField, IntegerField

from models.base import Base, UTCDateTimeField, db, now
from models.security import keys
from models.security.throttle import CLOCK_TOLERANCE
from models.staff.audit import FIRST_SEAL, Audit
from models.staff.audit_cut import AuditCut

PURPOSE = "audit digest"
DAILY = dt.timedelta(hours=23, minutes=30)  # a day, and what it takes to notice that it is over
RETRY_AFTER = dt.timedelta(minutes=15)
PLACES = {"email": "AUDIT_DIGEST_EMAIL", "hook": "AUDIT_DIGEST_URL"}  # and the setting of each


class Digest(NamedTuple):
    """What leaves the machine. It names nobody."""

    site: str
    date: str
    rows: int  # the number of the last row
    seal: str  # of that row
    whole: bool  # False if the daily check has found a row that was changed
    key: str  # the id of the key of the ring that the signing key is made from
    signature: str = ""  # Ed25519, in base64, of all the rest as content() writes it

    def content(self) -> bytes:
        """What is signed: the fields by name, without blanks."""
        return json.dumps(self._replace(signature="")._asdict(), sort_keys=True, separators=(",", ":")).encode()

    def text(self) -> str:
        """The digest as JSON."""
        return json.dumps(self._asdict(), indent=1)


def places(config: Mapping[str, Any]) -> set[str]:
    """Where digests go, as the settings are."""
    return {name for name, setting in PLACES.items() if config[setting]}


def make(site: str) -> Digest:
    """The digest of the log as it is now."""
    last = Audit.select().order_by(Audit.id.desc()).first()
    rows, seal = (last.id, last.seal) if last else (0, FIRST_SEAL)
    digest = Digest(site, now().date().isoformat(), rows, seal, AuditWatch.bad_row() is None, keys.newest_id())
    signature = _signing_key(keys.key(PURPOSE)).sign(digest.content())
    return digest._replace(signature=base64.b64encode(signature).decode())


def public_key() -> str:
    """The public key of the newest signing key, in base64: with it anybody can check a digest."""
    return base64.b64encode(_signing_key(keys.key(PURPOSE)).public_key().public_bytes_raw()).decode()


def read(text: str) -> Digest:
    """The digest in a text: a file, the body of a hook, or a whole mail. Raises ValueError if there is none."""
    if re.search(r"^content-transfer-encoding:", text, re.IGNORECASE | re.MULTILINE):
        mail = email.message_from_string(text, policy=email.policy.default)
        body = mail.get_body(("plain",))
        text = body.get_content() if body else ""
    found = re.search(r"\{[^{}]*\}", text)
    try:
        return Digest(**json.loads(found[0] if found else ""))
    except TypeError as error:
        raise ValueError("no digest") from error


def is_genuine(digest: Digest) -> bool | None:
    """True if this site has signed the digest; None if its key is no longer in the ring."""
    if digest.key not in keys.ids():
        return None
    key = keys.all_keys(PURPOSE)[keys.ids().index(digest.key)]
    try:
        _signing_key(key).public_key().verify(base64.b64decode(digest.signature), digest.content())
    except (InvalidSignature, ValueError):
        return False
    return True


def is_exported(digest: Digest) -> bool:
    """True if the last row of the digest stands in a part of the log that was exported and cut off."""
    cut = AuditCut.latest()
    return cut is not None and digest.rows < cut.last_id


def difference(digest: Digest) -> str:
    """What of the log no longer fits the digest, in words; empty if all does, or its rows are exported."""
    if not digest.rows or Audit.has_seal(digest.seal) or is_exported(digest):
        return ""
    last = Audit.select().order_by(Audit.id.desc()).first()
    if last is None or last.id < digest.rows:
        ends = f"row {last.id}" if last else "no row at all"
        return f"on {digest.date} the log ended with row {digest.rows}, now with {ends}: rows were cut off"
    return f"row {digest.rows} has another seal than on {digest.date}: the log was written anew"


class AuditWatch(Base):
    """What is done once a day about the audit log, by one worker: checking the chain, sending a digest to a place."""

    name = CharField(max_length=8, primary_key=True)  # chain, email, hook
    since = UTCDateTimeField()
    tried_at = UTCDateTimeField(null=True)
    done_at = UTCDateTimeField(null=True)
    bad = IntegerField(null=True)  # chain: the first row that was changed

    @classmethod
    def claim(cls, name: str) -> bool:
        """True for one worker if it is due: once a day, and again RETRY_AFTER a failure. Clocks may have been wrong."""
        at = now()
        ahead = at + CLOCK_TOLERANCE
        over = cls.done_at.is_null() | (cls.done_at <= at - DAILY) | (cls.done_at > ahead)
        free = cls.tried_at.is_null() | (cls.tried_at <= at - RETRY_AFTER) | (cls.tried_at > ahead)
        with db.atomic():
            cls.insert(name=name, since=at).on_conflict_ignore().execute()
            return bool(cls.update(tried_at=at).where((cls.name == name) & over & free).execute())

    @classmethod
    def done(cls, name: str, bad: int | None = None) -> None:
        """Note that it was done, and with `bad` what was found."""
        row = {cls.name: name, cls.since: now(), cls.tried_at: now(), cls.done_at: now(), cls.bad: bad}
        changes = {cls.tried_at: now(), cls.done_at: now(), cls.bad: bad}
        cls.insert(row).on_conflict(conflict_target=[cls.name], update=changes).execute()

    @classmethod
    def bad_row(cls) -> int | None:
        """The first row that the last check found to be changed; None if the chain was whole."""
        row = cls.get_or_none(cls.name == "chain")
        return row.bad if row else None

    @classmethod
    def not_done_since(cls, name: str) -> dt.datetime | None:
        """When it was done last, or first to be done; None if it is done for the first time yet."""
        row = cls.get_or_none(cls.name == name)
        return (row.done_at or row.since) if row else None


def _signing_key(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret)
