"""`flask --app app audit`: verify the audit log."""

from typing import TextIO

import click
from flask.cli import AppGroup

from models import Audit, AuditCut, db
from models.staff import audit_export

group = AppGroup("audit", help="The log of what the staff did and read.")


@group.command()
@click.argument("seal", required=False)
def verify(seal: str | None) -> None:
    """Check the hash chain of the audit log; name the first bad row.

    Keep the last seal on another machine and give it as SEAL the next time. Only this detects rows that were cut off
    at the end, or a log that was written anew.
    """
    with db.connection_context():
        bad, last = Audit.verify()
        gone = not Audit.has_seal(seal) if seal else False
    if bad:
        raise click.ClickException(f"audit: row {bad} was changed, removed or put in")
    if gone:
        raise click.ClickException("audit: the row with this seal is gone")
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
