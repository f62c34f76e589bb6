"""URL converters. What a converter cannot read is 404 before a view runs."""

from collections.abc import Callable

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

One = Callable[[str], str | None]
Many = Callable[[str], tuple[str, ...]]


class RoundConverter(IntegerConverter):
    """A small count. Nobody is asked for the thousandth time, and Python refuses endless digits."""

    regex = r"\d{1,3}"


class RowConverter(IntegerConverter):
    """The id of a row. No database takes endless digits."""

    regex = r"\d{1,9}"


def init_app(app: Flask, number: One, numbers: Many) -> None:
    """Add `<number:>`, `<numbers:>`, `<round:>` and `<row:>`.

    `number` reads one number in any spelling, or returns None; `numbers` reads several, or returns an empty tuple.
    """
    app.url_map.converters |= {
        "number": _reading_one(number),
        "numbers": _reading_many(numbers),
        "round": RoundConverter,
        "row": RowConverter,
    }


def _reading_one(read: One) -> type[BaseConverter]:
    class NumberConverter(BaseConverter):
        regex = r"[^/]{1,64}"

        def to_python(self, value: str) -> str:
            found = read(value)
            if found is None:
                raise ValidationError
            return found

    return NumberConverter


def _reading_many(read: Many) -> type[BaseConverter]:
    class NumbersConverter(BaseConverter):
        """Numbers joined by plus signs."""

        regex = r"[^/]{1,200}"

        def to_python(self, value: str) -> tuple[str, ...]:
            found = read(value)
            if not found:
                raise ValidationError
            return found

        def to_url(self, value: tuple[str, ...]) -> str:
            return "+".join(value)

    return NumbersConverter
