"""While a release is rolled out, the one before runs on the new schema: migrations expand, then contract."""

import re
import shutil
from pathlib import Path

import pytest
from playhouse.migrations import Runner

from models import Dossier, Notification, Staff, db
from models.dossiers.number import parse
from paths import MIGRATIONS, ROOT
from support import previous_release
from support.commands import run
from support.desk_pages import move
from support.schema import allowed, tables, taken_away
from support.sending import close
from support.site import SETTINGS, running, signed_in
from support.visitor import Visitor
from web.database import create_file
from web.schema import KNOWN
from web.state import state

LIFE = ROOT / "tests" / "support" / "a_life.py"
FIRST = "0016_notifications"  # from the next one on, migrations only add
# Tests of the release before that go through most of what it writes; all of them take a quarter of an hour.
SUITES = (
    "tests/desk/test_desk.py",
    "tests/desk/test_post_bag.py",
    "tests/public",
    "tests/notifications/test_contacts.py",
)


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> Path:
    """The folder with the code of the release before."""
    folder = tmp_path_factory.mktemp("before")
    previous_release.unpack(folder)
    return folder


def life(before: Path, *words: str) -> str:
    """What the release before prints."""
    done = previous_release.run(before, str(LIFE), *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.long
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_release_before_runs_on_the_new_schema_and_each_reads_what_the_other_wrote(before, kind, request, tmp_path):
    where = (request.getfixturevalue(f"{kind}_url"), SETTINGS["SECRET_KEY"], str(tmp_path / "inbox"))
    number = life(before, "live", *where)
    app = running(where[0], INBOX=True, INBOX_DIR=where[2], UNDO_SECONDS=0)
    db.connect(reuse_if_open=True)
    assert Visitor(app).get(f"/t/{number}").title == "Being examined"
    move(signed_in(app, Staff.get()), Dossier.get(Dossier.number == parse(number)), "decided")
    assert run(app, "notifications", "send", "--once").exit_code == 0
    db.connect(reuse_if_open=True)
    assert {row.state for row in Notification.select()} <= {"sent", "superseded"}
    close()
    assert life(before, "read", *where, number) == "Decided"


def failed(release: Path, runs: Path, *tests: str) -> set[str]:
    """Those of its own `tests` that fail in the folder of a release."""
    options = ("-q", "-p", "no:cacheprovider", "-m", "not slow and not browser", f"--basetemp={runs}")
    done = previous_release.run(release, "-m", "pytest", *options, *tests, timeout=1800)
    assert done.returncode in (0, 1), done.stdout[-3000:]
    return set(re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.M))


@pytest.mark.slow
def test_the_tests_of_the_release_before_pass_on_the_new_schema(before, tmp_path):
    """All but those that fail on its own schema as well: at some commits a test was wrong."""
    shutil.copytree(MIGRATIONS, before / "migrations", dirs_exist_ok=True)
    if broken := failed(before, tmp_path / "runs", *SUITES):
        (alone := tmp_path / "alone").mkdir()
        previous_release.unpack(alone)
        assert broken - failed(alone, tmp_path / "runs", *broken) == set()


def test_every_migration_only_adds_unless_its_name_says_otherwise(empty):
    with empty.app_context():
        migrations = database(empty)
        migrations.up(FIRST)
        for name in KNOWN[KNOWN.index(FIRST) + 1 :]:
            old = tables()
            migrations.up(name)
            assert allowed(name) or taken_away(old, tables()) == [], name


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DROP TABLE note", "table note is gone"),
        ("ALTER TABLE note DROP COLUMN encrypted_text", "note.encrypted_text is gone"),
        ("ALTER TABLE dossier ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'", ""),
        ("ALTER TABLE dossier ADD COLUMN colour TEXT", ""),
        ("CREATE INDEX dossier_language ON dossier (language)", ""),
        ("CREATE UNIQUE INDEX note_at ON note (at)", "note must be unique in at"),
    ],
)
def test_what_a_migration_takes_away_is_found(either, statement, what):
    old = tables()
    with db.atomic() as change:
        db.execute_sql(statement)
        assert taken_away(old, tables()) == ([what] if what else [])
        change.rollback()


def database(app) -> Runner:
    """The migrations of a new database that is connected."""
    if not db.for_update:
        create_file(state(app).database)
    db.connect(reuse_if_open=True)
    return Runner(state(app).database, str(MIGRATIONS))
