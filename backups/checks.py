"""What must be true of a restored copy before anybody relies on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backups import manifest, sqlite
from backups.errors import BackupError
from backups.manifest import Manifest
from models import Audit, Contact, Heartbeat, Totp, db
from models.notifications.contact import hashes
from models.security import keys
from paths import MIGRATIONS

SAMPLE = 200  # values that are tried with the keys
ENCRYPTED_SINCE = "0031_contract_clear_columns"


@contextmanager
def using(database: Any) -> Iterator[None]:
    """Let all models query `database` inside the block."""
    before = db.obj
    db.initialize(database)
    try:
        yield
    finally:
        db.initialize(before)


def close(database: Any) -> None:
    """Close all connections to `database`, those that a pool keeps, too."""
    database.close()
    if database.for_update:
        database.close_all()


def refuse_workers() -> None:
    """Raise BackupError if a worker has just written that it lives, and not that it ended."""
    known = Heartbeat.table_exists()  # type: ignore[no-untyped-call]  # not in an older schema
    if known and Heartbeat.running():
        raise BackupError("a worker is alive: stop all of them first; one that was killed counts for two minutes more")


def check(database: Any, facts: Manifest, any_secret: bool = False) -> None:
    """Raise BackupError unless the restored `database` is whole and is what its manifest says.

    With `any_secret`, it does not have to fit the key ring.
    """
    known = {path.stem for path in MIGRATIONS.glob("[0-9]*.py")}
    if newer := sorted(set(facts.schema) - known):
        raise BackupError(f"the copy was made by a newer release: this one does not know {newer[0]}")
    if not database.for_update:
        sqlite.check(database)
    found = manifest.look(database, facts.made)
    for table in sorted(facts.counts.keys() | found.counts.keys()):
        if (rows := found.counts.get(table)) != (expected := facts.counts.get(table)):
            raise BackupError(f"the table {table} has {rows} rows in the copy, and {expected} in its manifest")
    with using(database):
        _check_audit(facts)
        if not any_secret:
            _check_keys(database, facts)


def _check_audit(facts: Manifest) -> None:
    bad, last = Audit.verify()
    if bad:
        raise BackupError(f"row {bad} of the audit log in the copy was changed, removed or put in")
    if (last.seal if last else "") != facts.audit:
        raise BackupError("the audit log in the copy does not end with the seal of its manifest")


def _check_keys(database: Any, facts: Manifest) -> None:
    """Try a sample of what was hashed or encrypted with the keys of the ring."""
    fits = _readable() if ENCRYPTED_SINCE in facts.schema else _fits_in_clear(database)
    if fits and not any(fits):
        raise BackupError("ETRACKING_KEYS has no key of this copy: nothing encrypted can be read with it")


def _readable() -> list[bool]:
    contacts = Contact.select().order_by(Contact.id.desc()).limit(SAMPLE)
    return [row.readable for row in (*contacts, *Totp.select(Totp.staff, Totp.secret).limit(SAMPLE))]


def _fits_in_clear(database: Any) -> list[bool]:
    """The same for a copy of before addresses were encrypted."""
    query = f"SELECT channel, address, address_hash FROM contact ORDER BY id DESC LIMIT {SAMPLE}"  # noqa: S608
    rows = database.execute_sql(query).fetchall()
    apps = database.execute_sql(f"SELECT staff_id, secret FROM totp LIMIT {SAMPLE}").fetchall()  # noqa: S608
    fits = [known in hashes(channel, address) for channel, address, known in rows]
    return fits + [keys.decrypt(f"totp {staff}", secret) is not None for staff, secret in apps]
