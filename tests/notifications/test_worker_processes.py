"""Workers as real processes: killed, several at once, told to leave; on both databases."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from paths import ROOT
from support.living import PATIENCE
from support.sending import environment, make_due, queued, row
from support.waiting import eventually

pytest_plugins = ["support.outside"]

WORKER = [sys.executable, "-m", "flask", "--app", "app", "notifications", "send"]


@pytest.fixture
def said(tmp_path) -> Path:
    """What the workers of the test log."""
    return tmp_path / "workers.log"


@pytest.fixture
def start_worker(sending_app, said):
    """Start a worker with the settings of the app; none outlives its test."""
    workers = []

    def start(*options: str) -> subprocess.Popen:
        environ = environment(sending_app)
        with said.open("ab") as log:
            workers.append(subprocess.Popen([*WORKER, *options], cwd=ROOT, env=environ, stderr=log))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()
        worker.wait()


def kill(worker: subprocess.Popen) -> None:
    worker.kill()
    assert worker.wait(PATIENCE) == -signal.SIGKILL


@pytest.mark.long
def test_mail_of_a_killed_worker_is_sent_by_the_next_one(sending_app, mail_server, start_worker):
    message = queued()
    mail_server.answers["DATA"] = "hold"
    worker = start_worker()
    assert mail_server.holding.wait(PATIENCE)
    kill(worker)
    assert row(message).state == "sending"
    mail_server.answers.clear()
    make_due()  # its lease is over
    assert start_worker("--once").wait(PATIENCE) == 0
    assert (row(message).state, row(message).unknowns) == ("sent", 1)
    first, second = mail_server.mails
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.long
def test_sms_of_killed_workers_is_repeated_once_at_most(sending_app, sms_provider, start_worker):
    message = queued(channel="sms")
    sms_provider.answer = "hold"
    for _ in range(2):
        sms_provider.holding.clear()
        worker = start_worker()
        assert sms_provider.holding.wait(PATIENCE)
        kill(worker)
        make_due()
    sms_provider.answer = "ok"
    assert start_worker("--once").wait(PATIENCE) == 0
    assert row(message).state == "unknown"
    assert len(sms_provider.posts) == 2


@pytest.mark.long
def test_worker_that_is_told_to_leave_finishes_its_message_and_takes_no_other(
    sending_app, mail_server, start_worker, said
):
    busy, told = threading.Event(), threading.Event()
    mail_server.during_data = lambda: (busy.set(), told.wait(PATIENCE))
    first, second = queued(), queued()
    worker = start_worker()
    assert busy.wait(PATIENCE)
    worker.send_signal(signal.SIGTERM)
    assert eventually(lambda: "told to leave" in said.read_text())
    told.set()
    assert worker.wait(PATIENCE) == 0
    assert (row(first).state, row(second).state) == ("sent", "queued"), said.read_text()


@pytest.mark.long
def test_idle_worker_leaves_at_once_when_told(sending_app, mail_server, start_worker):
    sent = threading.Event()
    mail_server.during_data = sent.set
    message = queued()
    worker = start_worker()
    assert sent.wait(PATIENCE)
    worker.send_signal(signal.SIGINT)
    assert worker.wait(PATIENCE) == 0
    assert row(message).state == "sent"


@pytest.mark.long
def test_mail_server_that_takes_its_time_holds_up_no_sms_and_its_lease_is_extended(
    sending_app, mail_server, sms_provider, start_worker
):
    sending_app.config["MAIL_LEASE"] = 2
    mail = queued()
    mail_server.answers["DATA"] = "hold"
    start_worker()
    assert mail_server.holding.wait(PATIENCE)
    lease = row(mail).run_at
    sms = queued("decided", "sms")
    assert eventually(lambda: row(sms).state == "sent")
    assert eventually(lambda: row(mail).run_at > lease) and row(mail).state == "sending"
