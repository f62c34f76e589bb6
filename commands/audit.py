"""`flask --app app audit`: verify the audit log, and its digests."""

from contextlib import suppress
from typing import TextIO

import click
from flask import current_app
from flask.cli import AppGroup
from peewee import PeeweeException

from models import Audit, AuditCut, db
from models.staff import audit_export
from models.staff import digest as digests
from models.staff.digest import AuditWatch, Digest

group = AppGroup("audit", help="The log of what the staff did and read.")


@group.command()
@click.argument("seal", required=False)
@click.option("--digest", "files", multiple=True, type=click.File(errors="replace"), help="A digest or its mail; -.")
def verify(seal: str | None, files: tuple[TextIO, ...]) -> None:
    """Check the hash chain of the audit log; name the first bad row.

    Only a digest that was kept on another machine, or its last seal as SEAL, shows that rows were cut off at the end,
    or that the log was written anew.
    """
    noted = [_read(file) for file in files]
    with db.connection_context():
        bad, last = Audit.verify()
        with suppress(PeeweeException):  # the alarm goes by it; a log is checked also where nothing can be written
            AuditWatch.done("chain", bad)
        faults = [fault for each in noted if (fault := _fault(each))]
        exported = [each for each in noted if digests.is_exported(each)]
        gone = not Audit.has_seal(seal) if seal else False
    if bad:
        raise click.ClickException(f"audit: row {bad} was changed, removed or put in")
    if gone:
        raise click.ClickException("audit: the row with this seal is gone")
    if faults:
        raise click.ClickException("\n".join(f"audit: {fault}" for fault in faults))
    for each in exported:
        click.echo(
            f"Warning: row {each.rows} of the digest of {each.date} was exported: see `audit exported`", err=True
        )
    for each in [each for each in noted if each not in exported]:
        click.echo(f"audit: all as in the digest of {each.date}, up to row {each.rows}")
    click.echo(f"audit: {last.id} rows, all as they were written; last seal {last.seal}" if last else "audit: no rows")


@group.command()
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"))
def exported(file: TextIO) -> None:
    """Check FILE, a part of the log that was exported and cut off: whole, and followed by what came after it."""
    try:
        count, seal = audit_export.verify(file)
    except audit_export.BrokenChainError as error:
        raise click.ClickException(f"audit: row {error} of the export was changed, removed or put in") from None
    except (ValueError, KeyError, TypeError):
        raise click.ClickException("audit: this is no export of the audit log") from None
    with db.connection_context():
        known = AuditCut.has_seal(seal)
    if not known:
        raise click.ClickException("audit: no cut ended with the last row of this export")
    click.echo(f"audit: {count} rows of the export, all as they were written; the log was cut after them")


@group.command()
def digest() -> None:
    """Print a digest of the log as it is now; on standard error, the public key that its signature is checked with."""
    with db.connection_context():
        made = digests.make(current_app.config["SITE_URL"])
    click.echo(made.text())
    click.echo(f"public key (Ed25519): {digests.public_key()}", err=True)


def _read(file: TextIO) -> Digest:
    try:
        return digests.read(file.read())
    except ValueError:
        raise click.ClickException(f"there is no digest in {file.name}") from None


def _fault(noted: Digest) -> str:
    """What is wrong with a digest, or what no longer fits it; empty if nothing is."""
    genuine = digests.is_genuine(noted)
    if genuine is False:
        return f"the digest of {noted.date} is not what this site has signed"
    if genuine is None:
        click.echo(f"Warning: the key {noted.key} of the digest of {noted.date} is no longer in the ring", err=True)
    return digests.difference(noted)
