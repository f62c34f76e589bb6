"""The eTracking number: 12 random characters of Crockford's base32 and one check character (60 random bits)."""

import re
import secrets
import unicodedata
from typing import Literal, NamedTuple

from models.security.crockford import ALPHABET, LOOK_ALIKES, check_character

LENGTH = 13
MAX_NUMBERS = 6  # numbers on one envelope sheet
_ADDRESS = re.compile(r"/(T|E|R)/([^/?#]+)(?:/(\d{1,3})(?!\w))?")
# A hand scanner types as if on an American keyboard; the computer may believe that it has another one. What arrives,
# back to what was meant, as far as our addresses need it. German and Swiss keyboards:
_QWERTZ = str.maketrans("YZyz-", "ZYzy/")
# French, and Belgian, which differs in four keys. The dot is typed as a colon, the colon as M.
_AZERTY = str.maketrans("AQZWMaqzwm?,&é\"'(-è_çà!):", "QAWZ:qawz;Mm1234567890/-.")
_BELGIAN = _AZERTY | str.maketrans("§!=_", "68/+")
_KEYBOARDS: tuple[dict[int, int], ...] = ({}, _QWERTZ, _AZERTY, _BELGIAN)
_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015\u2212]+")


class Scanned(NamedTuple):
    """The meaning of a scanned code, or of what was typed instead.

    `round` is the round of a follow-up sheet, 0 for everything else; only an envelope has several numbers.
    """

    numbers: tuple[str, ...]
    round: int = 0
    kind: Literal["number", "envelope", "receipt"] = "number"


def new_number() -> str:
    """A random number. The unique index of the database refuses one that is taken."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def span(begin: str) -> tuple[str, str]:
    """The first and the last sequence of 13 characters that begin with `begin`."""
    return begin.ljust(LENGTH, ALPHABET[0]), begin.ljust(LENGTH, ALPHABET[-1])


def clean(text: str) -> str:
    """Typed text without separators, in upper case, with the look-alikes O, I and L as digits."""
    return _SEPARATORS.sub("", text).upper().translate(LOOK_ALIKES)


def parse(text: str) -> str | None:
    """The number in `text`, in any spelling, or None if length, letters or check character are wrong."""
    number = clean(text[:64])  # longer input is no number: do not spend time on it
    if len(number) != LENGTH or any(character not in ALPHABET for character in number):
        return None
    return number if check_character(number[:-1]) == number[-1] else None


def scanned(text: str) -> Scanned | None:
    """Parse what was scanned or typed: a number in any spelling, or the URL of one of our codes; else None.

    A URL is read on every host, since sheets outlive hosts, and as a hand scanner types it on a computer that is
    set to a German, Swiss, French or Belgian keyboard.
    """
    if number := parse(text):
        return Scanned((number,))
    readings = (_address(text[:300].translate(keyboard)) for keyboard in _KEYBOARDS)
    return next((reading for reading in readings if reading), None)


def _address(text: str) -> Scanned | None:
    """Parse a URL of one of our codes. Every number in it must be valid."""
    found = _ADDRESS.search(text.upper())
    if found is None:
        return None
    kind, rest, round_ = found.groups()
    if kind == "E":
        numbers = several(rest)
        return Scanned(numbers, kind="envelope") if numbers else None
    number = parse(rest)
    if number is None:
        return None
    return Scanned((number,), kind="receipt") if kind == "R" else Scanned((number,), int(round_ or 0))


def several(text: str) -> tuple[str, ...]:
    """The numbers of an envelope, each once, or none if one of them is wrong or there are more than six.

    Cut by length, not at the plus signs: some keyboards make an accent of them and put it on the next letter.
    """
    signs = "".join(sign for sign in unicodedata.normalize("NFD", clean(text)) if sign.isalnum())
    numbers = [parse(signs[at : at + LENGTH]) for at in range(0, len(signs), LENGTH)]
    return tuple(dict.fromkeys(filter(None, numbers))) if all(numbers) and len(numbers) <= MAX_NUMBERS else ()


def find(text: str) -> str | None:
    """The first number in `text` (a message, a URL, a line of the sheet), or None.

    One in 32 words of 13 letters passes the check by chance, so what has a digit goes before what has none.
    """
    words = re.split(r"[^\w.\-\u2010-\u2015\u2212]+", text[:4000])
    runs = words + [" ".join(words[at : at + 3]) for at in range(len(words) - 2)]  # in groups, with spaces
    found = [run for run in runs if parse(run)]
    return parse(min(found, key=lambda run: not any(map(str.isdigit, run)))) if found else None


def grouped(number: str) -> str:
    """The number as printed and spoken: groups of four, four and five."""
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"
