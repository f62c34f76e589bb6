"""The bytes of a database as they lie on the disk: the file and its log, or all that PostgreSQL keeps of it."""

from pathlib import Path

from models import db


def holding(*texts: str) -> set[str]:
    """The texts that stand somewhere in the files of the database that is connected.

    PostgreSQL's own log (pg_wal) is left out: docs/operating.md says how long that keeps what was written.
    """
    if db.for_update:
        db.execute_sql("CHECKPOINT")
        folder = Path(db.execute_sql("SHOW data_directory").fetchone()[0])
        (name,) = db.execute_sql("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
        files = [path for path in (folder / "base" / str(name)).iterdir() if path.is_file()]
    else:
        files = [path for path in Path(db.obj.database).parent.glob(f"{Path(db.obj.database).name}*")]
    heads = {
        text[:6].encode() for text in texts
    }  # a few only, and in hardly any file: thousands of texts are looked for
    data = [held for path in files if any(head in (held := path.read_bytes()) for head in heads)]
    return {text for text in texts if any(text.encode() in each for each in data)}
