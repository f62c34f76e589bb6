"""All commands, and which of them run although the settings are wrong."""

from collections.abc import Mapping
from copy import copy
from typing import NoReturn

import click
from flask import Flask
from flask.cli import AppGroup, FlaskGroup

from commands import (
    audit,
    backup,
    captcha,
    catalogue,
    config,
    db,
    demo,
    guard,
    keys,
    notifications,
    push,
    retention,
    staff,
    systems,
)

GROUPS = (audit, backup, captcha, catalogue, config, db, keys, notifications, push, retention, staff, systems)
COMMANDS: tuple[click.Command, ...] = (*(module.group for module in GROUPS), demo.demo)
guard.protect(COMMANDS)  # once: all applications of a process share them
WITHOUT_SETTINGS = ("captcha", "config", "push")  # commands that work before there are settings


def register(app: Flask) -> None:
    """Add all commands to the command line of `app`."""
    for command in COMMANDS:
        app.cli.add_command(command)


def without_settings(app: Flask, error: click.ClickException) -> Flask:
    """The app for a command line whose settings are wrong: it lists all commands, and runs those that need no settings.

    Raises `error` for everybody else: a web server, `flask run`.
    """
    context = click.get_current_context(silent=True)
    if context is None or not isinstance(context.command, FlaskGroup):  # not while commands are looked up
        raise error
    register(app)
    app.cli = _Refusing(error, app.cli.commands)
    return app


class _Refusing(AppGroup):
    """The commands, of which those that need settings end with `error`."""

    def __init__(self, error: click.ClickException, commands: Mapping[str, click.Command]) -> None:
        refused = {name: _refusing(command, error) for name, command in commands.items()}
        super().__init__(commands=refused | {name: commands[name] for name in WITHOUT_SETTINGS})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them, after a word on what must be done first."""
        click.echo("The settings are missing or wrong: `flask --app app config check` says all of it.\n", err=True)
        return super().list_commands(ctx)


def _refusing(command: click.Command, error: click.ClickException) -> click.Command:
    def refuse(_ctx: click.Context) -> NoReturn:
        raise error

    refused = copy(command)
    refused.invoke = refuse  # type: ignore[assignment, method-assign]
    return refused
