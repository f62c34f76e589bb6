"""`flask --app app systems`: manage the authorities' own systems, their tokens and hooks."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import AppGroup

from models import ApiToken, Authority, Delivery, Staff, System, db, today
from models.base import local_day
from models.systems import delivery
from models.systems.system import end_of, last_day

EXPIRES = click.option(
    "--expires",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day of the token; without it after ETRACKING_API_TOKEN_DAYS.",
)

group = AppGroup("systems", help="The authorities' own systems.")


@group.command("add")
@click.argument("authority")
@click.argument("name")
@click.option("--hook", default="", help="Where it wants to be told what happens (https://...).")
@click.option("--test", is_flag=True, help="A token whose requests change and send nothing.")
@EXPIRES
def add(authority: str, name: str, hook: str, test: bool, expires: dt.datetime | None) -> None:
    """Register the system NAME of AUTHORITY; print its token and secret, once."""
    with db.connection_context():
        found = Authority.get_or_none(Authority.slug == authority)
        if found is None:
            raise click.ClickException(f"there is no authority {authority!r} in the catalogue")
        with db.atomic():  # what cannot be shown is not kept: nobody could ever learn the token
            with _readable_errors():
                system, keys = System.add(found, name, hook, test, _end(expires))
            click.echo(f"system {system.id}: {name}\n  token   {keys.token}\n  secret  {keys.secret}")


@group.command("token")
@click.argument("system_id", metavar="NUMBER", type=int)
@click.argument("name")
@EXPIRES
def add_token(system_id: int, name: str, expires: dt.datetime | None) -> None:
    """Give the system with this NUMBER a further token, called NAME; print it, once."""
    with db.connection_context(), db.atomic(), _readable_errors():
        token, text = ApiToken.add(_system(system_id), name, _end(expires))
        click.echo(f"token {token.id} of system {system_id}: {name}\n  token   {text}")


@group.command("list")
def show() -> None:
    """List the systems with their state and how many deliveries failed."""
    with db.connection_context():
        for system in System.select(System, Staff, Authority).join(Staff).join(Authority).order_by(System.id):
            failed = Delivery.select().where((Delivery.system == system) & (Delivery.state == "failed")).count()
            state = "revoked" if system.revoked_at else "test" if system.test else "live"
            click.echo(f"{system.id}  {_slug(system)}  {system.name}  {state}  failed {failed}")
            for token in system.tokens.order_by(ApiToken.id):
                click.echo(f"   token {token.id}  {token.name}  {_state(token)}  used {_day(token.used_at)}")


@group.command("revoke")
@click.argument("system_id", metavar="NUMBER", type=int)
def revoke(system_id: int) -> None:
    """Revoke the token and the hook of the system with this NUMBER."""
    with db.connection_context():
        delivery.revoke(_system(system_id))
    click.echo(f"system {system_id}: revoked")


@group.command("revoke-token")
@click.argument("token_id", metavar="NUMBER", type=int)
def revoke_token(token_id: int) -> None:
    """Revoke the token with this NUMBER; the others of its system go on."""
    with db.connection_context():
        token = ApiToken.get_or_none(ApiToken.id == token_id)
        if token is None:
            raise click.ClickException("there is no such token")
        token.revoke()
    click.echo(f"token {token_id}: revoked")


@group.command("repeat")
@click.argument("system_id", metavar="NUMBER", type=int)
def requeue_failed(system_id: int) -> None:
    """Send the failed deliveries of the system with this NUMBER once more."""
    with db.connection_context():
        again = Delivery.requeue_failed(_system(system_id))
    click.echo(f"{again} {'delivery' if again == 1 else 'deliveries'} to send again")


@contextmanager
def _readable_errors() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _end(expires: dt.datetime | None) -> dt.datetime | None:
    """The end of this day, or of the last one by the settings; None for a token without an end."""
    day = expires.date() if expires else last_day(current_app.config["API_TOKEN_DAYS"])
    if day and day <= today():
        raise ValueError("the token has to end on a day to come")
    return end_of(day) if day else None


def _state(token: ApiToken) -> str:
    if token.revoked_at:
        return "revoked"
    return f"{'ended' if token.expired else 'until'} {token.last_day}" if token.expires_at else "without an end"


def _day(moment: dt.datetime | None) -> str:
    return f"{local_day(moment)}" if moment else "never"


def _slug(system: System) -> str:
    authority = system.staff.authority
    return authority.slug if authority else ""


def _system(system_id: int) -> System:
    system = System.get_or_none(System.id == system_id)
    if system is None:
        raise click.ClickException("there is no such system")
    return system
