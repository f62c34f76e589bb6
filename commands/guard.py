"""Commands refuse to run on a database that is not there, or whose schema they do not know."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

import click
from flask.cli import run_command, with_appcontext
from peewee import PeeweeException

from models import Audit, db
from models.staff import acting
from web import schema
from web.state import state

WITHOUT_DATABASE = {
    "backup create",  # also before an upgrade
    "backup keys",
    "backup restore",  # puts a database where none is
    "backup verify",
    "captcha voices",
    "catalogue check",
    "catalogue try",
    "config check",  # says itself what is wrong
    "db status",
    "db upgrade",
    "keys new",
    "notifications send",  # waits until the database can be reached
    "push keys",
}
# Commands without a row in the audit log. Every other, also one that is new, leaves one at least.
NOT_AUDITED = {
    *("audit digest", "audit exported", "audit verify", "retention list", "systems list"),  # they only look
    *("config check", "db status", "keys status", "notifications status"),
    *(
        "backup keys",
        "keys new",
        "push keys",
        "captcha voices",
        "catalogue check",
        "catalogue try",
    ),  # they touch no database
    *("backup create", "backup verify", "catalogue load", "db upgrade"),  # no account, no key, no person
    "db copy",  # the copy is the same, its audit log too
    "demo",  # plays the staff, in development
    "notifications send",  # the service itself
}


def protect(commands: Iterable[click.Command]) -> None:
    """Let every command, but those above, look at the database first and leave its trace. Call it once for each."""
    for name, command in _leaves(commands):
        if command.callback and name not in NOT_AUDITED:
            command.callback = _audited(command.callback, name)
        if command.callback and name not in WITHOUT_DATABASE:
            command.callback = _after_a_look(command.callback)


def fault() -> str:
    """Why nothing can run on the database, in one sentence; empty if all can."""
    try:
        return schema.problem(state().database)
    except PeeweeException as error:
        return f"the database cannot be reached: {schema.first_line(error)}"


def serving() -> bool:
    """True if this process is a web server: gunicorn, which says so in the environment, or Flask's own."""
    context = click.get_current_context(silent=True)
    return context.command is run_command if context else "SERVER_SOFTWARE" in os.environ


def _leaves(commands: Iterable[click.Command], *names: str) -> Iterator[tuple[str, click.Command]]:
    """All commands without commands of their own, by the words that are typed."""
    for command in commands:
        words = (*names, command.name or "")
        if isinstance(command, click.Group):
            yield from _leaves(command.commands.values(), *words)
        else:
            yield " ".join(words), command


def _audited(callback: Callable[..., Any], name: str) -> Callable[..., Any]:
    """`callback`, whose rows in the audit log name the command; if it wrote none itself, there is one of it."""

    @with_appcontext
    @wraps(callback)
    def run(*args: Any, **options: Any) -> Any:
        with acting.by_command(name, _operator()) as command:
            done = callback(*args, **options)
            if not command.rows:
                with db.connection_context():
                    Audit.record(None, "command")
        return done

    return run


def _operator() -> int:
    """The number of the operating system's account that typed this; of the person, also if by sudo."""
    by_sudo = os.environ.get("SUDO_UID", "")
    return int(by_sudo) if by_sudo.isdecimal() else os.getuid()


def _after_a_look(callback: Callable[..., Any]) -> Callable[..., Any]:
    """`callback`, refused with one sentence if it cannot run on the database."""

    @with_appcontext
    @wraps(callback)
    def run(*args: Any, **options: Any) -> Any:
        if why := fault():
            raise click.ClickException(why)
        return callback(*args, **options)

    return run
