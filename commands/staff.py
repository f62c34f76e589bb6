"""`flask --app app staff`: manage the accounts of the desk."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup
from peewee import IntegrityError

from models import Authority, Staff, db
from models.staff import accounts, credentials
from models.staff.passwords import MIN_PASSWORD_LENGTH
from models.staff.staff import ROLES
from web.links import link_to

Command = Callable[..., None]

group = AppGroup("staff", help="Accounts of the desk.")


def _account_arguments(command: Command) -> Command:
    """Decorator: add the arguments of a new account to a command."""
    command = click.option("--authority", help="A clerk's authority: its file in catalogue/authorities.")(command)
    command = click.option("--role", type=click.Choice(ROLES), required=True)(command)
    return click.argument("email")(command)


@group.command()
@_account_arguments
def add(email: str, role: str, authority: str | None) -> None:
    """Add an account; ask for the password, or read it from standard input."""
    with db.connection_context(), _readable_errors():
        accounts.add(email, role, _authority(authority), _password())
    click.echo(f"staff: {role} added")


@group.command()
@_account_arguments
def invite(email: str, role: str, authority: str | None) -> None:
    """Add an account without a password; print its invitation link, valid once, for 24 hours."""
    with db.connection_context(), _readable_errors(), db.atomic():
        _print_link(accounts.invite(email, role, _authority(authority)))


@group.command()
@click.argument("email")
def reset(email: str) -> None:
    """Delete password and second factors of an account, end its sessions; print a link like that of `invite`."""
    with db.connection_context(), db.atomic():
        _print_link(accounts.reset(_account(email)))


@group.command()
@click.argument("email")
def password(email: str) -> None:
    """Set a new password and end the sessions of the account; ask for it, or read it from standard input."""
    with db.connection_context(), _readable_errors():
        credentials.set_password(_account(email), _password())
    click.echo("staff: password changed")


@group.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close an account: no more sign-in, and its sessions end at once."""
    with db.connection_context():
        accounts.disable(_account(email))
    click.echo("staff: account closed")


@group.command()
@click.argument("email")
def enable(email: str) -> None:
    """Open a closed account again; what opened it before opens it now."""
    with db.connection_context():
        accounts.enable(_account(email))
    click.echo("staff: account open again")


def _account(email: str) -> Staff:
    found = Staff.get_or_none(Staff.email == email.strip().lower())
    if found is None:
        raise click.ClickException("there is no such account")
    return found


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Turn the errors of the models into one sentence for the operator."""
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


def _print_link(token: str) -> None:
    """Print the link of an invitation, inside the transaction that makes it: if it cannot be shown, nothing is kept."""
    click.echo(link_to("invitations.show", token=token))


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass(f"Password (at least {MIN_PASSWORD_LENGTH} characters): ")
    if password != getpass.getpass("Once more: "):
        raise click.ClickException("the two passwords differ")
    return password
