"""What an address may hold: a number in any spelling is read, anything else is 404 before a line of ours runs."""

from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from models.number import parse


class NumberConverter(BaseConverter):
    regex = r"[^/]{1,64}"

    def to_python(self, value: str) -> str:
        number = parse(value)
        if number is None:
            raise ValidationError
        return number


class RoundConverter(IntegerConverter):
    """The round of a follow-up sheet. Nobody is asked a thousand times, and Python refuses endless digits."""

    regex = r"\d{1,3}"
