"""`flask --app app systems`: the authorities' own systems, their tokens and hooks."""

import click
from flask.cli import AppGroup

from models import Authority, Delivery, Staff, System, db
from models.systems.delivery import revoke as revoke_system

group = AppGroup("systems", help="The authorities' own systems.")


@group.command("add")
@click.argument("authority")
@click.argument("name")
@click.option("--hook", default="", help="Where it wants to be told what happens (https://...).")
@click.option("--test", is_flag=True, help="A token whose requests change and send nothing.")
def add(authority: str, name: str, hook: str, test: bool) -> None:
    """Give AUTHORITY's system NAME a token; token and secret are shown once."""
    with db.connection_context():
        found = Authority.get_or_none(Authority.slug == authority)
        if found is None:
            raise click.ClickException(f"there is no authority {authority!r} in the catalogue")
        try:
            system, keys = System.add(found, name, hook, test)
        except ValueError as error:
            raise click.ClickException(str(error)) from None
    click.echo(f"system {system.id}: {name}\n  token   {keys.token}\n  secret  {keys.secret}")


@group.command("list")
def show() -> None:
    """The systems, with when they were last heard of and how many deliveries failed."""
    with db.connection_context():
        for system in System.select(System, Staff, Authority).join(Staff).join(Authority).order_by(System.id):
            failed = Delivery.select().where((Delivery.system == system) & (Delivery.state == "failed")).count()
            state = "revoked" if system.revoked_at else "test" if system.test else "live"
            click.echo(f"{system.id}  {_slug(system)}  {system.name}  {state}  failed {failed}")


@group.command("revoke")
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """End the token and the hook of the system with this NUMBER."""
    with db.connection_context():
        revoke_system(_system(number))
    click.echo(f"system {number}: revoked")


@group.command("repeat")
@click.argument("number", type=int)
def repeat(number: int) -> None:
    """Send the system with this NUMBER once more what was given up because its hook did not answer."""
    with db.connection_context():
        again = Delivery.repeat(_system(number))
    click.echo(f"{again} {'delivery' if again == 1 else 'deliveries'} to send again")


def _slug(system: System) -> str:
    authority = system.staff.authority
    return authority.slug if authority else ""


def _system(number: int) -> System:
    system = System.get_or_none(System.id == number)
    if system is None:
        raise click.ClickException("there is no such system")
    return system
