"""The eTracking number in an address: any spelling is read, anything else is 404 before a line of ours runs."""

from werkzeug.routing import BaseConverter, ValidationError

from models.number import parse


class NumberConverter(BaseConverter):
    regex = r"[^/]{1,64}"

    def to_python(self, value: str) -> str:
        number = parse(value)
        if number is None:
            raise ValidationError
        return number
