"""The audit log in the hands of somebody with the database's own password."""

from models import db


def open_to_changes() -> None:
    """Remove what the database itself does against changes."""
    names = ("no_update", "no_delete", "no_replace") if not db.for_update else ("append_only", "no_delete")
    for name in names:
        db.execute_sql(f"DROP TRIGGER audit_{name}" + (" ON audit" if db.for_update else ""))
