"""`flask --app app backup`: encrypted copies of the database."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import click
import pyrage
from flask import current_app
from flask.cli import AppGroup
from peewee import PeeweeException

from backups import journal
from backups import restore as restoring
from backups.checks import close
from backups.create import create as make
from backups.errors import BackupError
from backups.folder import Folder
from backups.identities import load
from models import Backup
from web.state import state

Readable = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)

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


key_option = click.option(
    "--identity",
    required=True,
    type=click.File(errors="replace"),
    help="The file with the private key; - reads it from the input, for whoever may not read the file.",
)
secret_option = click.option("--other-secret", is_flag=True, help="It was made with a key outside ETRACKING_KEYS.")
server_option = click.option(
    "--server", default="", help="PostgreSQL: address of a database whose user may make others."
)


@group.command()
@click.argument("file", required=False, type=Readable)
@key_option
@secret_option
@server_option
def verify(file: Path | None, identity: TextIO, other_secret: bool, server: str) -> None:
    """Restore FILE (or the newest copy) into a scratch place, check everything, and throw it away again."""
    folder, started = _folder(), time.monotonic()
    with told("the drill failed"):
        path = file or folder.newest()
        with folder.locked():
            source = restoring.Source(path, load(identity), other_secret)
            facts = restoring.verify(source, current_app.config["DATABASE_URL"], server, folder.path)
    spent = time.monotonic() - started
    with suppress(PeeweeException), state().database.connection_context():  # on another machine there may be none
        Backup.record("verified", path.stat().st_size, spent)
    click.echo(
        f"backup: {path.name} can be restored: {sum(facts.counts.values())} rows of {facts.made_at}, checked in"
        f" {spent:.1f} s; last seal {facts.audit or 'none'}"
    )


@group.command()
@click.argument("file", type=Readable)
@key_option
@secret_option
@server_option
@click.option("--journal", "journals", multiple=True, type=Readable, help="The journal of erasures, if not beside it.")
@click.option("--without-journal", is_flag=True, help="There is none: what was erased since comes back.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(
    file: Path,
    identity: TextIO,
    other_secret: bool,
    server: str,
    journals: tuple[Path, ...],
    without_journal: bool,
    yes: bool,
) -> None:
    """Put FILE into the place of the database, which is kept aside. Stop web and worker first."""
    found = journals or tuple(path for path in _journals(file) if path.exists())
    if not found and not without_journal:
        raise click.ClickException("no journal of erasures (erasures.jsonl) beside the copy: see --journal")
    if not yes:
        click.confirm(f"Replace the database by {file.name}? What happened since is lost", abort=True)
    with told("the database is as it was"):
        source = restoring.Source(file, load(identity), other_secret)
        close(state().database)
        done = restoring.restore(source, current_app.config["DATABASE_URL"], server, found, current_app.config)
    click.echo(
        f"backup: {sum(done.facts.counts.values())} rows of {done.facts.made_at} restored in {done.seconds:.1f} s;"
        f" {done.erased} erased again, {done.due} that have become due;"
        f" migrations: {', '.join(done.migrations) or 'none'}"
    )
    if done.aside:
        click.echo(f"The replaced database is now {done.aside}: remove it when it is no longer needed.")


def _journals(file: Path) -> Iterator[Path]:
    """Where a journal may be: beside the copy, and in the folder of the backups."""
    yield file.parent / journal.NAME
    if folder := current_app.config["BACKUP_DIR"]:
        yield Path(folder) / journal.NAME


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
