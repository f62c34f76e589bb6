"""`flask --app app notifications`: run the worker, show the queue, send dead letters again."""

import logging
import signal
import time
from contextlib import suppress
from queue import Empty, SimpleQueue

import click
from flask.cli import AppGroup
from peewee import OperationalError, PeeweeException

import senders
from commands import alarms
from commands.worker import LOCKED_SECONDS, Worker
from models import Channel, Notification, db, now
from models.desk import helpdesk
from models.notifications.channel import CHANNELS
from web import schema
from web.state import state

DATABASE_SECONDS = 2.0  # between two tries to reach the database at start

log = logging.getLogger("etracking")
group = AppGroup("notifications", help="What is sent to citizens.")


@group.command("send")
@click.option("--once", is_flag=True, help="Send what is due, then leave.")
def send(once: bool) -> None:
    """Send notifications until SIGTERM or Ctrl-C; the one being sent is finished first."""
    # SimpleQueue, not Event: a signal handler may put into it while the same thread waits in get().
    stop_requests: SimpleQueue[str] = SimpleQueue()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop_requests.put("leave"))
    if not _database_there(stop_requests, LOCKED_SECONDS if once else float("inf")):
        return
    try:
        Worker().work(stop_requests, once)
    except OperationalError as error:
        raise click.ClickException(f"the database stayed locked or away for {LOCKED_SECONDS:.0f} seconds") from error


def _database_there(stop_requests: "SimpleQueue[str]", patience: float) -> bool:
    """Wait until the database can be reached, `patience` seconds at most; False if told to stop meanwhile.

    Raises ClickException if this release cannot run on the database.
    """
    until = time.monotonic() + patience
    while True:
        try:
            why = schema.problem(state().database)
            break
        except PeeweeException as error:
            why = f"the database cannot be reached: {schema.first_line(error)}"
        if time.monotonic() > until:
            break
        log.warning("%s; trying again", why)
        with suppress(Empty):
            stop_requests.get(timeout=DATABASE_SECONDS)
            return False
    if why:
        raise click.ClickException(why)
    return True


@group.command("status")
def status() -> None:
    """Show for each channel: open, stopped or off, what is put off and why, due and given up; and all alarms.

    Ends with 1 while an alarm rings.
    """
    with db.connection_context():
        resting = {channel.name: channel for channel in Channel.select().where(Channel.probe_at.is_null(False))}
        for name in CHANNELS:
            due = Notification.select().where((Notification.channel == name) & (Notification.run_at <= now())).count()
            given_up = Notification.dead_letters().where(Notification.channel == name).count()
            click.echo(f"{name:5}  {_state(name, resting.get(name))}; {_deferred(name)}{due} due, {given_up} given up")
        for condition in (found := alarms.ringing()):
            click.echo(f"ALARM: {condition.name}: {condition.text}")
    if found:
        raise SystemExit(1)


@group.command("repeat")
@click.argument("channel", type=click.Choice(CHANNELS))
def repeat(channel: str) -> None:
    """Send the dead letters of CHANNEL once more, after their cause was removed."""
    with db.connection_context():
        dead = list(Notification.dead_letters().where(Notification.channel == channel))
        again = sum(helpdesk.send_again(notification, by=None) for notification in dead)
    click.echo(f"{again} {'notification' if again == 1 else 'notifications'} to send again")


def _state(name: str, resting: Channel | None) -> str:
    if name not in senders.configured():
        return "off"
    return f"stopped at {resting.stopped_at:%Y-%m-%d %H:%M} UTC: {resting.why}" if resting else "open"


def _deferred(channel: str) -> str:
    """How many were put off, and the last error of them: that of the fewest failures, as the pauses grow with each."""
    deferred = Notification.select().where((Notification.channel == channel) & (Notification.state == "deferred"))
    last = deferred.order_by(Notification.failures, Notification.run_at.desc()).first()
    return f"{deferred.count()} deferred, last: {last.error}; " if last else ""
