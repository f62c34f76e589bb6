"""The eTracking number: 12 random characters of Crockford's base32 and one check character (60 random bits)."""

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 13
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_ALIKE = str.maketrans({"O": "0", "I": "1", "L": "1"})
_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015\u2212]+")


def new_number() -> str:
    """A number nobody can guess. That it is free is for the database to say (unique index)."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The check character of `body`: s = (s xor d) * 2 in GF(32) with x^5 + x^2 + 1, for each value d in turn.

    It finds every wrong character, every swap of neighbours or across one, and every doubled-pair error.
    """
    state = 0
    for character in body:
        state = (state ^ _VALUE[character]) << 1
        if state & 0b100000:
            state ^= 0b100101
    return ALPHABET[state]


def clean(text: str) -> str:
    """What a person typed, without separators, in upper case, look-alikes O, I and L read as digits."""
    return _SEPARATORS.sub("", text).upper().translate(_ALIKE)


def parse(text: str) -> str | None:
    """The number in `text`, whatever its spelling, or None when it cannot be one (length, letters, check)."""
    number = clean(text[:64])  # longer input is no number: do not spend time on it
    if len(number) != LENGTH or any(character not in _VALUE for character in number):
        return None
    return number if check_character(number[:-1]) == number[-1] else None


def find(text: str) -> str | None:
    """The first number that stands in `text`: a message, an address, a line of the sheet. Or None.

    One in 32 words of 13 letters passes the check by chance, so what has a digit goes before what has none.
    """
    words = re.split(r"[^\w.\-\u2010-\u2015\u2212]+", text[:4000])
    runs = words + [" ".join(words[at : at + 3]) for at in range(len(words) - 2)]  # in groups, with spaces
    found = [run for run in runs if parse(run)]
    return parse(min(found, key=lambda run: not any(map(str.isdigit, run)))) if found else None


def grouped(number: str) -> str:
    """As printed and spoken: groups of four, four and five."""
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"
