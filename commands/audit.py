"""`flask --app app audit`: verify the audit log."""

import click
from flask.cli import AppGroup

from models import Audit, db

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
