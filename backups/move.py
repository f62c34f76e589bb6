"""Copy a whole SQLite database into an empty one of PostgreSQL: in one transaction, compared before it is committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from peewee import AutoField, Database, sort_models  # type: ignore[attr-defined]
from playhouse.migrations import Runner

from backups import manifest, sqlite
from backups.checks import close, refuse_workers, using
from backups.errors import BackupError
from backups.manifest import HISTORY, Manifest
from models import MODELS, Audit, now
from paths import MIGRATIONS

CHUNK = 1000  # rows read at once


def move(source: Any, target: Any) -> Manifest:
    """Copy all rows of `source` into `target`, with their ids; return what both hold now.

    Nobody can write to `source` meanwhile. Raises BackupError, and what the databases raise: then `target` is as empty
    as before.
    """
    try:
        with source.connection_context(), source.atomic("IMMEDIATE"), target.connection_context():
            facts = _look_at_source(source)
            with target.atomic():
                _fill(source, target)
                _compare(facts, target)
            target.execute_sql("ANALYZE")
    finally:
        close(target)
    return facts


def _fill(source: Any, target: Any) -> None:
    _refuse_what_holds_rows(target)
    Runner(target, str(MIGRATIONS)).up()
    with _triggers_off(target):
        for model in sort_models(MODELS):
            meta = model._meta
            columns = [field.column_name for field in meta.sorted_fields]
            _copy(source, target, meta.table_name, columns, isinstance(meta.primary_key, AutoField))


def _look_at_source(source: Database) -> Manifest:
    refuse_workers()
    sqlite.check(source)
    facts = manifest.look(source, now())
    if facts.schema != sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py")):
        raise BackupError("the database has another schema than this release")
    if unknown := facts.counts.keys() - {model._meta.table_name for model in MODELS} - {HISTORY}:
        raise BackupError(f"the table {min(unknown)} is none of this release")
    return facts


def _refuse_what_holds_rows(target: Any) -> None:
    for table in set(target.get_tables()) - {HISTORY}:
        if target.execute_sql(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone():  # noqa: S608
            raise BackupError(f"the target is not empty: its table {table} has rows")


@contextmanager
def _triggers_off(target: Any) -> Iterator[None]:
    """Let our own triggers rest: what they count is copied, too. Foreign keys are checked all the time."""
    tables = [model._meta.table_name for model in MODELS]
    for table in tables:
        target.execute_sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    yield
    for table in tables:
        target.execute_sql(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def _copy(source: Any, target: Any, table: str, columns: list[str], counted: bool) -> None:
    """Copy one table; if the database counts its ids, let them go on after the last one."""
    names = ", ".join(f'"{column}"' for column in columns)
    target.execute_sql(f'DELETE FROM "{table}"')  # noqa: S608  # a row that a migration has just written
    rows = source.execute_sql(f'SELECT {names} FROM "{table}"')  # noqa: S608
    try:
        with target.connection().cursor().copy(f'COPY "{table}" ({names}) FROM STDIN') as stream:
            while chunk := rows.fetchmany(CHUNK):
                for row in chunk:
                    stream.write_row(row)
    except psycopg.Error as error:  # its further lines quote the row
        raise BackupError(f"{table}: {str(error).splitlines()[0]}") from None
    if counted:
        target.execute_sql(
            f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), max(id)) FROM \"{table}\" HAVING max(id) > 0"  # noqa: S608
        )


def _compare(facts: Manifest, target: Any) -> None:
    """Raise BackupError unless the target has as many rows in each table, and the same whole audit log."""
    found = manifest.look(target, facts.made)
    for table, expected in facts.counts.items():
        if found.counts[table] != expected:
            raise BackupError(f"{table}: {found.counts[table]} rows arrived of {expected}")
    with using(target):
        bad, last = Audit.verify()
    if bad or (last.seal if last else "") != facts.audit:
        raise BackupError(f"row {bad or 'at the end'} of the audit log is not as it was")
