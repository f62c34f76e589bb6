"""The worker: sends notifications from the outbox and deliveries to hooks, reads bounces, deletes what expired."""

import os
import socket
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from imaplib import IMAP4
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from flask import Flask, current_app
from peewee import OperationalError, PeeweeException

import senders
from backups import journal
from commands import account_mails, alarms, digests
from commands.deliveries import deliver_next
from commands.erasing import Erasing
from commands.outage import Outage
from commands.sending import Leases, Sender, hours, lease, log
from models import (
    Delivery,
    Heartbeat,
    Tally,
    WaitingTime,
    db,
)
from models.base import optimize
from models.dossiers import reminders
from models.notifications import misdated, outbox, returned
from models.notifications.channel import CHANNELS
from models.notifications.heartbeat import BEAT_SECONDS
from models.notifications.returned_mail import Kind, ReturnedMail
from models.security import events
from senders import bounce_mailbox
from senders.base import place
from web import log_safety

HOUR = 3600.0
IDLE_SECONDS = 1.0  # between two polls of an empty outbox
COLLECT_SECONDS = 300.0  # between two polls of the bounce mailbox
JOURNAL_SECONDS = 60.0  # how long an erasure may be known to the database alone
DIGEST_SECONDS = 300.0  # between two looks whether a digest of the audit log is due
WATCH_SECONDS = 60.0  # between two looks at what alarms ring for
RECLAIM_SECONDS = 10.0  # between two searches for notifications whose lease has expired
LOCKED_SECONDS = 60.0  # how long `--once` waits for a database that is locked or restarting


class Job(Protocol):
    """Something that the worker does again and again."""

    def step(self) -> float | None:
        """Do one piece of work; return the seconds until the next one, or None if there was nothing to do."""


class Deliveries:
    """Delivers events to the hooks of the authorities' systems."""

    def step(self) -> float | None:
        return 0.0 if deliver_next() else None


class Digests:
    """Checks the audit log once a day and sends a digest of it elsewhere."""

    def step(self) -> float | None:
        digests.keep()
        return DIGEST_SECONDS


class AccountMails:
    """Tells the staff what was changed about their own accounts."""

    def step(self) -> float | None:
        return 0.0 if account_mails.send_next() else None


class Pulse:
    """Tells monitors every half minute that this worker lives, also while it waits for a slow server."""

    def __init__(self, name: str) -> None:
        self.name = name

    def step(self) -> float | None:
        with db.connection_context():
            Heartbeat.beat(self.name)
        return BEAT_SECONDS

    def stop(self, once: bool = False) -> None:
        """Say that it ends. If the database is away, it is missed after two minutes instead."""
        with suppress(PeeweeException), db.connection_context():
            (Heartbeat.end_once if once else Heartbeat.stop)(self.name)


class Housekeeping:
    """What is done from time to time beside the sending."""

    def __init__(self, leases: Leases) -> None:
        self.leases = leases
        self.begun: dict[Callable[[], None], float] = {}  # when each was done last

    def step(self) -> float | None:
        self._every(RECLAIM_SECONDS, self._reclaim)
        self._every(WATCH_SECONDS, alarms.watch)
        self._every(events.FLUSH_SECONDS, flush_events)
        self._every(HOUR, tidy)
        if current_app.config["MAIL_BOUNCE_SERVER"]:
            self._every(COLLECT_SECONDS, collect_bounces)
        if current_app.config["BACKUP_DIR"]:
            self._every(JOURNAL_SECONDS, journal_erasures)
        return None

    def _reclaim(self) -> None:
        reclaim(self.leases.keys)

    def _every(self, seconds: float, do: Callable[[], None]) -> None:
        if time.monotonic() >= self.begun.get(do, -seconds) + seconds:
            self.begun[do] = time.monotonic()
            do()


class Worker:
    """Sends with one thread a channel: while a mail server takes its time, SMS go on leaving."""

    def __init__(self) -> None:
        name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self.leases, self.pulse = Leases(), Pulse(name)
        self.jobs: list[Job] = [
            *(Sender(channel, name, self.leases) for channel in CHANNELS),
            Deliveries(),
            AccountMails(),
        ]

    def work(self, stop_requests: "SimpleQueue[str]", once: bool = False) -> None:
        """Send until something is put into `stop_requests`; with `once`, until nothing is due.

        With `once`, raises OperationalError if the database stays locked for LOCKED_SECONDS.
        """
        with self.leases.extended(), senders.kept_connection():
            if once:
                self._drain(stop_requests)
            else:
                self._serve(stop_requests)
        db.close()

    def _serve(self, stop_requests: "SimpleQueue[str]") -> None:
        """Run each job in a thread of its own. What is being sent when it is told to leave is finished."""
        app, stopping = current_app._get_current_object(), threading.Event()  # type: ignore[attr-defined]
        jobs = [*self.jobs, self.pulse, Housekeeping(self.leases), Erasing(), Digests()]
        outage = Outage()
        threads = [threading.Thread(target=_repeat, args=(app, job, stopping, outage)) for job in jobs]
        for thread in threads:
            thread.start()
        try:
            stop_requests.get()
        finally:
            stopping.set()
            log.info("told to leave: what is being sent is finished first")
            for thread in threads:
                thread.join()
            self.pulse.stop()

    def _drain(self, stop_requests: "SimpleQueue[str]") -> None:
        """Do the jobs in turns until none has anything left to do. Waits for a database that is locked."""
        self.worked_at = time.monotonic()
        while True:
            try:
                self.pulse.step()
                reclaim()
                self._drain_unlocked(stop_requests)
                return self.pulse.stop(once=True)
            except OperationalError:
                if time.monotonic() > self.worked_at + LOCKED_SECONDS:
                    raise
                time.sleep(IDLE_SECONDS)

    def _drain_unlocked(self, stop_requests: "SimpleQueue[str]") -> None:
        polls, idle = dict.fromkeys(self.jobs, 0.0), set[Job]()
        while len(idle) < len(polls) and stop_requests.empty():
            for job in [job for job, at in polls.items() if at <= time.monotonic()]:
                wait = job.step()
                self.worked_at = time.monotonic()
                polls[job] = self.worked_at + (IDLE_SECONDS if wait is None else wait)
                idle = idle | {job} if wait is None else idle - {job}
            if len(idle) < len(polls):
                time.sleep(max(0.0, min(polls.values()) - time.monotonic()))


def _repeat(app: Flask, job: Job, stopping: threading.Event, outage: Outage) -> None:
    """Do `job` until `stopping`. An exception is logged: a database that is locked or restarting ends no worker."""
    with app.app_context(), senders.kept_connection():
        while not stopping.is_set():
            try:
                wait = job.step()
                outage.over(job)
            except Exception as error:
                if not outage.note(job, error):
                    log.error("no notification sent: %s (%s)", log_safety.describe(error), place(error))
                wait = None
            stopping.wait(IDLE_SECONDS if wait is None else wait)
        db.close()


def journal_erasures() -> None:
    """Write new erasures to the journal beside the backups. If it cannot be written, log it and go on sending."""
    try:
        with db.connection_context():
            journal.flush(Path(current_app.config["BACKUP_DIR"]))
    except OSError as error:
        log.error("no erasures written to the journal: %s (%s)", error.strerror, place(error))


def reclaim(mine: Collection[int] = ()) -> None:
    """Reclaim notifications whose worker died, and bring back what a clock that ran ahead put off.

    `mine` are those that this worker is sending.
    """
    leases = {channel: lease(channel) for channel in CHANNELS}
    undo = timedelta(seconds=current_app.config["UNDO_SECONDS"])
    with db.connection_context():
        if ahead := misdated.correct(undo, leases, hours()) + Delivery.correct_dates(undo):
            log.warning("%d notifications were dated too far ahead: a clock was wrong", ahead)
        if lost := outbox.reclaim(mine):
            log.warning("%d notifications taken over from a worker that was lost", lost)


def flush_events() -> None:
    """Add the security events that this process has counted to the database."""
    with db.connection_context():
        events.flush()


def tidy() -> None:
    """Remind of paper or let its number lapse; refresh waiting times, counts and what the database plans by."""
    with db.connection_context():
        reminders.look()
        WaitingTime.refresh()
        Tally.merge()
        optimize()


def collect_bounces() -> None:
    """Read the bounce mailbox. If it cannot be reached, log it and go on."""
    try:
        if read := bounce_mailbox.collect(take_mail):
            log.info("%d mails that came back were read: %s", read.total(), dict(sorted(read.items())))
    except (OSError, IMAP4.error) as error:
        log.error("no bounces read: %s", place(error))


def take_mail(mail: ReturnedMail) -> Kind:
    """Deal with a mail that came back. If that is a bug, or too many wait already, it stays in the mailbox's folder.

    Opens its own connection, so that none stays open while the mailbox is read.
    """
    with db.connection_context():
        try:
            return returned.take(mail)
        except PeeweeException:  # the database is away: the mail is read again
            raise
        except Exception as error:
            log.error("a mail that came back was only moved: %s (%s)", log_safety.describe(error), place(error))
            return Kind.UNCLEAR
