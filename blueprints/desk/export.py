"""Tables to take away, for a spreadsheet: nothing in a cell is ever a formula there."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from flask import Response, stream_with_context
from peewee import Field, ModelSelect

BOM = "\ufeff"  # without it, Excel takes UTF-8 for something else
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")  # what a cell may not begin with (OWASP ASVS 5.0, 1.2.10)
ROWS_AT_ONCE = 500  # rows asked for together


def answer(name: str, header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Response:
    """The table as a file called `name`, sent row by row as it is read."""
    response = Response(stream_with_context(lines(header, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def lines(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The table as text (RFC 4180), a line at a time."""
    yield BOM
    for row in chain([header], rows):
        line = io.StringIO()
        csv.writer(line).writerow([harmless(cell) for cell in row])
        yield line.getvalue()


def harmless(cell: Any) -> str:
    """What stands in the cell. A spreadsheet that would calculate it is told by an apostrophe that it is text."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def in_pieces(query: "ModelSelect[Any]", key: Field) -> Iterator[Any]:
    """Every row of `query` in the order of `key`, a few at a time: no table is too long, and none is held up."""
    last: Any = 0
    while rows := list(query.where(key > last).order_by(key).limit(ROWS_AT_ONCE)):
        yield from rows
        last = getattr(rows[-1], key.name)
