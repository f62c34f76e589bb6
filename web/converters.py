"""What an address may hold: a number in any spelling is read, anything else is 404 before a line of ours runs."""

from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from models.dossiers.number import parse, several


class NumberConverter(BaseConverter):
    regex = r"[^/]{1,64}"

    def to_python(self, value: str) -> str:
        number = parse(value)
        if number is None:
            raise ValidationError
        return number


class NumbersConverter(BaseConverter):
    """The numbers of an envelope, joined by plus signs."""

    regex = r"[^/]{1,200}"

    def to_python(self, value: str) -> tuple[str, ...]:
        numbers = several(value)
        if not numbers:
            raise ValidationError
        return numbers

    def to_url(self, value: tuple[str, ...]) -> str:
        return "+".join(value)


class RoundConverter(IntegerConverter):
    """The round of a follow-up sheet. Nobody is asked a thousand times, and Python refuses endless digits."""

    regex = r"\d{1,3}"


class RowConverter(IntegerConverter):
    """The id of a row. No database takes endless digits."""

    regex = r"\d{1,9}"
