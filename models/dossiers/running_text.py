"""Numbers in a text that people wrote: between words, in groups, or one after the other."""

import re
from collections.abc import Iterable, Iterator

from models.dossiers.number import LENGTH, MAX_NUMBERS, parse, several

MAX_TOKEN = 40  # characters of a number with what may stand around it
_APART = r"[\s.,~\-_·•]{0,3}"
# Four, four and five characters, with little between them, and no letter, digit or accent beside them.
_SPELLED = rf"[0-9A-Z]{{4}}{_APART}[0-9A-Z]{{4}}{_APART}[0-9A-Z]{{5}}"
_NUMBER = re.compile(rf"(?=(?<![^\W_])(?<![\u0300-\u036f])({_SPELLED})(?![^\W_]))", re.I)
# Several numbers with nothing between them.
_JOINED = re.compile(rf"(?<![^\W_])(?:[0-9A-Z]{{{LENGTH}}}){{2,{MAX_NUMBERS}}}(?![^\W_])", re.I)
_PIECES = re.compile(r"[\n\t:;,()\[\]<>\"'*=|]+")  # what parts a text
_TOKEN = re.compile(r"\S+")
_PATH = re.compile(r"\w\.\w[\w.\-]*/")  # a host, and the beginning of a path


def numbers_in(text: str) -> list[str]:
    """The numbers in a text without codes. What may be words or a figure counts only if there is nothing better.

    One in 32 words of 13 letters passes the check by chance.
    """
    text = _TOKEN.sub(_unless_foreign, text)
    spelled = spelled_in(text)
    sure = [*_parsed(filter(_is_sure, spelled)), *_joined(text)]
    if sure:
        return sure
    unsure = {*_parsed(filter(_is_possible, spelled)), *_parsed(filter(_has_digit, _PIECES.split(text)))}
    return [*unsure] if len(unsure) == 1 else []


def spelled_in(text: str) -> list[str]:
    """What looks like a number in three groups or in one piece, as it is spelled; its check character may be wrong."""
    return [found[1] for found in _NUMBER.finditer(text)]


def _unless_foreign(token: re.Match[str]) -> str:
    """Nothing of other addresses, and of what is too long for a number: one in them is none of ours."""
    text = token[0]
    if len(text) > MAX_TOKEN:
        return text if text.isalnum() else " "
    return " " if "http" in text.lower() or "//" in text or _PATH.search(text) else text


def _parsed(texts: Iterable[str]) -> Iterator[str]:
    return filter(None, map(parse, texts))


def _joined(text: str) -> Iterator[str]:
    """The numbers that follow each other without anything between them."""
    for run in _JOINED.findall(text):
        yield from several(run)


def _is_sure(spelled: str) -> bool:
    """True for letters with digits in one word, in groups with hyphens or in capitals: no language has such words."""
    one = spelled.isupper() or not any(map(str.isspace, spelled))
    return one and _has_digit(spelled) and any(map(str.isalpha, spelled))


def _is_possible(spelled: str) -> bool:
    return spelled.isupper() or _has_digit(spelled)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))
