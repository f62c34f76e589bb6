"""`flask --app app config`: say what is wrong with the settings, all of it, before anything is started."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import click
from flask import current_app
from flask.cli import AppGroup

from commands import guard
from web.site_checks import is_production

group = AppGroup("config", help="The settings.")

RESPONSIBLE = {
    "CONTROLLER_NAME": "who is responsible for the data,",
    "CONTROLLER_ADDRESS": "the postal address of who is responsible",
    "CONTROLLER_EMAIL": "the e-mail address of who is responsible",
    "DATA_PROTECTION_OFFICER": "how the data protection officer is reached",
    "LEGAL_BASIS": "the law that gives the controller this task",
}

# What can be wrong although each setting is right. A check yields one sentence for each fault, with its remedy.
CHECKS: list[Callable[[], Iterable[str]]] = []


def database() -> Iterator[str]:
    """Why web and worker would not start on the database: it is missing, empty, away, or has another schema."""
    if why := guard.fault():
        yield why


def privacy() -> Iterator[str]:
    """What /privacy has to tell citizens and does not; and an audit log that would grow for ever."""
    config = current_app.config
    if not is_production(config):
        return
    for name, what in RESPONSIBLE.items():
        if not config[name]:
            yield f"ETRACKING_{name} is needed with https: {what} on /privacy (GDPR, article 13)"
    if not (config["AUDIT_DIR"] or config["BACKUP_DIR"]):
        yield "ETRACKING_AUDIT_DIR or ETRACKING_BACKUP_DIR is needed with https: where old rows of the audit log go"


CHECKS.append(database)
CHECKS.append(privacy)


@group.command()
def check() -> None:
    """Say all that is wrong with the settings, or what they switch on; shows no secret. Exit code 1: something is."""
    config = current_app.config
    faults = config["SETTINGS_PROBLEMS"] or [fault for look in CHECKS for fault in look()]
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        click.echo(f"{count}; the settings are those of {config['SETTINGS_SOURCE']}", err=True)
        raise SystemExit(1)
    for name, what in _summary(config):
        click.echo(f"{name:14} {what}")


def _summary(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    hops = config["PROXY_HOPS"]
    yield "settings", config["SETTINGS_SOURCE"]
    yield "site", f"{config['SITE_URL']}, {'1 reverse proxy' if hops == 1 else f'{hops} reverse proxies'} in front"
    yield "database", _database(config["DATABASE_URL"])
    yield "tables", "up to date"  # or it would be a fault
    yield "mail", _mail(config)
    yield "bounces", _bounces(config)
    yield "SMS", f"Vonage, as {config['SMS_SENDER']}" if config["VONAGE_APPLICATION_ID"] else "off"
    yield "push", _on(config["PUSH_PUBLIC_KEY"])
    yield "second factor", _on(config["STAFF_SECOND_FACTOR"])
    yield "helpdesk", ", ".join(filter(None, (config["HELPDESK_PHONE"], config["HELPDESK_EMAIL"]))) or "none"
    yield "metrics", _on(config["METRICS_TOKEN"])
    yield "backups", _backups(config)
    yield "audit digest", _on(config["AUDIT_DIGEST_EMAIL"] or config["AUDIT_DIGEST_URL"])
    yield "controller", config["CONTROLLER_NAME"] or "not named"


def _on(setting: object) -> str:
    return "on" if setting else "off"


def _database(text: str) -> str:
    url = urlsplit(text)
    if url.scheme == "sqlite":
        return f"SQLite, {text.removeprefix('sqlite:///')}"
    return f"PostgreSQL, {url.path.strip('/')} at {url.hostname or 'this machine'}"


def _mail(config: dict[str, Any]) -> str:
    if config["INBOX"]:
        return f"kept in {config['INBOX_DIR']}, for development"
    encryption = "TLS" if config["MAIL_USE_SSL"] else "STARTTLS" if config["MAIL_USE_TLS"] else "not encrypted"
    return f"{config['MAIL_SERVER']}:{config['MAIL_PORT']}, {encryption}, from {config['MAIL_SENDER']}"


def _bounces(config: dict[str, Any]) -> str:
    mailbox = config["MAIL_BOUNCE_SERVER"] and f"read at {config['MAIL_BOUNCE_SERVER']}"
    posted = config["MAIL_BOUNCE_SECRET"] and "taken at /webhooks/bounces"
    return ", ".join(filter(None, (mailbox, posted))) or "off"


def _backups(config: dict[str, Any]) -> str:
    if not config["BACKUP_DIR"]:
        return "off"
    keys, days = len(config["BACKUP_RECIPIENT"].split()), config["BACKUP_KEEP"]
    to = "1 recipient" if keys == 1 else f"{keys} recipients"
    return f"in {config['BACKUP_DIR']}, encrypted to {to}, kept {'1 day' if days == 1 else f'{days} days'}"
