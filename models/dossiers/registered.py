"""The number of a registered item of the post: RR123456785LU (Universal Postal Union, standard S10)."""

import re

S10 = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")
WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def registered_number(typed: str) -> str | None:
    """The number in `typed`, in any case and with any spaces, or None if its form or its check digit is wrong."""
    number = re.sub(r"[\s.-]", "", typed).upper()
    match = S10.fullmatch(number)
    return number if match and int(match[3]) == check_digit(match[2]) else None


def check_digit(serial: str) -> int:
    """The check digit of eight digits: 11 less the weighted sum modulo 11, where 10 is written 0 and 11 is 5."""
    rest = 11 - sum(weight * int(digit) for weight, digit in zip(WEIGHTS, serial, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)
