"""The eTracking number: 12 random characters of Crockford's base32 and one check character (60 random bits)."""

import re
import secrets
import unicodedata

from models.security.crockford import ALPHABET, LOOK_ALIKES, check_character
from models.typed import readable

LENGTH = 13
MAX_NUMBERS = 6  # numbers on one envelope sheet
_SEPARATORS = re.compile(r"[\s.,~\-_·•]+")
_AROUND = re.compile(r"^[\W_]+|[\W_]+$")


def new_number() -> str:
    """A random number. The unique index of the database refuses one that is taken."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def span(begin: str) -> tuple[str, str]:
    """The first and the last sequence of 13 characters that begin with `begin`."""
    return begin.ljust(LENGTH, ALPHABET[0]), begin.ljust(LENGTH, ALPHABET[-1])


def clean(text: str) -> str:
    """Typed text without separators and invisible characters, in upper case, with O, I and L as digits."""
    joined = _SEPARATORS.sub("", _AROUND.sub("", readable(text.upper())))
    return unicodedata.normalize("NFC", joined.upper()).translate(LOOK_ALIKES)


def parse(text: str) -> str | None:
    """The number in `text`, in any spelling, or None if length, letters or check character are wrong."""
    number = clean(text[:64])  # longer input is no number: do not spend time on it
    if len(number) != LENGTH or any(character not in ALPHABET for character in number):
        return None
    return number if check_character(number[:-1]) == number[-1] else None


def several(text: str) -> tuple[str, ...]:
    """The numbers of an envelope, each once, or none if one of them is wrong or there are more than six.

    Cut by length, not at the plus signs: some keyboards make an accent of them and lose it.
    """
    signs = "".join(filter(str.isalnum, clean(text)))
    numbers = [parse(signs[at : at + LENGTH]) for at in range(0, len(signs), LENGTH)]
    return tuple(dict.fromkeys(filter(None, numbers))) if all(numbers) and len(numbers) <= MAX_NUMBERS else ()


def grouped(number: str) -> str:
    """The number as printed and spoken: groups of four, four and five."""
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"
