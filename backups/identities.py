"""The private keys that open a copy. They come in a file, which is on this machine for as long as they are needed."""

from typing import Any, TextIO

import pyrage

from backups.errors import BackupError


def load(file: TextIO) -> list[Any]:
    """The keys in a file, as `backup keys` and age-keygen write it. Raises BackupError."""
    lines = [line.strip() for line in file]
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except pyrage.IdentityError:
        keys = []
    if not keys:
        raise BackupError(f"{file.name} holds no private key of age (AGE-SECRET-KEY-1...)")
    return keys
