"""/readyz in every broken state that an operator meets: it says which, in bounded time, and to nobody else."""

import datetime as dt
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import psycopg
import pytest
from playhouse.migrations import Runner

from commands.worker import Worker
from models import Dossier, Heartbeat, Notification, db, make_database, now
from models.base import as_if
from models.notifications.channel import Channel
from paths import MIGRATIONS
from support.sending import close
from support.site import running
from web.database import create_file
from web.schema import KNOWN
from web.state import state

WORKER = "host:1"
PATIENCE = 4.0  # seconds


@pytest.fixture
def ready(either):
    """The site on either database, with a worker."""
    Heartbeat.beat(WORKER)
    return either


def ask(app, path: str = "/readyz", **headers: str):
    """What is told on this machine, without what the process remembers."""
    state(app).forget()
    started = time.monotonic()
    answer = app.test_client().get(path, headers=headers)
    assert time.monotonic() - started < PATIENCE
    return answer


def red(app, path: str = "/readyz") -> dict[str, str]:
    """The lines of an answer that says no."""
    answer = ask(app, path)
    assert answer.status_code == 503, answer.text
    return {line.partition(": ")[0]: line.partition(": ")[2] for line in answer.text.splitlines()}


def test_all_is_right(ready):
    assert (ask(ready).status_code, ask(ready).text) == (200, "ok\n")


def test_no_worker_was_ever_started(either):
    assert red(either)["worker"] == "none has been heard of"
    assert ask(either, "/readyz?only=web").status_code == 200, "pages need none"


def test_the_worker_died(ready):
    with as_if(now() - dt.timedelta(seconds=400)):
        Heartbeat.beat(WORKER)
    assert red(ready)["worker"] in ("last heard of 400 s ago", "last heard of 401 s ago")


def test_a_worker_with_a_clock_a_day_ahead_does_not_look_alive(ready):
    with as_if(now() + dt.timedelta(days=1)):
        Heartbeat.beat(WORKER)
    assert "its clock is 86,4" in red(ready)["worker"] or "its clock is 86,39" in red(ready)["worker"]
    Heartbeat.beat("host:2")
    assert ask(ready).status_code == 200, "another one lives"


def test_mail_has_not_got_through_for_too_long(ready, with_mail):
    Notification.update(state="deferred", tried_at=now() - dt.timedelta(seconds=3700)).execute()
    assert red(ready)["notifications"].startswith("the oldest email waits for 3,70")
    assert ask(ready, "/readyz?only=web").status_code == 200
    Channel.insert(name="email", last_success_at=now()).execute()
    assert ask(ready).status_code == 200, "others get through: it is that one mailbox"


def test_a_migration_is_missing(ready):
    rows = history(ready)
    rows.delete().where(rows.name == KNOWN[-1]).execute()
    lines = red(ready, "/readyz?only=web")
    assert lines["schema"].startswith(f"the schema lacks {KNOWN[-1]}") and lines["database"] == "ok"


def test_a_newer_release_has_taken_away_what_this_one_needs(ready):
    history(ready).create(name="9999_contract_drop_something")
    assert "newer release" in red(ready)["schema"]


def history(app):
    return Runner(state(app).database, str(MIGRATIONS)).History


def test_the_database_is_empty(empty):
    if not db.for_update:
        assert "there is no database at" in red(empty)["database"]
        create_file(state(empty).database)
        assert "is empty" in red(empty)["database"]
        with db.connection_context():
            db.execute_sql("CREATE TABLE other (id INTEGER)")
    assert "no tables of eTracking" in red(empty)["schema"]


def test_sqlite_is_locked_for_long(app):
    Heartbeat.beat(WORKER)
    other = make_database(app.config["DATABASE_URL"])
    with other.connection_context(), other.atomic("IMMEDIATE"):
        assert "locked" in red(app)["database"]
    assert ask(app).status_code == 200


@pytest.mark.long
def test_a_table_of_postgresql_is_locked_for_long(postgresql_url):
    app = running(postgresql_url)
    with psycopg.connect(postgresql_url) as other:
        other.execute("LOCK TABLE heartbeat IN EXCLUSIVE MODE")
        assert red(app)["database"] == "no answer within 2.5 seconds"
    close()


def test_postgresql_is_read_only(postgresql_url):
    """As a stand-by is, or a server whose disk is full."""
    app = running(postgresql_url)
    with psycopg.connect(postgresql_url, autocommit=True) as other:
        other.execute("ALTER DATABASE " + other.info.dbname + " SET default_transaction_read_only = on")
        close()
        assert "read-only" in red(app)["database"]
        other.execute("SET default_transaction_read_only = off")
        other.execute("ALTER DATABASE " + other.info.dbname + " RESET default_transaction_read_only")
    close()


def test_postgresql_is_stopped():
    app = running("postgresql://postgres@127.0.0.1:1/etracking")
    assert "connection" in red(app)["database"]
    close()


@pytest.mark.long
def test_postgresql_does_not_answer():
    """Its machine hangs: the connection is there, and nothing ever comes."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app = running(f"postgresql://postgres@127.0.0.1:{silent.getsockname()[1]}/etracking")
        assert red(app)["database"] == "no answer within 2.5 seconds"
        assert red(app)["disk"] == "ok"
    close()


def test_the_file_is_gone(app):
    Heartbeat.beat(WORKER)
    path = Path(state(app).database.database)
    path.rename(path.with_name("elsewhere.db"))
    assert "there is no database at" in red(app)["database"] and not path.exists()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own."""
    if os.geteuid():
        pytest.skip("only root can mount a disk")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        close()
        subprocess.run(["umount", folder], check=True)


def test_the_disk_is_full_and_then_read_only(stocked_sqlite, tmp_path):
    size = stocked_sqlite.stat().st_size
    with small_disk(tmp_path / "disk", str(3 * size)) as disk:
        shutil.copy(stocked_sqlite, disk / "etracking.db")
        app = running(f"sqlite:///{disk}/etracking.db")
        with db.connection_context():
            Heartbeat.beat(WORKER)
        assert ask(app).status_code == 200
        close()
        (disk / "filling").write_bytes(bytes(shutil.disk_usage(disk).free - 80_000))
        assert "MB free" in red(app)["disk"] and red(app)["database"] == "ok", "nearly full"
        with pytest.raises(OSError, match="No space left"), (disk / "rest").open("wb", buffering=0) as rest:
            while True:
                rest.write(bytes(4096))
        assert "full" in (why := red(app)["database"]) or "disk I/O error" in why
        (disk / "filling").unlink()
        assert ask(app).status_code == 200
        close()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert "readonly" in (why := red(app)["database"]) or "unable to open" in why


def test_what_is_wrong_is_told_to_nobody_else(either):
    either.config["METRICS_TOKEN"] = "of the monitor"
    assert ask(either).text.startswith("disk: ok\n")
    assert ask(either, **{"X-Forwarded-For": "127.0.0.1"}).text == "not ready\n", "a proxy asks for somebody"
    assert (
        ask(either, **{"X-Forwarded-For": "192.0.2.1", "Authorization": "Bearer of the monitor"}).text != "not ready\n"
    )
    state(either).forget()
    away = either.test_client().get("/readyz", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert (away.status_code, away.text) == (503, "not ready\n")


def test_it_is_looked_at_once_for_all_who_ask_within_two_seconds(either):
    assert red(either)["worker"] == "none has been heard of"
    Heartbeat.beat(WORKER)
    assert either.test_client().get("/readyz").status_code == 503


def test_a_worker_says_that_it_lives_and_that_it_ends(either):
    with either.app_context():
        Worker().work(stopped := SimpleQueue(), once=True)
        assert Heartbeat.alive() == 1, "one that is started every minute lives in between"
        assert Heartbeat.running() == 0, "and keeps nobody from a restore"
        stopped.put("leave")
        Heartbeat.delete().execute()
        worker = Worker()
        worker.pulse.step()
        assert Heartbeat.alive() == 1 and Dossier.select().count() == 0
        worker.pulse.stop()
        assert Heartbeat.alive() == 0
