"""Which characters our fonts can print, and what is printed instead of the others."""

import functools
import unicodedata
from typing import Any

from paths import FONTS

REPLACEMENT = (
    "\N{REPLACEMENT CHARACTER}"  # a question mark in a black diamond: the reader sees that something is missing
)


@functools.cache
def printable() -> frozenset[int]:
    """The code points that Typst sets without a glyph missing, in regular and in bold."""
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for path in FONTS.glob("*.ttf"):
        with TTFont(path, lazy=True) as font:
            found |= set(font.getBestCmap())
    selectors = {*range(0xFE00, 0xFE10), *range(0xE0000, 0xE01F0)}  # they are never drawn themselves
    return frozenset(found - {0} | {ord("\t"), ord("\n")} | selectors)


def unprintable(text: str) -> list[str]:
    """The characters of `text` that our fonts lack, each once."""
    return [sign for sign in dict.fromkeys(unicodedata.normalize("NFC", text)) if ord(sign) not in printable()]


def replaced(data: Any) -> Any:
    """A copy of `data` (dicts, lists and texts) with something to print in place of what is unprintable.

    Letters in disguise become plain ones (full width, mathematical bold); all else becomes a replacement character.
    """
    if isinstance(data, str):
        return "".join(_printed(sign) for sign in unicodedata.normalize("NFC", data)) if unprintable(data) else data
    if isinstance(data, dict):
        return {key: replaced(value) for key, value in data.items()}
    return [replaced(value) for value in data] if isinstance(data, list | tuple) else data


def _printed(sign: str) -> str:
    if not unprintable(sign):
        return sign
    plain = unicodedata.normalize("NFKC", sign)
    return REPLACEMENT if unprintable(plain) else plain
