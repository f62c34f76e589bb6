"""Databases that a restore has put aside: nothing is erased in them, so somebody has to remove them."""

from pathlib import Path
from typing import Any


def put_aside(database: Any) -> list[str]:
    """The names of those that are still there, beside `database`."""
    if not database.for_update:
        path = Path(database.database)
        return sorted(found.name for found in path.parent.glob(f"{path.name}.replaced-*T*Z"))
    begin = f"{database.database}_replaced_"
    known = database.execute_sql("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (begin,))
    return sorted(row[0] for row in known.fetchall())
