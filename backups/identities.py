"""The private keys that open a copy. They come in a file, which is on this machine for as long as they are needed."""

from pathlib import Path
from typing import Any

import pyrage

from backups.errors import BackupError


def load(path: Path) -> list[Any]:
    """The keys in the file at `path`, as `backup keys` and age-keygen write it. Raises BackupError, OSError."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith("AGE-SECRET-KEY-")]
    except pyrage.IdentityError:
        keys = []
    if not keys:
        raise BackupError(f"{path} holds no private key of age (AGE-SECRET-KEY-1...)")
    return keys
