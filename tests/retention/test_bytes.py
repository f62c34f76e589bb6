"""What was erased is in no file an hour later: not in the database, nor its log, nor a free page; nor after a restore."""

import secrets
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from queue import SimpleQueue

import cysqlite
import pytest

from commands import erasing
from commands.worker import Worker
from models import MODELS, Contact, Dossier, Event, Note, Notification, Sweep, db
from models.base import make_database
from models.security.encrypted import Sealed, SealedModel, encrypted_fields
from models.sweep import BYTES, RULES, clear_bytes
from support.backups import copies, key_file, settings
from support.commands import run
from support.erasing import DAY, later, worked
from support.moves import in_status
from support.sending import close
from support.site import running
from support.waiting import eventually

CANARY = "canary-of-the-mailbox"


def holding(folder: Path, *texts: str) -> list[str]:
    """The files below `folder` in which one of `texts` stands."""
    wanted = [text.encode() for text in texts]
    return [
        f"{path.name}: {text.decode()}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for text in wanted
        if text in path.read_bytes()
    ]


def planted(form, clerk, many: int = 30) -> None:
    """Withdrawn dossiers with canaries in every text that a person can be in, among others that stay."""
    for n in range(many):
        dossier = in_status(form, "withdrawn" if n % 3 else "received", clerk, [("email", f"{CANARY}.{n}@example.org")])
        Note.write(dossier, clerk, f"note {CANARY} " * (1 + n * 20 % 300))
        for event in dossier.history.rows:
            noted = event.sealed("note", f"public {CANARY} " * (1 + n * 7 % 200))
            Event.update(note=noted).where(Event.id == event.id).execute()
        told = Notification.event.in_(Event.select(Event.id).where(Event.dossier == dossier))
        written = {"subject": CANARY, "text": f"{CANARY} {secrets.token_hex(n * 40)}"}
        at = dossier.created_at
        for notification in list(Notification.select().where(told)):
            notification.keep_text(written)
        Notification.update(state="sent", run_at=None, sent_at=at, tried_at=at).where(told).execute()


def encrypted(*models: type[SealedModel]) -> list[str]:
    """How the encrypted values begin that stand in the database now: no two begin alike."""
    rows = [row for model in models or (Contact, Event, Note, Notification) for row in model.select()]
    values = [row.__data__[field.name] for row in rows for field in encrypted_fields(type(row))]
    return [value[:60] for value in values if value]


def test_nothing_erased_is_in_any_file_after_the_workers_hour(app, form, clerk, tmp_path):
    app.config |= {"INBOX": True, "INBOX_DIR": str(tmp_path / "inbox")}
    planted(form, clerk)
    Dossier.update(status="withdrawn").execute()  # all of them, as if by a move
    for event in list(Event.select().where(Event.kind == "received")):
        note, event.kind = event.note, "withdrawn"
        sealed = event.sealed("note", note)
        Event.update(kind="withdrawn", to_status="withdrawn", note=sealed).where(Event.id == event.id).execute()
    values = encrypted()
    app.config["MAIL_SENDER"] = "noreply@example.lu"
    Dossier.announce(form, "en", "mailed", [("email", f"{CANARY}.inbox@example.org")])
    assert run(app, "notifications", "send", "--once").exit_code == 0
    assert {line.partition(":")[0] for line in holding(tmp_path, *values)} <= {"etracking.db", "etracking.db-wal"}
    assert len(holding(tmp_path, *values)) >= len(values) > 100
    assert [path for path in (tmp_path / "inbox").iterdir() if CANARY.encode() in path.read_bytes()]
    db.connect(reuse_if_open=True)
    with later(366 * DAY):
        found = worked(app)
    assert found["dossier"] == 30 and found["inbox"] == 1
    assert holding(tmp_path, CANARY, *values) == []


def test_bytes_go_although_readers_are_busy(app, with_mail, tmp_path):
    """A reader in the middle of its rows keeps the log; once it is done, the next try cuts it."""
    reader = cysqlite.connect(str(tmp_path / "etracking.db"))
    rows = reader.execute("SELECT * FROM procedure")
    rows.fetchone()
    values = encrypted(Contact)
    with_mail.contacts.get().erase()
    job = erasing.Erasing()
    with app.app_context():
        while job._steps is not None or job._begin_at == 0:
            job.step()
        job.step()
        assert not clear_bytes(MODELS) and holding(tmp_path, *values)
        reader.close()
        del rows
        job._clear_at = 0.0
        job.step()
    db.connect(reuse_if_open=True)
    assert holding(tmp_path, *values) == [] and Sweep.last(BYTES)


def test_every_connection_overwrites_what_it_deletes(app, tmp_path):
    """The pragma is one of a connection: who opens the file in another way leaves what is deleted in its pages."""
    assert db.execute_sql("PRAGMA secure_delete").fetchone()[0] == 1
    other = make_database(app.config["DATABASE_URL"])
    with other.connection_context():
        assert other.execute_sql("PRAGMA secure_delete").fetchone()[0] == 1
    other.close()
    plain = tmp_path / "plain.db"
    with sqlite3.connect(plain) as connection:
        connection.execute("PRAGMA secure_delete = 0")
        connection.execute("CREATE TABLE contact (address TEXT)")
        connection.execute("INSERT INTO contact VALUES (?)", (CANARY,))
        connection.commit()
        connection.execute("DELETE FROM contact")
    connection.close()
    assert holding(tmp_path, CANARY) == ["plain.db: " + CANARY], "the search would notice"


def test_pages_that_move_leave_nothing_behind(app, form, tmp_path):
    """Rows of all lengths come and go, so that pages are split, joined and freed."""
    dossier = Dossier.announce(form, "en", "many")
    same = {"dossier": dossier, "channel": "email", "language": "en", "created_at": dossier.created_at}
    for turn in range(6):
        rows = [
            same
            | {"address": Sealed(f"{CANARY}.{turn}.{n}.{'x' * (n * 7 % 180)}"), "address_hash": f"{CANARY}{turn}.{n}"}
            for n in range(400)
        ]
        Contact.insert_many(rows).execute()
        Contact.delete().where(Contact.id % 3 != turn % 3).execute()
    Contact.delete().execute()
    clear_bytes(MODELS)
    assert holding(tmp_path, CANARY) == []


def test_pages_that_were_split_leave_nothing_behind(app, form, tmp_path):
    """SQLite does not overwrite a row where it stood before it was moved to another page; the file is rebuilt for that."""
    dossier = Dossier.announce(form, "en", "many")
    same = {"dossier": dossier, "channel": "email", "language": "en", "created_at": dossier.created_at}
    named = [f"{CANARY}.{n:04}." for n in range(900)]
    short = [same | {"address": Sealed(name), "address_hash": name[::-1]} for name in named]
    for begin in range(0, 900, 300):
        Contact.insert_many(short[begin : begin + 300]).execute()
    first = Contact.select().order_by(Contact.id).get().id
    for n in range(900):
        place = n * 337 % 900  # in no order
        longer = Sealed(named[place] + "x" * (place * 7 % 180))
        Contact.update(address=longer).where(Contact.id == first + place).execute()
    Contact.delete().where(Contact.id.in_([first + n for n in range(900) if (first + n) % 4])).execute()
    gone = [name for n, name in enumerate(named) if (first + n) % 4]
    clear_bytes(MODELS)
    assert holding(tmp_path, *gone), "what is tried here would not happen"
    assert run(app, "retention", "run").exit_code == 0
    assert holding(tmp_path, *gone) == [] and holding(tmp_path, CANARY)
    db.connect(reuse_if_open=True)


def test_nothing_comes_back_with_a_restore(sqlite_url, form_of, tmp_path, caplog):
    folder, key = tmp_path / "backups", key_file(tmp_path)
    app = running(sqlite_url, **settings(folder))
    db.connect(reuse_if_open=True)
    form, clerk = form_of()
    planted(form, clerk, 6)
    by_hand = Dossier.announce(form, "en", "by-hand", [("email", f"{CANARY}.hand@example.org")])
    values = {contact.address.split("@")[0]: contact.__data__["address"] for contact in Contact.select()}
    assert run(app, "backup", "create").exit_code == 0
    db.connect(reuse_if_open=True)
    by_hand.contacts.get().erase()
    with later(366 * DAY):
        close()
        done = run(app, "backup", "restore", str(copies(folder)[-1]), "--identity", str(key), "--yes")
        assert done.exit_code == 0 and "that have become due" in done.stdout, done.stderr
        db.connect(reuse_if_open=True)
        assert not [contact for contact in Contact.select() if "hand" in contact.address]
        assert Dossier.select().where(Dossier.status == "withdrawn").count() == 0
    open_ones = [values[f"{CANARY}.{n}"] for n in range(0, 6, 3)]
    gone = [values[f"{CANARY}.{n}"] for n in range(6) if n % 3] + [values[f"{CANARY}.hand"], CANARY]
    assert holding(tmp_path, *open_ones), "open dossiers stay"
    with app.app_context():
        erasing.tell(Counter())
    assert "nothing is erased in what a restore has put aside, remove it: etracking.db.replaced-" in caplog.text
    current = [line for line in holding(tmp_path, *gone) if ".replaced-" not in line]
    assert current == []
    close()


@pytest.fixture
def form_of(request):
    """The form and a clerk, once the database is there."""
    return lambda: (request.getfixturevalue("form"), request.getfixturevalue("clerk"))


def test_command_does_the_same_and_says_what(either, with_mail):
    Notification.update(state="sent", run_at=None).execute()
    with later(15 * DAY):
        done = run(either, "retention", "run")
    assert done.exit_code == 0 and "unconfirmed  1\n" in done.stdout and "retention: 1 rows erased\n" in done.stdout
    db.connect(reuse_if_open=True)
    assert not Contact.select().exists()


def test_killed_process_leaves_whole_rows(app, form, clerk, tmp_path):
    """SIGKILL in the middle of a run: each piece is there or gone, and the next run does the rest."""
    planted(form, clerk, 9)
    close()
    code = (
        "import os, signal, sys\nfrom support.site import running\nfrom commands import erasing\nfrom models import retention\n"
        "retention.ROWS_AT_ONCE = 1\napp = running(sys.argv[1], RETENTION_DOSSIER_DAYS=1, RETENTION_CONTACT_DAYS=1)\n"
        "import time_machine, datetime as dt\n"
        "time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=2), tick=False).start()\n"
        "with app.app_context():\n    for name, _n in erasing.steps():\n"
        "        if name == 'dossier':\n            os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, app.config["DATABASE_URL"]],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ".:tests", "FLASK_SKIP_DOTENV": "1"},
        timeout=120,
    )
    assert done.returncode == -9, done.stderr
    db.connect(reuse_if_open=True)
    left = Dossier.select().where(Dossier.status == "withdrawn").count()
    assert left == 5 and not db.execute_sql("PRAGMA foreign_key_check").fetchall()
    with later(366 * DAY):
        assert worked(app)["dossier"] == 5


def test_worker_erases_by_itself(app, with_mail):
    """The worker as it serves, with its threads: what is due is gone soon after its start."""
    Contact.update(created_at=with_mail.created_at - 91 * DAY).execute()
    requests: SimpleQueue[str] = SimpleQueue()
    close()
    serving = threading.Thread(target=serve, args=(app, requests))
    serving.start()
    done = eventually(swept)
    requests.put("leave")
    serving.join()
    db.connect(reuse_if_open=True)
    assert done and not Contact.select().exists()


def serve(app, requests: "SimpleQueue[str]") -> None:
    with app.app_context():
        Worker().work(requests)


def swept() -> bool:
    with db.connection_context():
        return bool(Sweep.last(RULES) and Sweep.last(BYTES))
