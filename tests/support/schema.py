"""What a database's schema promises to the release before: tables, columns, what may be null, what must be unique."""

from typing import NamedTuple

from models import db
from web.schema import CONTRACT


class Column(NamedTuple):
    type: str
    null: bool
    default: bool


class Table(NamedTuple):
    columns: dict[str, Column]
    unique: set[tuple[str, ...]]


def tables() -> dict[str, Table]:
    """All tables of the database, as it says itself."""
    return {
        name: Table(
            {
                column.name: Column(column.data_type, column.null, column.default is not None)
                for column in db.get_columns(name)
            },
            {tuple(index.columns) for index in db.get_indexes(name) if index.unique},
        )
        for name in db.get_tables()
    }


def taken_away(before: dict[str, Table], after: dict[str, Table]) -> list[str]:
    """What code that knows the schema `before` cannot do `after`."""
    found = [f"table {name} is gone" for name in before if name not in after]
    for name in before.keys() & after.keys():
        old, new = before[name], after[name]
        found += [f"{name}.{column} is gone" for column in old.columns if column not in new.columns]
        for column in old.columns.keys() & new.columns.keys():
            if old.columns[column].type != new.columns[column].type:
                found.append(f"{name}.{column} has another type")
            if old.columns[column].null and not new.columns[column].null:
                found.append(f"{name}.{column} must not be null any more")
            if old.columns[column].default and not new.columns[column].default:
                found.append(f"{name}.{column} has no default any more")
        for column, kind in new.columns.items():
            if column not in old.columns and not (kind.null or kind.default):
                found.append(f"{name}.{column} is new, and must be given")
        found += [f"{name} must be unique in {', '.join(columns)}" for columns in new.unique - old.unique]
    return found


def allowed(migration: str) -> bool:
    """True if this migration says in its name that it takes something away."""
    return CONTRACT in migration
