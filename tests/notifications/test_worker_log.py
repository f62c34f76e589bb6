"""The log of the worker: what became of each notification and why, and one line while the database is away."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue

from commands import worker
from support.commands import run
from support.sending import close, queued
from web import database as storage

pytest_plugins = ["support.outside"]


def work_once() -> None:
    worker.Worker().work(SimpleQueue(), once=True)


def test_log_has_one_line_for_each_message_and_no_person_in_it(sending_app, mail_server, sms_provider, caplog):
    mail_server.answers["RCPT"] = "550 5.1.1 <> unknown"
    mail, sms = queued(), queued("decided", "sms")
    with caplog.at_level(logging.INFO, "etracking.notifications"):
        work_once()
    lines = [record.getMessage() for record in caplog.records if record.name == "etracking.notifications"]
    assert [line.split(", ")[0] for line in lines] == [
        f"notification {mail} email received: never",
        f"notification {sms} sms decided: sent",
    ]
    assert lines[0].endswith(" ms: recipient refused: 550 5.1.1") and lines[1].endswith(" ms")
    assert "someone" not in caplog.text and "352621" not in caplog.text


def test_certificate_that_is_not_trusted_is_named_in_the_log_and_in_the_status(sending_app, mail_server, caplog):
    assert run(sending_app, "notifications", "status").stdout.startswith("email  open; 0 due, 0 given up\n")
    sending_app.config["MAIL_CA_FILE"] = ""
    notification = queued()
    with caplog.at_level(logging.INFO, "etracking.notifications"):
        work_once()
    (record,) = [record for record in caplog.records if getattr(record, "notification", 0) == notification]
    assert record.error.startswith("certificate not trusted: self-signed certificate")
    assert record.getMessage().endswith(f" ms: {record.error}")
    said = run(sending_app, "notifications", "status").stdout
    assert said.startswith(f"email  open; 1 deferred, last: {record.error}; 0 due, 0 given up\n")


@contextmanager
def database_that_hangs_up() -> Iterator[tuple[str, Callable[[int], None]]]:
    """The address of a database that ends every connection at once, and how to wait for so many of them."""
    calls = threading.Semaphore(0)

    def hang_up(listener: socket.socket) -> None:
        with suppress(OSError):  # the end of the test
            while True:
                listener.accept()[0].close()
                calls.release()

    def wait_for(number: int) -> None:
        for _ in range(number):
            assert calls.acquire(timeout=20)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=hang_up, args=(listener,), daemon=True).start()
        yield f"postgresql://someone:s3cret@127.0.0.1:{listener.getsockname()[1]}/etracking", wait_for
        listener.shutdown(socket.SHUT_RDWR)


class Leaving(logging.Handler):
    """Tells a worker to leave when it says that the database is there again."""

    def __init__(self, stop_requests: SimpleQueue) -> None:
        super().__init__()
        self.stop_requests = stop_requests

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "the database is there again":
            self.stop_requests.put("leave")


def test_log_says_once_for_all_threads_that_the_database_is_away_why_and_when_it_is_there(
    sending_app, monkeypatch, caplog
):
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    caplog.set_level(logging.INFO, worker.log.name)
    there, stop_requests = sending_app.config["DATABASE_URL"], SimpleQueue()
    leaving = Leaving(stop_requests)
    worker.log.addHandler(leaving)
    close()

    def come_back(wait_for: Callable[[int], None]) -> None:
        try:
            wait_for(30)
        finally:
            storage.use(sending_app, there)

    with database_that_hangs_up() as (away, wait_for):
        storage.use(sending_app, away)
        threading.Thread(target=come_back, args=(wait_for,)).start()
        worker.Worker().work(stop_requests)
    worker.log.removeHandler(leaving)
    said, again, leaving_said = [record.getMessage() for record in caplog.records if record.name == worker.log.name]
    assert said.startswith("database away at the worker, no notification sent: ") and "127.0.0.1" in said
    assert "\n" not in said and "s3cret" not in said and "someone" not in said
    assert again == "the database is there again"
    assert leaving_said == "told to leave: what is being sent is finished first"
