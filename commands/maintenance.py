"""The command line: flask --app app db upgrade, catalogue check/load, staff add, audit verify, backup, demo."""

import fcntl
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask, current_app, url_for
from flask.cli import AppGroup
from peewee import Database, IntegrityError
from playhouse.migrations import Runner

from models import Audit, Authority, Dossier, Form, FormFile, Procedure, Staff, db
from models.catalogue import load as catalogue_load
from models.catalogue.files import BadCatalogue
from models.catalogue.schemas import SpecimenFile
from models.staff import accounts, credentials
from models.staff.passwords import MIN_PASSWORD_LENGTH
from models.staff.staff import ROLES
from paper import form as paper_form
from paper import specimen
from paths import CATALOGUE, MIGRATIONS
from web.state import state

UPGRADE_LOCK = 0x65547261  # any number, the same in every process of ours

database = AppGroup("db", help="The database's shape.")
catalogue = AppGroup("catalogue", help="The procedures and forms on offer.")
staff = AppGroup("staff", help="Accounts of the desk.")
audit = AppGroup("audit", help="The log of what the staff did and read.")


def init_app(app: Flask) -> None:
    """Add the commands that belong to no page."""
    for command in (database, catalogue, staff, audit, backup):
        app.cli.add_command(command)
    from commands.demo import demo

    app.cli.add_command(demo)


@database.command()
def upgrade() -> None:
    """Bring the database to the newest shape. Safe to repeat, and to run on several machines at once."""
    ours = state().database
    with db.connection_context(), _alone(ours):
        done = Runner(ours, str(MIGRATIONS)).up()
    click.echo(f"database: {', '.join(done) if done else 'up to date'}")


@catalogue.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=CATALOGUE)
def check(folder: Path) -> None:
    """Read every file and try every PDF; nothing is written."""
    try:
        found = catalogue_load.check(folder, _drawing(), _accept)
    except BadCatalogue as error:
        _give_up(error)
    click.echo(f"catalogue: {len(found.procedures)} procedures, {len(found.authorities)} authorities, no fault")


@catalogue.command("load")
@click.argument("folder", type=click.Path(path_type=Path, exists=True), default=CATALOGUE)
def load_catalogue(folder: Path) -> None:
    """Bring the database in line with the files. A fault in any of them stops it before anything is written."""
    try:
        with db.connection_context():
            counts = catalogue_load.load(folder, _drawing(), _accept)
            Dossier.keep_clocks()
            remarks = list(
                FormFile.select(FormFile, Form, Procedure).join(Form).join(Procedure).where(FormFile.note != "")
            )
    except BadCatalogue as error:
        _give_up(error)
    click.echo("catalogue: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    for file in remarks:
        click.echo(f"  {file.form.procedure.slug}/{file.form.slug} ({file.language}): {file.note}")


def _account_to_be(command: Callable) -> Callable:
    """The arguments of a new account."""
    command = click.option("--authority", help="A clerk's authority: its file in catalogue/authorities.")(command)
    command = click.option("--role", type=click.Choice(ROLES), required=True)(command)
    return click.argument("email")(command)


@staff.command()
@_account_to_be
def add(email: str, role: str, authority: str | None) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    with db.connection_context(), _explained():
        accounts.add(email, role, _authority(authority), _password())
    click.echo(f"staff: {role} added")


@staff.command()
@_account_to_be
def invite(email: str, role: str, authority: str | None) -> None:
    """Add an account that a link opens, once, within 24 hours; print the link."""
    with db.connection_context(), _explained():
        token = accounts.invite(email, role, _authority(authority))
    click.echo(_link(token))


@staff.command()
@click.argument("email")
def reset(email: str) -> None:
    """Forget all that opens an account and end its sessions; print a link like that of `invite`."""
    with db.connection_context():
        token = accounts.reset(_account(email))
    click.echo(_link(token))


@staff.command()
@click.argument("email")
def password(email: str) -> None:
    """Give an account a new password, asked for or read from standard input; its sessions end."""
    with db.connection_context(), _explained():
        credentials.set_password(_account(email), _password())
    click.echo("staff: password changed")


@staff.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close an account: it cannot sign in any more, and its sessions end at once."""
    with db.connection_context():
        accounts.disable(_account(email))
    click.echo("staff: account closed")


@audit.command()
@click.argument("seal", required=False)
def verify(seal: str | None) -> None:
    """Check every row against the seal of the one before it; names the first bad row.

    Keep the last seal somewhere else, off this machine, and give it as SEAL the next time: rows cut off at the end,
    or a log that was written anew, show in nothing but it.
    """
    with db.connection_context():
        bad, last = Audit.verify()
        gone = bool(seal) and not Audit.has_seal(seal)
    if bad:
        raise click.ClickException(f"audit: row {bad} was changed, removed or put in")
    if gone:
        raise click.ClickException("audit: the row with this seal is gone")
    click.echo(f"audit: {last.id} rows, all as they were written; last seal {last.seal}" if last else "audit: no rows")


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Copy the SQLite database to PATH while the service runs. (PostgreSQL has pg_dump.)"""
    if db.for_update:
        raise click.ClickException("this is PostgreSQL: use pg_dump")
    try:
        path.touch(0o600, exist_ok=False)  # an empty file is what VACUUM INTO may fill: nobody else reads it meanwhile
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    with db.connection_context():
        db.execute_sql("VACUUM INTO ?", (str(path),))
    click.echo(f"backup: {path.stat().st_size} bytes")


@contextmanager
def _alone(ours: Database) -> Iterator[None]:
    """One upgrader at a time: the others wait, and then find nothing to do."""
    if db.for_update:  # PostgreSQL; the lock goes with the connection of this process
        db.execute_sql("SELECT pg_advisory_lock(%s)", (UPGRADE_LOCK,))
        yield
        return
    folder = os.open(Path(ours.database).parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _drawing() -> catalogue_load.Drawing:
    return catalogue_load.Drawing(_draw, specimen.fingerprint())


def _draw(source: SpecimenFile, language: str, authority: str, edition: str) -> bytes:
    return specimen.draw(source.model_dump(), language, authority, edition)


def _accept(data: bytes) -> tuple[bytes, list[list[float]], str]:
    accepted = paper_form.accept(data)
    return accepted.data, [[p.x, p.y, p.rotation] for p in accepted.places], ", ".join(accepted.notes)


def _account(email: str) -> Staff:
    found = Staff.get_or_none(Staff.email == email.strip().lower())
    if found is None:
        raise click.ClickException("there is no such account")
    return found


@contextmanager
def _explained() -> Iterator[None]:
    """Say in a sentence what cannot be."""
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except IntegrityError:
        raise click.ClickException("there is an account with this e-mail address already") from None


def _authority(slug: str | None) -> Authority | None:
    found = Authority.get_or_none(Authority.slug == slug) if slug else None
    if slug and found is None:
        raise click.ClickException(f"there is no authority {slug!r} in the catalogue")
    return found


def _link(token: str) -> str:
    with current_app.test_request_context():
        return current_app.config["SITE_URL"] + url_for("invitations.show", token=token)


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"Password (at least {MIN_PASSWORD_LENGTH} characters): ")
    if password != getpass.getpass("Once more: "):
        raise click.ClickException("the two passwords differ")
    return password


def _give_up(error: BadCatalogue) -> None:
    for problem in error.problems:
        click.echo(problem, err=True)
    raise SystemExit(1)
