"""What a copy says about itself: its schema, rows of each table, the last seal of the audit log, and a checksum.

The manifest is sealed with the newest key: whoever can write into the folder of the backups, but has no key,
cannot put a database of their own into it.
"""

import datetime as dt
import hmac
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from backups.errors import BackupError
from models.security import keys

HISTORY = "schema_migration"  # the table in which Peewee's runner keeps the names of the migrations
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """The facts about a copy."""

    engine: str  # "sqlite" or "postgresql"
    made_at: str  # ISO 8601, UTC
    schema: list[str]  # the names of its migrations
    counts: dict[str, int]  # rows of each table
    audit: str  # the last seal of the audit log; empty if there is none
    sha256: str = ""  # of the copy
    format: int = FORMAT

    def sealed(self, sha256: str) -> bytes:
        """The manifest of the copy with this checksum, as JSON with its seal."""
        facts = asdict(replace(self, sha256=sha256))
        return json.dumps(facts | {"seal": _seals(facts)[0]}, indent=1).encode()

    @property
    def made(self) -> dt.datetime:
        """When the copy was made."""
        return dt.datetime.fromisoformat(self.made_at)


def look(database: Any, at: dt.datetime) -> Manifest:
    """The facts about `database`, read in the transaction that is open."""
    tables = sorted(database.get_tables())
    counts = {table: _value(database, f'SELECT count(*) FROM "{table}"') for table in tables}  # noqa: S608
    names = f"SELECT name FROM {HISTORY} ORDER BY name"  # noqa: S608
    schema = [name for (name,) in database.execute_sql(names).fetchall()] if HISTORY in tables else []
    if not schema:
        raise BackupError("this database has no schema of eTracking: run `db upgrade` first")
    seal = _value(database, "SELECT seal FROM audit ORDER BY id DESC LIMIT 1") if "audit" in tables else None
    engine = "postgresql" if database.for_update else "sqlite"
    return Manifest(engine, at.isoformat(), schema, counts, seal or "")


def read(text: bytes, sha256: str, any_secret: bool = False) -> Manifest:
    """The manifest in `text` of the copy with this checksum. Raises BackupError unless both are as they were written.

    With `any_secret`, it may have been sealed with a key that is not in the ring.
    """
    try:
        facts = json.loads(text)
        seal = facts.pop("seal")
        manifest = Manifest(**facts)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BackupError("the manifest of the copy cannot be read: it was made by another release") from None
    if not any_secret and not any([hmac.compare_digest(seal, genuine) for genuine in _seals(facts)]):
        raise BackupError("the copy was made with a key outside ETRACKING_KEYS, or is forged (see --other-secret)")
    if manifest.sha256 != sha256:
        raise BackupError("the copy is not the one that its manifest describes")
    return manifest


def _seals(facts: dict[str, Any]) -> list[str]:
    """The seal by each key of the ring, newest first."""
    return keys.digests("backup", json.dumps(facts, sort_keys=True))


def _value(database: Any, query: str) -> Any:
    row = database.execute_sql(query).fetchone()
    return row[0] if row else None
