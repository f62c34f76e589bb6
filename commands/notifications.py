"""`flask --app app notifications`: start the worker, see what waits, send dead letters again."""

import logging
import signal
from queue import SimpleQueue

import click
from flask.cli import AppGroup

from commands.worker import Worker, log
from models import Channel, Notification, db, now
from models.desk import helpdesk
from models.notifications.channel import CHANNELS

group = AppGroup("notifications", help="What is sent to citizens.")


@group.command("send")
@click.option("--once", is_flag=True, help="Send what is due, then leave.")
def send(once: bool) -> None:
    """Send notifications until told to leave (SIGTERM or Ctrl-C); the one being sent is finished first."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    log.setLevel(logging.INFO)
    told: SimpleQueue[str] = (
        SimpleQueue()
    )  # unlike an Event it may be used from a handler that interrupts its own reader
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.put("leave"))
    Worker().work(told, once)


@group.command("status")
def status() -> None:
    """Say of each channel whether notifications leave by it, how many are due and how many were given up."""
    with db.connection_context():
        resting = {channel.name: channel for channel in Channel.select().where(Channel.probe_at.is_null(False))}
        for name in CHANNELS:
            due = Notification.select().where((Notification.channel == name) & (Notification.run_at <= now())).count()
            given_up = Notification.dead().where(Notification.channel == name).count()
            click.echo(f"{name:5}  {_state(resting.get(name))}; {due} due, {given_up} given up")


@group.command("repeat")
@click.argument("channel", type=click.Choice(CHANNELS))
def repeat(channel: str) -> None:
    """Send all that was given up by CHANNEL once more: what kept it from arriving has been put right."""
    with db.connection_context():
        dead = list(Notification.dead().where(Notification.channel == channel))
        again = sum(helpdesk.send_again(notification, by=None) for notification in dead)
    click.echo(f"{again} {'notification' if again == 1 else 'notifications'} to send again")


def _state(resting: Channel | None) -> str:
    return f"stopped at {resting.stopped_at:%Y-%m-%d %H:%M} UTC: {resting.why}" if resting else "open"
