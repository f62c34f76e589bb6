"""Purpose keys of keys that are no longer in the ring: they verify what is on paper or on its way, and sign nothing.

`keys rotate` keeps them, encrypted. The key they were derived from cannot be computed from them.
"""

import datetime as dt

from peewee import CharField

from models.base import UTCDateTimeField, now
from models.security import keys
from models.security.encrypted import EncryptedField, SealedModel


class KeptKey(SealedModel):
    """What is kept of one key."""

    key_id = CharField(max_length=8, primary_key=True)
    value = EncryptedField("key_id", json=True)  # {purpose: key in hex}
    kept_at = UTCDateTimeField()

    @classmethod
    def keep_older(cls) -> None:
        """Keep what is needed of every key of the ring but the newest. Once kept, it stays as it is."""
        known = {row.key_id for row in cls.select(cls.key_id)}
        for key_id, purposes in keys.to_keep().items():
            if key_id not in known:
                value = {purpose: key.hex() for purpose, key in purposes.items()}
                cls.create(key_id=key_id, value=value, kept_at=now())


def load() -> list[keys.Kept]:
    """All kept keys, without those that have served their time."""
    return [_usable(row) for row in KeptKey.select().order_by(KeptKey.kept_at.desc())]


def _usable(row: KeptKey) -> keys.Kept:
    age = now() - row.kept_at
    usable = {purpose: bytes.fromhex(key) for purpose, key in row.value.items() if age < _lifetime(purpose)}
    return keys.Kept(row.key_id, usable)


def _lifetime(purpose: str) -> dt.timedelta:
    return keys.KEPT.get(purpose, dt.timedelta())


keys.load_kept = load
