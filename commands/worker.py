"""The worker: sends what the outbox holds, tells the authorities' systems, reads bounces and tidies up."""

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from imaplib import IMAP4
from queue import Empty, SimpleQueue

from flask import current_app
from peewee import PeeweeException

import senders
from commands import outgoing
from commands.deliveries import deliver_next
from models import Channel, Contact, Counter, Notification, Outcome, Reply, Tries, Used, WaitingTime, db, now
from models.dossiers import reminders as watch
from models.notifications import outbox
from models.notifications.channel import CHANNELS, SLOT_INTERVALS
from models.notifications.letter import Letter
from models.notifications.timetable import Hours
from senders import bounces
from senders.base import SendError, place

log = logging.getLogger("etracking.messages")

HOUR = 3600.0
IDLE_SECONDS = 1.0  # seconds between two looks at an empty outbox
COLLECT_SECONDS = 300.0  # seconds between two looks into the mailbox of bounces
SYSTEMS = "systems"  # what the authorities' own systems are told, beside the channels to citizens
RETRY_PAUSES = (0.2, 1.0, 3.0)  # seconds after which an outcome is written down again; well within a lease
RECLAIM_SECONDS = 10.0  # seconds between two looks for notifications whose worker was lost


class Worker:
    """Sends notification after notification, one at a time: run several for more."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self.reclaim_at = self.tidy_at = self.collect_at = 0.0
        self.look_at = dict.fromkeys((*CHANNELS, SYSTEMS), 0.0)  # nobody asks again at once where nothing was due
        self.idle = set(self.look_at)

    def work(self, told: "SimpleQueue[str]", once: bool = False) -> None:
        """Send until something is in `told`; with `once`, until nothing is due."""
        while True:
            idle = self.send_next() if once else self._send_next_whatever_happens()
            if once and idle:
                return
            try:
                told.get(timeout=max(0.0, min(self.look_at.values()) - time.monotonic()))
                return
            except Empty:
                continue

    def send_next(self) -> bool:
        """Send one of each kind that is due. True if there is nothing to do anywhere."""
        self._reclaim()
        for source in [source for source, at in self.look_at.items() if at <= time.monotonic()]:
            wait = self._serve(source)
            self.look_at[source] = time.monotonic() + wait
            self.idle = self.idle | {source} if wait == IDLE_SECONDS else self.idle - {source}
        return self.idle == set(self.look_at)

    def _serve(self, source: str) -> float:
        """Send one of `source`; the seconds to wait before it is worth asking there again."""
        if source == SYSTEMS:
            return 0.0 if deliver_next() else IDLE_SECONDS
        return self._send_one(source)

    def _send_next_whatever_happens(self) -> bool:
        """send_next(), but an exception (a database that is locked or restarting) does not end the worker."""
        try:
            self._tidy()
            self._collect()
            return self.send_next()
        except Exception as error:
            log.error("no message sent: %s", place(error))
            self.look_at = dict.fromkeys(self.look_at, time.monotonic() + IDLE_SECONDS)
            return True

    def _reclaim(self) -> None:
        """Give back notifications whose worker died: their lease is over."""
        if time.monotonic() >= self.reclaim_at:
            self.reclaim_at = time.monotonic() + RECLAIM_SECONDS
            with db.connection_context():
                if lost := outbox.reclaim():
                    log.warning("%d messages taken over from a worker that was lost", lost)

    def _tidy(self) -> None:
        """Hourly: delete expired counters and marks, remind of paper that should have come, refresh waiting times."""
        if time.monotonic() >= self.tidy_at:
            self.tidy_at = time.monotonic() + HOUR
            with db.connection_context():
                Counter.purge()
                Tries.purge()
                Used.purge()
                Contact.purge()
                Reply.purge()
                watch.look()
                WaitingTime.refresh()

    def _collect(self) -> None:
        """Every few minutes: read the mailbox of bounces."""
        if current_app.config["MAIL_BOUNCE_SERVER"] and time.monotonic() >= self.collect_at:
            self.collect_at = time.monotonic() + COLLECT_SECONDS
            self.collect_bounces()

    def collect_bounces(self) -> None:
        """Read the mailbox of bounces. If it cannot be reached, that is logged and sending goes on."""
        try:
            if read := bounces.collect(record_bounce):
                log.info("%d mails that came back were read", read)
        except (OSError, IMAP4.error) as error:
            log.error("no bounces read: %s", place(error))

    def _send_one(self, channel: str) -> float:
        """Claim one notification, try it, write the outcome down.

        One at a time: behind a slow one, the lease of a claimed notification would expire, and it would leave twice.
        """
        with db.connection_context():
            if self._nothing_due(channel) or (breaker := Channel.breaker_state(channel)) == "open":
                return IDLE_SECONDS
            if wait := Channel.take_slot(channel):
                return wait
            notification = outbox.claim(self.name, channel, _lease(channel), _hours())
            if notification is None:
                return IDLE_SECONDS
            letter = _prepare(notification)
        self._attempt(notification, letter, breaker == "half-open")
        return 0.0

    def _nothing_due(self, channel: str) -> bool:
        """Look before claiming: an idle worker writes nothing, and takes no slot of a channel that has few.

        In the middle of a backlog this query is left out.
        """
        return (channel in self.idle or channel in SLOT_INTERVALS) and not outbox.due(channel, now()).exists()

    def _attempt(self, notification: Notification, letter: Letter | SendError, trial: bool) -> None:
        """Try `notification` once; the outcome is on its row when this returns."""
        started = time.monotonic()
        outcome, error, provider_id = _try(notification, letter)
        spent = time.monotonic() - started
        held = _with_retries(lambda: notification.record_outcome(outcome, error, provider_id))
        with db.connection_context():
            Channel.record_outcome(notification.channel, outcome, error, trial, spent)
        said = outcome.value if held else f"{outcome.value}, but another worker had taken it over"
        log.info(
            "message %d %s %s: %s, %.0f ms",
            notification.id,
            notification.channel,
            notification.kind,
            said,
            spent * 1000,
        )


def _with_retries(what: Callable[[], bool]) -> bool:
    """Run `what`, up to four times: a notification that has left but is not on record would leave once more.

    The database may be restarting, or locked for longer than its timeout.
    """
    for pause in RETRY_PAUSES:
        with suppress(PeeweeException), db.connection_context():
            return what()
        time.sleep(pause)
    with db.connection_context():
        return what()


def _prepare(notification: Notification) -> Letter | SendError:
    """The letter of `notification`, or why there is none."""
    try:
        return outgoing.prepare(notification)
    except SendError as error:
        return error


def _try(notification: Notification, letter: Letter | SendError) -> tuple[Outcome, str, str]:
    """What came of it: the outcome, an error's text, and the provider's name for the notification."""
    try:
        if isinstance(letter, SendError):
            raise letter
        return Outcome.SENT, "", senders.send(notification.channel, letter)
    except SendError as error:
        return error.outcome, str(error), ""
    except Exception as error:  # one odd notification must not stop the others
        log.error("message %d: unexpected %s", notification.id, place(error))
        return Outcome.UNKNOWN, f"unexpected {place(error)}", ""


def record_bounce(bounce: bounces.Bounce) -> None:
    """Record what came back, on a connection of its own: none stays open while the mailbox is read."""
    with db.connection_context():
        Notification.record_bounce(*bounce)


def _lease(channel: str) -> timedelta:
    return timedelta(seconds=current_app.config[{"sms": "SMS_LEASE"}.get(channel, "MAIL_LEASE")])


def _hours() -> Hours:
    return Hours(current_app.config["SMS_FROM_HOUR"], current_app.config["SMS_UNTIL_HOUR"])
