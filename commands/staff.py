"""`flask --app app staff`: accounts of the desk."""

import getpass
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from flask import current_app, url_for
from flask.cli import AppGroup
from peewee import IntegrityError

from models import Authority, Staff, db
from models.staff import accounts, credentials
from models.staff.passwords import MIN_PASSWORD_LENGTH
from models.staff.staff import ROLES

Command = Callable[..., None]

group = AppGroup("staff", help="Accounts of the desk.")


def _account_to_be(command: Command) -> Command:
    """The arguments of a new account."""
    command = click.option("--authority", help="A clerk's authority: its file in catalogue/authorities.")(command)
    command = click.option("--role", type=click.Choice(ROLES), required=True)(command)
    return click.argument("email")(command)


@group.command()
@_account_to_be
def add(email: str, role: str, authority: str | None) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    with db.connection_context(), _explained():
        accounts.add(email, role, _authority(authority), _password())
    click.echo(f"staff: {role} added")


@group.command()
@_account_to_be
def invite(email: str, role: str, authority: str | None) -> None:
    """Add an account that a link opens, once, within 24 hours; print the link."""
    with db.connection_context(), _explained():
        token = accounts.invite(email, role, _authority(authority))
    click.echo(_link(token))


@group.command()
@click.argument("email")
def reset(email: str) -> None:
    """Forget all that opens an account and end its sessions; print a link like that of `invite`."""
    with db.connection_context():
        token = accounts.reset(_account(email))
    click.echo(_link(token))


@group.command()
@click.argument("email")
def password(email: str) -> None:
    """Give an account a new password, asked for or read from standard input; its sessions end."""
    with db.connection_context(), _explained():
        credentials.set_password(_account(email), _password())
    click.echo("staff: password changed")


@group.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close an account: it cannot sign in any more, and its sessions end at once."""
    with db.connection_context():
        accounts.disable(_account(email))
    click.echo("staff: account closed")


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
