"""`flask --app app systems`: the authorities' own systems, their tokens and hooks; and what is sent to the hooks."""

import json
import logging

import click
from flask import Blueprint

from blueprints.api.schemas import dossier_shape, event_shape
from models import Authority, Delivery, Dossier, Event, Staff, System, db
from models.systems.delivery import revoke as revoke_system
from senders import webhook
from senders.base import SendError

bp = Blueprint("systems", __name__, cli_group="systems")
log = logging.getLogger("etracking.systems")


@bp.cli.command("add")
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


@bp.cli.command("list")
def show() -> None:
    """The systems, with when they were last heard of and how many deliveries failed."""
    with db.connection_context():
        for system in System.select(System, Staff, Authority).join(Staff).join(Authority).order_by(System.id):
            failed = system.deliveries.where(Delivery.state == "failed").count()
            state = "revoked" if system.revoked_at else "test" if system.test else "live"
            click.echo(f"{system.id}  {system.staff.authority.slug}  {system.name}  {state}  failed {failed}")


@bp.cli.command("revoke")
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """End the token and the hook of the system with this NUMBER."""
    with db.connection_context():
        revoke_system(_system(number))
    click.echo(f"system {number}: revoked")


@bp.cli.command("repeat")
@click.argument("number", type=int)
def repeat(number: int) -> None:
    """Send the system with this NUMBER once more what was given up because its hook did not answer."""
    with db.connection_context():
        again = Delivery.repeat(_system(number))
    click.echo(f"{again} {'delivery' if again == 1 else 'deliveries'} to send again")


def _system(number: int) -> System:
    system = System.get_or_none(System.id == number)
    if system is None:
        raise click.ClickException("there is no such system")
    return system


def deliver_next() -> bool:
    """Tell one system of one event. False if nothing is due. No connection to the database is open meanwhile."""
    with db.connection_context():
        delivery = Delivery.claim()
    if delivery is None:
        return False
    error = _tell(delivery)
    with db.connection_context():
        delivery.failed(error) if error else delivery.sent()
    log.info("delivery %d for system %d: %s", delivery.id, delivery.system_id, error or "sent")
    return True


def _tell(delivery: Delivery) -> str:
    """What went wrong, in words, or an empty text."""
    try:
        with db.connection_context():
            system, body = delivery.system, _body(delivery)
        if system.revoked_at:
            return "revoked"
        webhook.send(system.hook_url, system.hook_secret, body)
    except SendError as error:
        return str(error)
    except Exception:  # a fault of ours: it counts as a failure, or it would be tried for ever
        log.exception("delivery %d", delivery.id)
        return "a fault on our side"
    return ""


def _body(delivery: Delivery) -> bytes:
    event = Event.get_by_id(delivery.event_id)
    dossier = Dossier.loaded().where(Dossier.id == event.dossier_id).get()
    content = {
        "event": event_shape(event).model_dump(mode="json"),
        "dossier": dossier_shape(dossier, with_history=False),
    }
    return json.dumps(content, separators=(",", ":")).encode()
