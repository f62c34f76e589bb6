"""URL converters. A value that a converter cannot read is answered with 404 before a view runs."""

from collections.abc import Callable

from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

NumberParser = Callable[[str], str | None]
NumbersParser = Callable[[str], tuple[str, ...]]


class RoundConverter(IntegerConverter):
    """A small count, up to 999. The limit exists because Python refuses to parse very long digit strings."""

    regex = r"\d{1,3}"


class RowConverter(IntegerConverter):
    """The id of a database row. At most 9 digits: it must fit into an integer column."""

    regex = r"\d{1,9}"


def init_app(app: Flask, number: NumberParser, numbers: NumbersParser) -> None:
    """Register the converters `<number:>`, `<numbers:>`, `<round:>` and `<row:>`.

    `number` parses one number in any spelling, or returns None; `numbers` parses several, or returns an empty tuple.
    """
    app.url_map.converters |= {
        "number": _number_converter(number),
        "numbers": _numbers_converter(numbers),
        "round": RoundConverter,
        "row": RowConverter,
    }


def _number_converter(read: NumberParser) -> type[BaseConverter]:
    class NumberConverter(BaseConverter):
        regex = r"[^/]{1,64}"

        def to_python(self, value: str) -> str:
            found = read(value)
            if found is None:
                raise ValidationError
            return found

    return NumberConverter


def _numbers_converter(read: NumbersParser) -> type[BaseConverter]:
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
