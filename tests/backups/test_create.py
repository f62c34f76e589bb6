"""A copy is complete, checked and encrypted, or there is none, and nothing else was changed."""

import datetime as dt
import fcntl
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys

import pytest
import time_machine

from models import Audit, Backup, Contact, Dossier, Erasure, db
from paths import ROOT
from support.backups import IDENTITY, OTHER, copies, listed, opened
from support.commands import run
from support.sending import environment
from support.waiting import eventually

FLASK = [sys.executable, "-m", "flask", "--app", "app"]
OLD = "etracking-20261101T000000Z.age"


def test_copy_holds_every_row_and_says_so(site, folder, with_mail):
    Audit.record(None, "note")
    done = run(site, "backup", "create")
    assert (done.exit_code, done.stderr) == (0, "")
    [path] = copies(folder)
    assert str(path) in done.stdout and stat.S_IMODE(path.stat().st_mode) == 0o600
    copy, manifest = opened(path)["copy"], json.loads(opened(path)["manifest"])
    assert manifest["counts"]["contact"] == 1 and manifest["counts"]["dossier"] == 1
    assert manifest["audit"] == Audit.get().seal
    if db.for_update:
        assert "TABLE DATA public contact" in listed(copy)
    else:
        (folder / "plain.db").write_bytes(copy)
        with sqlite3.connect(folder / "plain.db") as found:
            [(address,)] = found.execute("SELECT encrypted_address FROM contact").fetchall()
            assert address == Contact.get().__data__["address"]


def test_folder_holds_nothing_that_can_be_read_without_the_key(site, folder, with_mail):
    assert run(site, "backup", "create").exit_code == 0
    assert {path.name for path in folder.iterdir()} == {".lock", "erasures.jsonl", copies(folder)[0].name}
    assert all(b"somebody" not in path.read_bytes() for path in folder.iterdir())
    assert (
        copies(folder)[0].read_bytes().startswith(b"age-encryption.org/v1\n")
    )  # inside it is compressed: no word shows


def test_last_success_is_recorded_for_the_monitor(site, folder):
    assert Backup.last("created") is None
    run(site, "backup", "create")
    last = Backup.last("created")
    assert last.size == copies(folder)[0].stat().st_size and 0 < last.seconds < 60


def test_erasures_go_into_the_journal_beside_the_copies(site, folder, with_mail):
    contact = with_mail.contacts.get()
    contact.erase()
    run(site, "backup", "create")
    run(site, "backup", "create")
    [line] = (folder / "erasures.jsonl").read_text().splitlines()
    assert json.loads(line)[:3] == ["contact", contact.id, contact.created_at.isoformat()]
    assert Erasure.get().journaled


def test_second_copy_of_the_same_second_takes_the_place_of_none(small, folder):
    with time_machine.travel("2026-11-30T12:00Z", tick=False):
        assert run(small, "backup", "create").exit_code == 0
        before = copies(folder)[0].read_bytes()
        assert "is there already" in run(small, "backup", "create").stderr
    assert [path.read_bytes() for path in copies(folder)] == [before]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("BACKUP_RECIPIENT", "", "no copy is ever written in clear"),
        ("BACKUP_DIR", "", "ETRACKING_BACKUP_DIR is needed"),
    ],
)
def test_without_key_or_folder_there_is_no_copy(small, folder, name, value, why):
    small.config[name] = value
    refused = run(small, "backup", "create")
    assert refused.exit_code == 1 and why in refused.stderr and not folder.exists()


def test_each_of_several_keys_opens_the_copy(small, folder, tmp_path):
    small.config["BACKUP_RECIPIENT"] = f"{OTHER.to_public()} {IDENTITY.to_public()}"
    run(small, "backup", "create")
    assert opened(copies(folder)[0])["manifest"]


def test_damaged_database_gives_no_copy_and_old_ones_stay(small, folder, with_mail):
    folder.mkdir()
    (folder / OLD).write_bytes(b"old")
    db.execute_sql("PRAGMA foreign_keys = 0")
    db.execute_sql("DELETE FROM event")
    refused = run(small, "backup", "create")
    assert refused.exit_code == 1 and "the database is damaged" in refused.stderr
    assert [path.name for path in copies(folder)] == [OLD]


def test_two_at_once_make_one_copy(small, folder):
    folder.mkdir()
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = run(small, "backup", "create")
    assert refused.exit_code == 1 and "another backup is running" in refused.stderr and not copies(folder)


def test_missing_tools_are_named(site, folder, monkeypatch):
    if not db.for_update:
        pytest.skip("SQLite needs none")
    monkeypatch.setenv("PATH", "/nowhere")
    refused = run(site, "backup", "create")
    assert refused.exit_code == 1 and "pg_dump is not installed" in refused.stderr and not copies(folder)


def test_full_disk_leaves_the_old_copies_and_nothing_else(site, folder, with_mail):
    folder.mkdir()
    if os.getuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", folder]).returncode:
        pytest.skip("needs root, to mount a small disk")
    try:
        (folder / OLD).write_bytes(b"old")
        refused = run(site, "backup", "create")
        assert refused.exit_code == 1 and len(refused.stderr.splitlines()) == 1, refused.stderr
        assert "full" in refused.stderr or "No space left" in refused.stderr
        assert {path.name for path in folder.iterdir()} <= {".lock", OLD, "erasures.jsonl"}
        assert (folder / OLD).read_bytes() == b"old" and Backup.last("created") is None
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_stopped_in_the_middle_it_leaves_no_copy_and_the_next_one_succeeds(site, folder, how):
    folder.mkdir()
    (folder / OLD).write_bytes(b"old")
    held = environment(site) | {"PYTHONPATH": str(ROOT / "tests" / "support" / "held")}
    started = subprocess.Popen([*FLASK, "backup", "create"], cwd=ROOT, env=held, stderr=subprocess.PIPE)
    assert eventually(lambda: started.poll() is not None or (folder / ".held").exists())
    started.send_signal(how)
    _out, said = started.communicate(timeout=60)
    assert started.returncode and copies(folder) == [folder / OLD], said
    if how == signal.SIGTERM:
        assert b"no copy was added or removed" in said and not any(folder.glob(".unfinished-*"))
    again = run(site, "backup", "create")
    assert again.exit_code == 0, again.output
    assert len(copies(folder)) == 2 and not any(folder.glob(".unfinished-*"))


@pytest.mark.long
def test_copy_is_made_while_somebody_writes_and_holds_nothing_half_done(small, folder, form):
    with db.atomic():
        Dossier.announce(form, "en", "not yet committed")
        command = [*FLASK, "backup", "create"]
        done = subprocess.run(command, cwd=ROOT, env=environment(small), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "the copy is complete, but the database is locked" in done.stderr
    assert json.loads(opened(copies(folder)[0])["manifest"])["counts"]["dossier"] == 0


def test_weeks_of_copies_are_thinned_out_and_none_is_older_than_it_may_be(small, folder):
    folder.mkdir()
    now = dt.datetime(2026, 11, 30, 12, 30, tzinfo=dt.UTC)
    for hours in range(24 * 60):
        at = now - dt.timedelta(hours=hours, minutes=30)
        (folder / f"etracking-{at:%Y%m%dT%H%M%SZ}.age").touch()
    with time_machine.travel(now, tick=False):
        assert run(small, "backup", "create").exit_code == 0
    ages = [now - dt.datetime.strptime(path.name[10:26], "%Y%m%dT%H%M%S%z") for path in reversed(copies(folder))]
    assert max(ages) <= dt.timedelta(days=30) and len(ages) <= 25 + 8 + 5
    assert [age for age in ages if age <= dt.timedelta(days=1)] == [
        dt.timedelta(0),
        *(dt.timedelta(hours=hours, minutes=30) for hours in range(24)),
    ]
    assert len({age.days for age in ages if age <= dt.timedelta(days=7)}) == 7


def test_clock_that_ran_ahead_does_not_remove_what_there_is(small, folder):
    folder.mkdir()
    for day in range(1, 21):
        (folder / f"etracking-202611{day:02}T000000Z.age").touch()
    with time_machine.travel("2027-11-30T12:00Z", tick=False):
        run(small, "backup", "create")
    assert len(copies(folder)) == 7
    for hour in range(8):
        with time_machine.travel(f"2026-11-30T{hour + 12}:00Z", tick=False):
            run(small, "backup", "create")
    assert not [path for path in copies(folder) if "2027" in path.name]


def test_keys_are_a_pair_that_age_reads(small):
    shown = run(small, "backup", "keys")
    comment, private = shown.stdout.splitlines()
    assert comment.startswith("# public key: age1") and private.startswith("AGE-SECRET-KEY-1")
    assert shown.stderr == f"ETRACKING_BACKUP_RECIPIENT={comment.removeprefix('# public key: ')}\n"
