"""`flask --app app retention`: erase what is due now, and show the periods."""

import datetime as dt
import time
from collections import Counter
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from backups import journal
from commands import erasing
from models import db, retention

PATIENCE = 60.0  # seconds for readers that keep the write-ahead log from being cut
HOUR = dt.timedelta(hours=1)

group = AppGroup("retention", help="What is erased by itself, and when.")


@group.command()
def run() -> None:
    """Erase all that is due, as the worker does every hour. Killed at any moment, the next run goes on."""
    counts: Counter[str] = Counter()
    with db.connection_context():
        begun = time.monotonic()
        for name, count in erasing.steps():
            counts[name] += count
            time.sleep(erasing.pause(begun))
            begun = time.monotonic()
        if folder := current_app.config["BACKUP_DIR"]:
            journal.flush(Path(folder))
    for name, count in counts.items():
        click.echo(f"{name:12} {count}")
    erasing.tell(counts)
    if not _cleared():
        raise click.ClickException("erased, but readers kept the bytes in the write-ahead log: run it again")
    click.echo(f"retention: {counts.total()} rows erased")


@group.command("list")
def list_() -> None:
    """Show each rule, its period in days, and the setting that changes it."""
    for rule in retention.RULES:
        hours = rule.period_in(current_app.config) // HOUR
        period = f"{hours:7} hours" if hours % 24 else f"{hours // 24:7} days "
        click.echo(f"{rule.name:12} {period} {'ETRACKING_' + rule.setting if rule.setting else 'fixed'}")


def _cleared() -> bool:
    until, anew = time.monotonic() + PATIENCE, True
    while not erasing.clear(anew):
        anew = False
        if time.monotonic() > until:
            return False
        time.sleep(1.0)
    return True
