"""`flask --app app push`: the keys by which push services know us."""

import base64

import click
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.cli import AppGroup

group = AppGroup("push", help="News on the device itself.")


@group.command("keys")
def keys() -> None:
    """Make a pair of keys and print it as settings. Devices that were told with an older pair are told no more."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    click.echo(f"ETRACKING_PUSH_PUBLIC_KEY={_text(public)}")
    click.echo(f"ETRACKING_PUSH_PRIVATE_KEY={_text(key.private_numbers().private_value.to_bytes(32, 'big'))}")


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()
