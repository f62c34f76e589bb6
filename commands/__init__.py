"""Commands of `flask --app app ...`, one module for each noun. They print English, for the operator."""

from importlib import import_module

import click
from flask import Flask

from commands import guard

REGISTRY = (
    "commands.registry"  # loaded for a command line only: a web server would carry 10 MB of libraries for nothing
)


def init_app(app: Flask) -> None:
    """Register all commands, unless this process is a web server."""
    if not guard.serving():
        import_module(REGISTRY).register(app)


def without_settings(app: Flask, error: click.ClickException) -> Flask:
    """The app for a command line whose settings are wrong; raises `error` for everybody else."""
    if guard.serving():
        raise error
    made: Flask = import_module(REGISTRY).without_settings(app, error)
    return made
