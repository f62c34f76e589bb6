"""`flask --app app backup`: copy the SQLite database while the service runs."""

from pathlib import Path

import click

from models.base import db


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
def backup(path: Path) -> None:
    """Copy the SQLite database to PATH while the service runs. (PostgreSQL has pg_dump.)"""
    if db.for_update:
        raise click.ClickException("this is PostgreSQL: use pg_dump")
    try:
        path.touch(0o600, exist_ok=False)  # VACUUM INTO may fill an empty file; so no one else can ever read the copy
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    with db.connection_context():
        db.execute_sql("VACUUM INTO ?", (str(path),))
    click.echo(f"backup: {path.stat().st_size} bytes")
