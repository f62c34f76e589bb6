"""`flask --app app push`: make the key pair that push services identify us by (VAPID)."""

import base64

import click
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.cli import AppGroup

group = AppGroup("push", help="News on the device itself.")


@group.command("keys")
def keys() -> None:
    """Make a key pair and print it as settings. Devices subscribed with an older pair get no more notifications."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    click.echo(f"ETRACKING_PUSH_PUBLIC_KEY={_text(public)}")
    click.echo(f"ETRACKING_PUSH_PRIVATE_KEY={_text(key.private_numbers().private_value.to_bytes(32, 'big'))}")


def _text(key: bytes) -> str:
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()
