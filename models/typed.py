"""What people type and paste, without what nobody sees."""

import re
import unicodedata

# Without a width of their own, though Unicode does not call them format characters: combining grapheme joiner, fillers,
# variation selectors, and the frame around a digit of an emoji.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u20e3\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_DASHES = re.compile("[\u2010-\u2015\u2043\u2212\u2e3a\u2e3b\u30fc]")


def visible(text: str) -> str:
    """`text` without invisible characters (zero width, byte order mark, text direction, soft hyphen).

    Control characters become spaces, but line ends and tabs stay.
    """
    kept = (" " if _is_control(sign) else sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cs"))
    return _UNSEEN.sub("", "".join(kept))


def readable(text: str) -> str:
    """The same in plain characters (NFKC): every kind of space is a space, every dash a hyphen, full width is none."""
    return _DASHES.sub("-", unicodedata.normalize("NFKC", visible(text)))


def _is_control(sign: str) -> bool:
    return sign not in "\t\n\r" and unicodedata.category(sign) == "Cc"
