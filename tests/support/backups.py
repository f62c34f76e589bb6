"""Backups of a site: its settings, a pair of keys, and what is in a copy according to the tools of others."""

import io
import subprocess
import tarfile
from pathlib import Path

import psycopg
import pyrage
from psycopg.conninfo import conninfo_to_dict

from backups import postgresql_place

IDENTITY = pyrage.x25519.Identity.generate()
OTHER = pyrage.x25519.Identity.generate()


def settings(folder: Path) -> dict[str, object]:
    """The settings with which a site copies its database into `folder`."""
    return {"BACKUP_DIR": str(folder), "BACKUP_RECIPIENT": str(IDENTITY.to_public()), "BACKUP_KEEP": 30}


def key_file(folder: Path, identity: pyrage.x25519.Identity = IDENTITY) -> Path:
    """The private key in a file, as `backup keys` and `age-keygen` print it."""
    path = folder / "key.txt"
    path.write_text(f"# public key: {identity.to_public()}\n{identity}\n")
    return path


def copies(folder: Path) -> list[Path]:
    return sorted(folder.glob("etracking-*.age"))


def opened(path: Path) -> dict[str, bytes]:
    """What is in a copy: the database or dump as "copy", and its manifest."""
    plain = pyrage.decrypt(path.read_bytes(), [IDENTITY])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        files = {entry.name: tar.extractfile(entry).read() for entry in tar}
    manifest = files.pop("manifest.json")
    return {"manifest": manifest, "copy": b"".join(files[name] for name in sorted(files))}


def listed(dump: bytes) -> str:
    """The table of contents of a dump."""
    return subprocess.run(["pg_restore", "--list"], input=dump, capture_output=True, check=True).stdout.decode()


def beside(url: str, suffix: str) -> bool:
    """Whether there is a database beside the one at `url` that a restore or a drill fills."""
    name = f"{conninfo_to_dict(url)['dbname']}_{suffix}"
    with psycopg.connect(postgresql_place.named(url, "postgres")) as admin:
        return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None
