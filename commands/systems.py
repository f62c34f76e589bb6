"""`flask --app app systems`: manage the authorities' own systems, their tokens and hooks."""

import click
from flask.cli import AppGroup

from models import Authority, Delivery, Staff, System, db
from models.systems import delivery
from models.systems.system import Keys

group = AppGroup("systems", help="The authorities' own systems.")


@group.command("add")
@click.argument("authority")
@click.argument("name")
@click.option("--hook", default="", help="Where it wants to be told what happens (https://...).")
@click.option("--test", is_flag=True, help="A token whose requests change and send nothing.")
def add(authority: str, name: str, hook: str, test: bool) -> None:
    """Register the system NAME of AUTHORITY; print its token and secret, once."""
    with db.connection_context():
        found = Authority.get_or_none(Authority.slug == authority)
        if found is None:
            raise click.ClickException(f"there is no authority {authority!r} in the catalogue")
        with db.atomic():  # what cannot be shown is not kept: nobody could ever learn the token
            system, keys = _add(found, name, hook, test)
            click.echo(f"system {system.id}: {name}\n  token   {keys.token}\n  secret  {keys.secret}")


@group.command("list")
def show() -> None:
    """List the systems with their state and how many deliveries failed."""
    with db.connection_context():
        for system in System.select(System, Staff, Authority).join(Staff).join(Authority).order_by(System.id):
            failed = Delivery.select().where((Delivery.system == system) & (Delivery.state == "failed")).count()
            state = "revoked" if system.revoked_at else "test" if system.test else "live"
            click.echo(f"{system.id}  {_slug(system)}  {system.name}  {state}  failed {failed}")


@group.command("revoke")
@click.argument("system_id", metavar="NUMBER", type=int)
def revoke(system_id: int) -> None:
    """Revoke the token and the hook of the system with this NUMBER."""
    with db.connection_context():
        delivery.revoke(_system(system_id))
    click.echo(f"system {system_id}: revoked")


@group.command("repeat")
@click.argument("system_id", metavar="NUMBER", type=int)
def requeue_failed(system_id: int) -> None:
    """Send the failed deliveries of the system with this NUMBER once more."""
    with db.connection_context():
        again = Delivery.requeue_failed(_system(system_id))
    click.echo(f"{again} {'delivery' if again == 1 else 'deliveries'} to send again")


def _add(authority: Authority, name: str, hook: str, test: bool) -> tuple[System, Keys]:
    try:
        return System.add(authority, name, hook, test)
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _slug(system: System) -> str:
    authority = system.staff.authority
    return authority.slug if authority else ""


def _system(system_id: int) -> System:
    system = System.get_or_none(System.id == system_id)
    if system is None:
        raise click.ClickException("there is no such system")
    return system
