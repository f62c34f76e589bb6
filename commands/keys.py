"""`flask --app app keys`: the key ring, and what its older keys still hold."""

import secrets

import click
from flask import current_app
from flask.cli import AppGroup

from models import now
from models.security import keys, rotation
from models.security.kept_keys import KeptKey
from web.key_ring import NamedKey
from web.state import state

group = AppGroup("keys", help="The key ring (ETRACKING_KEYS).")


@group.command()
def new() -> None:
    """Print a new key, to stand in ETRACKING_KEYS before the others (docs/operating.md tells the steps)."""
    click.echo(f"{now():%Y%m%d-%H%M}:{secrets.token_urlsafe(48)}")


@group.command()
def status() -> None:
    """Tell what each key has encrypted, and which may be removed. Fails if something cannot be read with this ring."""
    with state().database.connection_context():
        used, kept = rotation.usage(), {row.key_id for row in KeptKey.select(KeptKey.key_id)}
    for key, key_id in _ring():
        counts = used.pop(key_id, None)
        what = ", ".join(f"{count} {table}" for table, count in sorted(counts.items())) if counts else "used by nothing"
        click.echo(f"{key.name:20} {key_id}  {_role(key_id, not counts and key_id in kept)}: {what}")
    for key_id, counts in used.items():
        click.echo(
            f"{'not in the ring':20} {key_id}  {counts.total()} values cannot be read: add the key again", err=True
        )
    if used:
        raise SystemExit(1)


@group.command()
def rotate() -> None:
    """Encrypt and hash anew what older keys have written, while the service runs. Killed, it goes on when called again.

    Afterwards every older key may be removed from ETRACKING_KEYS.
    """
    written = 0
    with state().database.connection_context():
        for piece in rotation.rotate():
            written += piece.written
            click.echo(f"\rkeys: {written} rows written anew", nl=False, err=True)
        left = sum(count.total() for key_id, count in rotation.usage().items() if key_id != keys.newest_id())
    click.echo("", err=True)
    if left:
        raise click.ClickException(
            f"{left} values are left under older keys: call it again. What is left even then cannot be read"
        )
    click.echo(f"keys: {written} rows written anew, all with {current_app.config['KEY_RING'][0].name}")


def _ring() -> list[tuple[NamedKey, str]]:
    return list(zip(current_app.config["KEY_RING"], keys.ids(), strict=True))


def _role(key_id: str, done: bool) -> str:
    if key_id == keys.newest_id():
        return "newest"
    return "may be removed" if done else "needed until `keys rotate` is done"
