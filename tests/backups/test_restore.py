"""A copy takes the place of the database, which is kept aside; what was erased since does not come back."""

import datetime as dt
import shutil
import signal
import stat
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import cysqlite
import psycopg
import pytest
import time_machine

from backups import checks, manifest, postgresql_place, restore
from models import Audit, Contact, Dossier, Heartbeat, StaffSession, db
from models.staff.proof import Proof
from paths import MIGRATIONS, ROOT
from support.backups import OTHER, beside, copies, key_file, settings
from support.commands import run
from support.sending import close, environment
from support.site import running
from support.visitor import Visitor
from support.waiting import eventually

FLASK = [sys.executable, "-m", "flask", "--app", "app"]
LATER = """from peewee import *
def up(migrator, db):
    migrator.migrate(migrator.add_column('backup', 'later', IntegerField(default=7)))
"""


@pytest.fixture
def copy(site, folder, with_mail) -> Path:
    """A copy with one citizen and one row of the audit log."""
    return copied(site, folder)


@pytest.fixture
def small_copy(small, folder, with_mail) -> Path:
    return copied(small, folder)


def copied(site, folder) -> Path:
    Audit.record(None, "note")
    assert run(site, "backup", "create").exit_code == 0
    return copies(folder)[-1]


def later_copy(site) -> None:
    """A further copy: its name is that of another second."""
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1), tick=False):
        assert run(site, "backup", "create").exit_code == 0


def put_back(site, *arguments):
    """Restore, while nobody has the database open."""
    close()
    done = run(site, "backup", "restore", *map(str, arguments))
    db.connect(reuse_if_open=True)
    return done


@contextmanager
def one_more_connection(site):
    """Somebody else who has the database open and does nothing."""
    url = site.config["DATABASE_URL"]
    if url.startswith("postgresql"):
        with psycopg.connect(url):
            yield
        return
    code = "import cysqlite, sys; c = cysqlite.connect(sys.argv[1]); c.execute('SELECT 1 FROM staff'); print(1, flush=True); input()"
    command = [sys.executable, "-c", code, url.removeprefix("sqlite:///")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        yield
        other.kill()


def aside_of(site, said: str):
    """The number of contacts in the database that was replaced."""
    aside = said.partition("is now ")[2].partition(":")[0]
    if db.for_update:
        with psycopg.connect(postgresql_place.named(site.config["DATABASE_URL"], aside)) as old:
            count = old.execute("SELECT count(*) FROM contact").fetchone()
        with psycopg.connect(postgresql_place.named(site.config["DATABASE_URL"], "postgres"), autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {aside}")
        return count
    with closing(cysqlite.connect(aside)) as old:
        return old.execute("SELECT count(*) FROM contact").fetchone()


def test_what_was_lost_comes_back_and_what_was_erased_does_not(site, folder, with_mail, form, clerk, key):
    gone, stays = with_mail.contacts.get(), Dossier.announce(form, "en", "other", [("email", "another@example.org")])
    copy = copied(site, folder)  # with both
    StaffSession.open(Proof(clerk, "password"))
    gone.erase()
    Dossier.announce(form, "en", "since", [("email", "lost@example.org")])
    done = put_back(site, copy, "--identity", key, "--yes")
    assert done.exit_code == 0 and "1 erased again" in done.stdout, done.stderr
    assert {each.address for each in Contact.select()} == {"another@example.org"}
    assert {each.id for each in Dossier.select()} == {with_mail.id, stays.id}
    assert StaffSession.select().count() == 0
    last = Audit.select().order_by(Audit.id.desc()).get()
    assert (last.action, last.details["erased"], Audit.verify()[0]) == ("restored", 1, None)
    assert Visitor(site).get(f"/t/{stays.number}").title == "Not arrived yet"
    assert aside_of(site, done.stdout) == (2,)


def test_erased_address_is_not_in_the_bytes_of_the_restored_database(small, folder, small_copy, with_mail, key):
    path = Path(small.config["DATABASE_URL"].removeprefix("sqlite:///"))
    with_mail.contacts.get().erase()
    assert put_back(small, small_copy, "--identity", key, "--yes").exit_code == 0
    Audit.record(None, "note")
    assert all(b"somebody@" not in each.read_bytes() for each in path.parent.glob("etracking.db*"))


def test_database_that_is_lost_or_damaged_is_restored_with_the_journal_alone(small, folder, small_copy, with_mail, key):
    path = Path(small.config["DATABASE_URL"].removeprefix("sqlite:///"))
    path.chmod(0o640)
    with_mail.contacts.get().erase()
    later_copy(small)  # writes the journal
    close()
    path.write_bytes(b"not a database" * 1000)
    done = put_back(small, small_copy, "--identity", key, "--yes")
    assert done.exit_code == 0 and "1 erased again" in done.stdout, done.stderr
    assert Contact.select().count() == 0 and stat.S_IMODE(path.stat().st_mode) == 0o640
    close()
    for each in path.parent.glob("etracking.db*"):
        each.unlink()
    done = put_back(small, small_copy, "--identity", key, "--yes")
    assert "1 erased again" in done.stdout and "is now" not in done.stdout
    assert (Contact.select().count(), Dossier.select().count()) == (0, 1)


def test_restore_is_refused_while_anybody_has_the_database_open(site, folder, copy, with_mail, key):
    with_mail.contacts.get().erase()
    close()
    with one_more_connection(site):
        refused = put_back(site, copy, "--identity", key, "--yes")
    assert refused.exit_code == 1 and "stop web and worker first; the database is as it was" in refused.stderr
    assert Contact.select().count() == 0


def test_restore_is_refused_while_a_worker_lives_that_is_not_connected_just_now(site, folder, copy, with_mail, key):
    Heartbeat.beat("machine:1")
    refused = put_back(site, copy, "--identity", key, "--yes")
    assert refused.exit_code == 1 and "a worker is alive" in refused.stderr
    Heartbeat.stop("machine:1")
    done = put_back(site, copy, "--identity", key, "--yes")
    assert done.exit_code == 0 and aside_of(site, done.stdout) == (1,)


def test_restore_asks_first(small, folder, small_copy, key):
    close()
    answer = run(small, "backup", "restore", str(small_copy), "--identity", key, text="n\n")
    assert answer.exit_code == 1 and "What happened since is lost" in answer.stdout
    assert not list(Path(small.config["DATABASE_URL"].removeprefix("sqlite:///")).parent.glob("*.replaced-*"))


def test_without_the_journal_of_erasures_nobody_restores_by_chance(small, folder, small_copy, tmp_path, key):
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    small.config["BACKUP_DIR"] = str(moved)
    shutil.move(small_copy, moved)
    options = (moved / small_copy.name, "--identity", key, "--yes")
    refused = put_back(small, *options)
    assert refused.exit_code == 1 and "no journal of erasures" in refused.stderr
    assert put_back(small, *options, "--journal", folder / "erasures.jsonl").exit_code == 0


def test_copy_of_an_older_schema_is_brought_up(site, folder, copy, key, tmp_path, monkeypatch):
    newer = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, newer)
    (newer / "9999_later.py").write_text(LATER)
    for module in (checks, restore):
        monkeypatch.setattr(module, "MIGRATIONS", newer)
    done = put_back(site, copy, "--identity", key, "--yes")
    assert done.exit_code == 0 and "migrations: 9999_later" in done.stdout, done.stderr
    assert "later" in {column.name for column in db.get_columns("backup")}
    aside_of(site, done.stdout)


def test_copy_of_a_newer_release_is_refused(small, folder, key):
    db.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2026-11-30')")
    run(small, "backup", "create")
    refused = put_back(small, copies(folder)[0], "--identity", key, "--yes")
    assert refused.exit_code == 1 and "made by a newer release: this one does not know 9999_later" in refused.stderr


def test_copy_made_with_another_secret_needs_a_word_of_the_operator(small, folder, small_copy, key):
    url = small.config["DATABASE_URL"]
    other = running(url, SECRET_KEY="another secret of at least thirty-two characters", **settings(folder))
    refused = put_back(other, small_copy, "--identity", key, "--yes")
    assert refused.exit_code == 1 and "a key outside ETRACKING_KEYS, or is forged" in refused.stderr
    assert put_back(other, small_copy, "--identity", key, "--yes", "--other-secret").exit_code == 0


def test_copy_of_the_other_kind_of_database_is_refused(small, folder, small_copy, postgresql_url, key, tools):
    close()
    other = running(postgresql_url, **settings(folder))
    refused = put_back(other, small_copy, "--identity", key, "--yes")
    assert refused.exit_code == 1 and "names another kind of database" in refused.stderr


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda data: data[:-20], "damaged or cut off"),
        (lambda data: data[:-70_000], "damaged or cut off"),
        (lambda data: data[:100_000] + bytes([data[100_000] ^ 1]) + data[100_001:], "damaged or cut off"),
        (lambda data: data[:50], "damaged, or no file of age"),
        (lambda data: b"", "damaged, or no file of age"),
        (lambda data: b"SQLite format 3\0" * 100, "damaged, or no file of age"),
    ],
)
def test_copy_that_was_changed_or_cut_off_is_refused(small, folder, small_copy, key, spoil, why):
    small_copy.write_bytes(spoil(small_copy.read_bytes()))
    for act in (("restore", "--yes"), ("verify",)):
        close()
        refused = run(small, "backup", act[0], str(small_copy), "--identity", key, *act[1:])
        assert refused.exit_code == 1 and why in refused.stderr and len(refused.stderr.splitlines()) == 1


def test_key_may_come_by_the_input(small, folder, small_copy, key):
    assert run(small, "backup", "verify", "--identity", "-", text=Path(key).read_text()).exit_code == 0


def test_wrong_or_missing_private_key_is_said(small, folder, small_copy, tmp_path):
    wrong = key_file(tmp_path, OTHER)
    assert "was encrypted to another key" in run(small, "backup", "verify", "--identity", str(wrong)).stderr
    wrong.write_text("AGE-SECRET-KEY-1NOTHING")
    assert "holds no private key" in run(small, "backup", "verify", "--identity", str(wrong)).stderr


@pytest.mark.parametrize(("name", "value"), [("counts", {"contact": 2}), ("audit", "0" * 64)])
def test_database_that_is_not_what_the_manifest_says_is_refused(
    small, folder, small_copy, with_mail, key, monkeypatch, name, value
):
    look = manifest.look

    def mistaken(database, at):
        facts = look(database, at)
        changed = facts.counts | value if name == "counts" else value
        return manifest.Manifest(**{**vars(facts), name: changed})

    with monkeypatch.context() as patched:
        patched.setattr(manifest, "look", mistaken)
        later_copy(small)
    refused = run(small, "backup", "verify", "--identity", key)
    assert refused.exit_code == 1 and ("contact has 1 rows" in refused.stderr or "the audit log" in refused.stderr)


@pytest.mark.long
def test_killed_in_the_middle_it_leaves_the_database_as_it_was(site, folder, copy, with_mail, key):
    with_mail.contacts.get().erase()
    close()
    url = site.config["DATABASE_URL"]
    command = [*FLASK, "backup", "restore", copy, "--identity", key, "--yes"]
    started = subprocess.Popen(command, cwd=ROOT, env=environment(site), stdout=subprocess.DEVNULL)
    assert eventually(lambda: started.poll() is not None or unfinished(url), pause=0)
    started.send_signal(signal.SIGKILL)
    assert started.wait(60) == -signal.SIGKILL
    assert Contact.select().count() == 0
    done = put_back(site, copy, "--identity", key, "--yes")
    assert done.exit_code == 0 and not unfinished(url), done.stderr
    assert aside_of(site, done.stdout) == (0,)


def unfinished(url: str) -> bool:
    if url.startswith("sqlite"):
        return Path(f"{url.removeprefix('sqlite:///')}.restoring").exists()
    return beside(url, "restoring")


def test_drill_restores_checks_and_leaves_nothing(site, folder, copy, key):
    done = run(site, "backup", "verify", "--identity", key)
    assert done.exit_code == 0 and f"{copy.name} can be restored" in done.stdout, done.stderr
    assert f"last seal {Audit.get().seal}" in done.stdout
    assert {path.name for path in folder.iterdir()} == {".lock", "erasures.jsonl", copy.name}
    if db.for_update:
        assert not beside(site.config["DATABASE_URL"], "verify")
