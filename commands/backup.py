"""`flask --app app backup`: encrypted copies of the database."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pyrage
from flask import current_app
from flask.cli import AppGroup
from peewee import PeeweeException

from backups.create import create as make
from backups.errors import BackupError
from backups.folder import Folder
from web.state import state

group = AppGroup("backup", help="Encrypted copies of the database.")


@group.command()
def keys() -> None:
    """Print a new pair of keys. Keep it in two places, none of them the server: that needs the public key alone."""
    identity = pyrage.x25519.Identity.generate()
    click.echo(f"# public key: {identity.to_public()}\n{identity}")
    click.echo(f"ETRACKING_BACKUP_RECIPIENT={identity.to_public()}", err=True)


@group.command()
def create() -> None:
    """Copy the database into ETRACKING_BACKUP_DIR, while the service runs; then remove the copies that are too old."""
    config = current_app.config
    recipients = config["BACKUP_RECIPIENT"].split()
    if not recipients:
        raise click.ClickException("ETRACKING_BACKUP_RECIPIENT is needed: no copy is ever written in clear")
    with told("no copy was added or removed"):
        made = make(state().database, config["DATABASE_URL"], _folder(), recipients, config["BACKUP_KEEP"])
    click.echo(
        f"backup: {made.path}, {made.size} bytes, {made.rows} rows in {made.seconds:.1f} s;"
        f" {made.removed} older {'copy' if made.removed == 1 else 'copies'} removed"
    )
    if not made.recorded:
        click.echo("Warning: the copy is complete, but the database is locked: monitors will not know of it", err=True)


@contextmanager
def told(otherwise: str) -> Iterator[None]:
    """Say in one sentence what went wrong, and what holds then. SIGTERM ends the block like an error."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(f"Error: stopped; {otherwise}"))
    try:
        yield
    except BackupError as error:
        raise click.ClickException(f"{error}; {otherwise}") from None
    except OSError as error:
        raise click.ClickException(f"{error.strerror or error}; {otherwise}") from None
    except PeeweeException as error:
        raise click.ClickException(f"the database says: {str(error).splitlines()[0]}; {otherwise}") from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _folder() -> Folder:
    if not current_app.config["BACKUP_DIR"]:
        raise click.ClickException("ETRACKING_BACKUP_DIR is needed: the folder of the copies")
    return Folder(Path(current_app.config["BACKUP_DIR"]))
