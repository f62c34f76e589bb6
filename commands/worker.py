"""The worker: sends notifications from the outbox and deliveries to hooks, reads bounces, deletes what expired."""

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
from models import Channel, Contact, Counter, Erasure, Notification, Outcome, Reply, Tries, Used, WaitingTime, db, now
from models.dossiers import reminders
from models.notifications import outbox
from models.notifications.channel import CHANNELS, SLOT_INTERVALS
from models.notifications.letter import Letter
from models.notifications.timetable import Hours
from senders import bounces
from senders.base import SendError, place

log = logging.getLogger("etracking.messages")

HOUR = 3600.0
IDLE_SECONDS = 1.0  # between two polls of an empty outbox
COLLECT_SECONDS = 300.0  # between two polls of the bounce mailbox
SYSTEMS = "systems"  # the source of deliveries to the authorities' systems, beside the channels to citizens
RETRY_PAUSES = (0.2, 1.0, 3.0)  # seconds between attempts to record an outcome; their sum is well within a lease
RECLAIM_SECONDS = 10.0  # between two searches for notifications whose lease has expired


class Worker:
    """Sends one notification at a time; run several workers to send more."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self.reclaim_at = self.tidy_at = self.collect_at = 0.0
        self.poll_at = dict.fromkeys((*CHANNELS, SYSTEMS), 0.0)  # when to poll each source again
        self.idle = set(self.poll_at)  # the sources where nothing was due at the last poll

    def work(self, stop_requests: "SimpleQueue[str]", once: bool = False) -> None:
        """Send until something is put into `stop_requests`; with `once`, until nothing is due."""
        while True:
            idle = self.send_next() if once else self._send_next_safely()
            if once and idle:
                return
            try:
                stop_requests.get(timeout=max(0.0, min(self.poll_at.values()) - time.monotonic()))
                return
            except Empty:
                continue

    def send_next(self) -> bool:
        """Send one due notification or delivery of each source. True if no source had one."""
        self._reclaim()
        for source in [source for source, at in self.poll_at.items() if at <= time.monotonic()]:
            wait = self._send_from(source)
            self.poll_at[source] = time.monotonic() + wait
            self.idle = self.idle | {source} if wait == IDLE_SECONDS else self.idle - {source}
        return self.idle == set(self.poll_at)

    def _send_from(self, source: str) -> float:
        """Send one of `source`; return the seconds until its next poll."""
        if source == SYSTEMS:
            return 0.0 if deliver_next() else IDLE_SECONDS
        return self._send_one(source)

    def _send_next_safely(self) -> bool:
        """send_next(), but log exceptions: a database that is locked or restarting must not end the worker."""
        try:
            self._tidy()
            self._collect()
            return self.send_next()
        except Exception as error:
            log.error("no message sent: %s", place(error))
            self.poll_at = dict.fromkeys(self.poll_at, time.monotonic() + IDLE_SECONDS)
            return True

    def _reclaim(self) -> None:
        """Reclaim notifications whose lease has expired because their worker died."""
        if time.monotonic() >= self.reclaim_at:
            self.reclaim_at = time.monotonic() + RECLAIM_SECONDS
            with db.connection_context():
                if lost := outbox.reclaim():
                    log.warning("%d messages taken over from a worker that was lost", lost)

    def _tidy(self) -> None:
        """Hourly: delete expired rows, remind of paper or let its number lapse, refresh waiting times."""
        if time.monotonic() >= self.tidy_at:
            self.tidy_at = time.monotonic() + HOUR
            with db.connection_context():
                Counter.purge()
                Tries.purge()
                Used.purge()
                Contact.purge()
                Reply.purge()
                Erasure.purge()
                reminders.look()
                WaitingTime.refresh()

    def _collect(self) -> None:
        """Every few minutes: read the bounce mailbox, if one is set."""
        if current_app.config["MAIL_BOUNCE_SERVER"] and time.monotonic() >= self.collect_at:
            self.collect_at = time.monotonic() + COLLECT_SECONDS
            self.collect_bounces()

    def collect_bounces(self) -> None:
        """Read the bounce mailbox. If it cannot be reached, log it and go on sending."""
        try:
            if read := bounces.collect(record_bounce):
                log.info("%d mails that came back were read", read)
        except (OSError, IMAP4.error) as error:
            log.error("no bounces read: %s", place(error))

    def _send_one(self, channel: str) -> float:
        """Claim one notification, send it, record the outcome; return the seconds until the next poll.

        One claim at a time: one that waits behind a slow notification could outlive its lease and be sent twice.
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
        """True if nothing is due. Asked before a claim: an idle worker must write nothing and use up no rate limit.

        During a backlog, on a channel without a rate limit, the query is left out.
        """
        return (channel in self.idle or channel in SLOT_INTERVALS) and not outbox.due(channel, now()).exists()

    def _attempt(self, notification: Notification, letter: Letter | SendError, trial: bool) -> None:
        """Send `notification` once and record the outcome on its row."""
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


def _with_retries(record: Callable[[], bool]) -> bool:
    """Run `record` up to four times, because the database may be restarting or locked.

    A notification that was sent, but is not recorded as sent, would be sent again.
    """
    for pause in RETRY_PAUSES:
        with suppress(PeeweeException), db.connection_context():
            return record()
        time.sleep(pause)
    with db.connection_context():
        return record()


def _prepare(notification: Notification) -> Letter | SendError:
    """The letter of `notification`, or the error that prevented it."""
    try:
        return outgoing.prepare(notification)
    except SendError as error:
        return error


def _try(notification: Notification, letter: Letter | SendError) -> tuple[Outcome, str, str]:
    """Send the letter; return the outcome, the text of an error, and the provider's id."""
    try:
        if isinstance(letter, SendError):
            raise letter
        return Outcome.SENT, "", senders.send(notification.channel, letter)
    except SendError as error:
        return error.outcome, str(error), ""
    except Exception as error:  # a bug with one notification must not stop the others
        log.error("message %d: unexpected %s", notification.id, place(error))
        return Outcome.UNKNOWN, f"unexpected {place(error)}", ""


def record_bounce(bounce: bounces.Bounce) -> None:
    """Record a bounce. Opens its own connection, so that none stays open while the mailbox is read."""
    with db.connection_context():
        Notification.record_bounce(*bounce)


def _lease(channel: str) -> timedelta:
    return timedelta(seconds=current_app.config[{"sms": "SMS_LEASE"}.get(channel, "MAIL_LEASE")])


def _hours() -> Hours:
    return Hours(current_app.config["SMS_FROM_HOUR"], current_app.config["SMS_UNTIL_HOUR"])
