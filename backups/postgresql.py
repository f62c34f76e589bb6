"""Copies of a PostgreSQL database by its own tools, pg_dump and pg_restore, which read and write a stream."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from backups.archive import PART_BYTES
from backups.errors import BackupError

SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@contextmanager
def snapshot(database: Any) -> Iterator[str]:
    """A transaction that sees one state of the database; yields the name by which pg_dump sees the same."""
    with database.connection_context():
        database.execute_sql("ROLLBACK")
        database.execute_sql(SNAPSHOT)
        try:
            yield database.execute_sql("SELECT pg_export_snapshot()").fetchone()[0]
        finally:
            database.execute_sql("ROLLBACK")


def parts(url: str, snapshot_name: str) -> Iterator[bytes]:
    """The dump of the database at `url`. Raises BackupError with what pg_dump said."""
    with running("pg_dump", url, f"--snapshot={snapshot_name}", "--format=custom", "--compress=0") as (_, output):
        while part := output.read(PART_BYTES):
            yield part


@contextmanager
def running(tool: str, url: str, *options: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Run a tool on the database at `url`: its input and output. Raises BackupError with what it said.

    The password goes by the environment: all users of the machine can read arguments.
    """
    if not shutil.which(tool):
        raise BackupError(f"{tool} is not installed (Debian: apt install postgresql-client)")
    given: dict[str, Any] = dict(conninfo_to_dict(url))
    password = given.pop("password", None)
    command = [tool, f"--dbname={make_conninfo(**given)}", "--no-owner", "--no-privileges", *options]
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout and process.stderr  # noqa: S101
        try:
            yield process.stdin, process.stdout
            process.stdin.close()
            said = process.stderr.read().decode(errors="replace")
        except BrokenPipeError:
            said = process.stderr.read().decode(errors="replace")
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise BackupError(f"{tool}: {_reason(said)}")


def _reason(said: str) -> str:
    """The errors, without the lines after them, which quote rows; but with the versions that do not fit."""
    wanted = ("error: ", "detail: server version: ")
    errors = [line.partition(": ")[2] for line in said.splitlines() if any(text in line for text in wanted)]
    return "; ".join(errors[:2]) or "failed without a word"
