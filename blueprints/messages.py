"""`flask --app app messages send`: the worker that sends what the outbox holds."""

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue

import click
from flask import Blueprint, current_app

import senders
from models import Counter, Message, Reply, Tries, Used, WaitingTime, db, watch
from models.message import CHANNELS
from senders.base import place

from . import systems

bp = Blueprint("messages", __name__, cli_group="messages")
log = logging.getLogger("etracking.messages")

HOUR = 3600.0
IDLE = 1.0  # seconds between two looks at an empty outbox
PAUSE = 30.0  # seconds that a channel is left alone when its server is down or its account refused


@bp.cli.command("send")
@click.option("--once", is_flag=True, help="Send what is due, then leave.")
def send(once: bool) -> None:
    """Send messages until told to leave (SIGTERM or Ctrl-C); the one being sent is finished first."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    told: SimpleQueue = SimpleQueue()  # unlike an Event it may be used from a handler that interrupts its own reader
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.put("leave"))
    Worker().work(told, once)


class Worker:
    """Sends message after message, one at a time: run several for more."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}"
        self.paused = dict.fromkeys(CHANNELS, 0.0)  # until when
        self.tidy_at = 0.0

    def work(self, told: SimpleQueue, once: bool = False) -> None:
        """Send until something is in `told`; with `once`, until nothing is due."""
        while True:
            busy = self.send_next() or systems.deliver_next() if once else self._send_next_whatever_happens()
            if once and not busy:
                return
            try:
                told.get(timeout=0 if busy else IDLE)
                return
            except Empty:
                continue

    def send_next(self) -> bool:
        """Claim one message, try it, write the outcome down. False if none is due.

        One at a time: a message that waits behind a slow one would outlive its claim and be sent by another worker too.
        """
        open_now = [channel for channel, until in self.paused.items() if until <= time.monotonic()]
        with db.connection_context():
            claimed = Message.claim(self.name, most=1, lease=_lease(), channels=open_now)
        for message in claimed:
            started = time.monotonic()
            kind, outcome = self._attempt(message)
            spent = (time.monotonic() - started) * 1000
            log.info("message %d %s %s: %s, %.0f ms", message.id, message.channel, kind, outcome, spent)
        return bool(claimed)

    def _send_next_whatever_happens(self) -> bool:
        """A database that is locked or restarting must not end the worker."""
        try:
            self._tidy()
            return self.send_next() or systems.deliver_next()
        except Exception as error:
            log.error("no message sent: %s", place(error))
            return False

    def _tidy(self) -> None:
        """Once an hour: forget counters and marks whose time is over, and look for paper that should have come."""
        if time.monotonic() >= self.tidy_at:
            self.tidy_at = time.monotonic() + HOUR
            with db.connection_context():
                Counter.purge()
                Tries.purge()
                Used.purge()
                Reply.purge()
                watch.look()
                WaitingTime.refresh()

    def _attempt(self, message: Message) -> tuple[str, str]:
        """Try `message` once; the outcome is on its row when this returns. The kind of event, and the outcome."""
        outcome, record = self._try(message)
        with db.connection_context():
            held = record()
            return message.event.kind, outcome if held else f"{outcome}, but another worker had taken it over"

    def _try(self, message: Message) -> tuple[str, Callable[[], bool]]:
        """What came of sending `message`, and how to write that down."""
        if message.exhausted:
            return "unknown", partial(message.unknown, message.error or "every worker that tried was lost")
        try:
            provider_id = senders.deliver(message)
        except senders.Unwanted:
            return "cancelled", message.cancelled
        except senders.SendError as error:
            return self._failed(message, error)
        except Exception as error:  # one odd message must not stop the others
            log.error("message %d: unexpected %s", message.id, place(error))
            return "unknown", partial(message.unknown, f"unexpected {place(error)}")
        return "sent", partial(message.sent, provider_id)

    def _failed(self, message: Message, error: senders.SendError) -> tuple[str, Callable[[], bool]]:
        if error.outage:
            log.error("%s is out of order: %s", message.channel, error)
            self.paused[message.channel] = time.monotonic() + PAUSE
        if error.unknown:
            return "unknown", partial(message.unknown, str(error))
        return "failed" if error.permanent else "later", partial(message.failed, str(error), error.permanent)


def _lease() -> dict[str, timedelta]:
    names = {"email": "MAIL_LEASE", "sms": "SMS_LEASE"}
    return {channel: timedelta(seconds=current_app.config[name]) for channel, name in names.items()}
