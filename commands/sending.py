"""Send what is due on one channel: claim, write, hand over, record. Called by the worker, one thread a channel."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from flask import current_app
from peewee import PeeweeException

import senders
from commands import outgoing
from models import Channel, Notification, Outcome, db, now
from models.notifications import outbox, verdicts
from models.notifications.channel import SLOT_INTERVALS
from models.notifications.letter import Letter
from models.notifications.timetable import Hours
from senders.base import SendError, place

log = logging.getLogger("etracking.notifications")

# Seconds between attempts to record an outcome: a notification that is not recorded as sent would be sent again.
RETRY_PAUSES = (0.2, 1.0, 3.0, 10.0, 20.0, 30.0)
MIN_RENEWAL_SECONDS = 1.0


@contextmanager
def connected() -> Iterator[None]:
    """A connection to the database. SQLite's stays open for the next time; PostgreSQL's goes back to its pool.

    The last connection to a SQLite file that is closed writes the whole log back into the file: 13 ms for every mail.
    """
    if db.for_update:
        with db.connection_context():
            yield
        return
    db.obj.start()
    db.connect(reuse_if_open=True)
    try:
        yield
    except PeeweeException:
        db.close()
        raise


class Leases:
    """Extends the leases of what is being sent: a mail server may take ten minutes, and a lease lasts one.

    The lease of a worker that died is not extended, so its notification is soon reclaimed.
    """

    def __init__(self) -> None:
        self.held: dict[str, Notification] = {}  # by channel
        self.over = threading.Event()

    @contextmanager
    def extended(self) -> Iterator[None]:
        """Inside the block a thread extends what is held, three times in each lease."""
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        seconds = min(lease(channel).total_seconds() for channel in ("email", "sms")) / 3
        arguments = (app, max(MIN_RENEWAL_SECONDS, seconds))
        thread = threading.Thread(target=self._extend, args=arguments, daemon=True)
        self.over.clear()
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join()

    @contextmanager
    def hold(self, notification: Notification) -> Iterator[None]:
        """Extend the lease of `notification` inside the block."""
        self.held[notification.channel] = notification
        try:
            yield
        finally:
            del self.held[notification.channel]

    @property
    def keys(self) -> list[int]:
        """The ids of the notifications that are being sent."""
        return [notification.id for notification in list(self.held.values())]

    def _extend(self, app: object, seconds: float) -> None:
        with app.app_context():  # type: ignore[attr-defined]
            while not self.over.wait(seconds):
                for notification in list(self.held.values()):
                    self._extend_one(notification)

    def _extend_one(self, notification: Notification) -> None:
        try:
            with db.connection_context():
                outbox.extend(notification, lease(notification.channel))
        except Exception as error:
            log.warning("a lease was not extended: %s", place(error))


class Sender:
    """Sends the notifications of one channel, one at a time; run several workers to send more."""

    def __init__(self, channel: str, worker: str, leases: Leases) -> None:
        self.channel, self.worker, self.leases = channel, worker, leases
        self.idle = True  # nothing was due at the last poll

    def step(self) -> float | None:
        """Claim one notification, send it, record the outcome.

        Returns the seconds until the next one may leave, or None if nothing is due or the channel is stopped. One claim
        at a time: one that waits behind a slow notification could outlive its lease and be sent twice.
        """
        wait = self._send_one()
        self.idle = wait is None
        if self.idle:
            senders.close_if_idle()
        return wait

    def _send_one(self) -> float | None:
        with connected():
            channel = Channel.of(self.channel)
            if self._nothing_due() or (breaker := channel.admit()) == "open":
                return None
            if wait := Channel.take_slot(self.channel):
                return wait
            notification = outbox.claim(self.worker, self.channel, lease(self.channel), hours())
            if notification is None:
                return None
            letter = _prepare(notification)
        with self.leases.hold(notification):
            _attempt(notification, letter, trial=breaker == "half-open", healthy=channel.is_healthy)
        return 0.0

    def _nothing_due(self) -> bool:
        """True if nothing is due. Asked before a claim: an idle worker must write nothing and use up no rate limit.

        During a backlog, on a channel without a rate limit, the query is left out.
        """
        asked = self.idle or self.channel in SLOT_INTERVALS
        return asked and not outbox.due(self.channel, now()).exists()


def lease(channel: str) -> timedelta:
    """How long a claim on this channel holds."""
    return timedelta(seconds=current_app.config[{"sms": "SMS_LEASE"}.get(channel, "MAIL_LEASE")])


def hours() -> Hours:
    """Between which hours an SMS may leave."""
    return Hours(current_app.config["SMS_FROM_HOUR"], current_app.config["SMS_UNTIL_HOUR"])


def _prepare(notification: Notification) -> Letter | SendError:
    """The letter of `notification`, or the error that prevented it."""
    try:
        return outgoing.prepare(notification)
    except SendError as error:
        return error


def _attempt(notification: Notification, letter: Letter | SendError, trial: bool, healthy: bool) -> None:
    """Send `notification` once and record the outcome on its row."""
    started = time.monotonic()
    outcome, error, provider_id = _try(notification, letter)
    spent = time.monotonic() - started
    held = _with_retries(lambda: verdicts.record(notification, outcome, error, provider_id, trial, spent, healthy))
    _log(notification, outcome if held else f"{outcome}, but another worker had taken it over", spent, error)


def _log(notification: Notification, outcome: str, spent: float, error: str) -> None:
    """Log one attempt, without address or text; `spent` is in seconds, `error` what is stored of it."""
    fields = {"notification": notification.id, "channel": notification.channel, "kind": notification.kind}
    fields |= {"outcome": outcome, "attempt": notification.attempts, "milliseconds": round(spent * 1000)}
    line = "notification %(notification)d %(channel)s %(kind)s: %(outcome)s, %(milliseconds)d ms"
    if error:
        fields, line = fields | {"error": error}, f"{line}: %(error)s"
    log.info(line, fields, extra=fields)


def _try(notification: Notification, letter: Letter | SendError) -> tuple[Outcome, str, str]:
    """Send the letter; return the outcome, the text of an error, and the provider's id."""
    try:
        if isinstance(letter, SendError):
            raise letter
        return Outcome.SENT, "", senders.send(notification.channel, letter)
    except SendError as error:
        return error.outcome, str(error), ""
    except Exception as error:  # a bug with one notification must not stop the others
        log.error("notification %d: unexpected %s", notification.id, place(error))
        return Outcome.UNKNOWN, f"unexpected {place(error)}", ""


def _with_retries(record: Callable[[], bool]) -> bool:
    """Run `record` several times, because the database may be restarting, or locked for a minute."""
    for pause in RETRY_PAUSES:
        with suppress(PeeweeException), connected():
            return record()
        time.sleep(pause)
    with connected():
        return record()
