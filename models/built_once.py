"""Queries whose SQL is built once, for the few that run for every notification.

Peewee builds the text of a query anew each time, which takes longer than most databases take to answer it.
"""

import datetime as dt
import inspect
from collections.abc import Callable
from typing import Any

from models.base import db

SAMPLES: dict[Any, Callable[[int], Any]] = {  # values that no query has otherwise: they mark where the real ones go
    int: lambda index: -7_654_321 - index,
    str: lambda index: f"sample {index}",
    dt.datetime: lambda index: dt.datetime(1, 1, 1, microsecond=1 + index, tzinfo=dt.UTC),
}


class BuiltOnce:
    """A query that `make` builds from its arguments, which are of the types of SAMPLES."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self.make, self.database = make, None

    def rows(self, **values: Any) -> list[Any]:
        """What a SELECT finds, as instances of its models."""
        cursor = self.run(**values)
        return list(self.query._get_cursor_wrapper(cursor))

    def run(self, **values: Any) -> Any:
        """Execute it with these values. Returns the cursor."""
        if self.database is not db.obj:
            self._build()
        plain = {name: _plain(value) for name, value in values.items()}
        return db.execute_sql(self.sql, [plain[self.slots[i]] if i in self.slots else p for i, p in self.params])

    def _build(self) -> None:
        names = inspect.signature(self.make).parameters
        samples = {name: SAMPLES[names[name].annotation](index) for index, name in enumerate(names)}
        self.query = self.make(**samples)
        self.sql, params = self.query.sql()
        self.params = list(enumerate(params))
        marks = {_plain(sample): name for name, sample in samples.items()}
        self.slots = {i: marks[p] for i, p in self.params if isinstance(p, int | str | dt.datetime) and p in marks}
        if set(self.slots.values()) != set(names):
            raise ValueError(f"{self.make.__name__} does not use all of its arguments as they are")
        self.database = db.obj


def _plain(value: Any) -> Any:
    """As the database takes it: an instant without a zone, see UTCDateTimeField."""
    return value.astimezone(dt.UTC).replace(tzinfo=None) if isinstance(value, dt.datetime) else value
