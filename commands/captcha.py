"""`flask --app app captcha`: record the digits of the audio CAPTCHA."""

import click
from flask.cli import AppGroup

from models.catalogue.procedure import LANGUAGES
from models.security.voices import record

group = AppGroup("captcha", help="The security check before a form.")


@group.command(with_appcontext=False)  # `make install` runs it before there are settings
def voices() -> None:
    """Record the digits of the audio code in four languages. Does nothing when all are there."""
    try:
        made, there = record(LANGUAGES)
    except RuntimeError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{made} recordings made, {there} in all.")
