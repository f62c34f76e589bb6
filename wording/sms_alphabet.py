"""The alphabet of SMS (GSM 03.38), in which one segment has 160 characters. Every character has a spelling in it."""

import unicodedata

from anyascii import anyascii

SEGMENT_LENGTH = 160
UNSEEN = ("Cc", "Cf", "Cs", "Mn", "Me")  # categories of characters that are nothing by themselves
SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€")  # in the alphabet too, but each takes the place of two
# One character outside GSM-7 (ë, ê, ç, ’ ...) would cut the segment from 160 characters to 70: twice the price.
REPLACEMENTS = str.maketrans(
    dict.fromkeys("‘’‚`´", "'")
    | dict.fromkeys("“”„«»", '"')
    | dict.fromkeys("–—", "-")
    | {"œ": "oe", "Œ": "OE", "…": "...", "\t": " "}
)


def length(text: str) -> int:
    """How much of a segment a text of this alphabet takes."""
    return len(text) + sum(character in EXTENSION for character in text)


def spelled(text: str) -> str:
    """`text` in the alphabet of SMS: ë is e, ç is c, ’ is ', 日 is Ri, 🙂 is :slight_smile:, nothing is left over."""
    return "".join(map(_plain, unicodedata.normalize("NFC", text).translate(REPLACEMENTS)))


def segment(text: str) -> str:
    """`text` in one SMS segment, with fewer of its words if it is too long; its last word, the link, stays whole.

    Raises ValueError if that alone does not fit.
    """
    plain = spelled(text)
    if length(plain) <= SEGMENT_LENGTH:
        return plain
    words, _, link = plain.rpartition(" ")
    room = SEGMENT_LENGTH - length(f"... {link}")
    if not words or room < 0:
        raise ValueError(f"{length(plain)} characters, of which {SEGMENT_LENGTH} fit into one SMS")
    while length(words) > room:
        words = words[:-1]
    return f"{words.rstrip()}... {link}"


def is_cut(text: str) -> bool:
    """True if segment() has left words out of this SMS."""
    return text.rpartition(" ")[0].endswith("...")


def _plain(character: str) -> str:
    """`character`, without its accents if the alphabet has it only without, or as it is spelled in ASCII."""
    if character in GSM_7 or character in EXTENSION:
        return character
    if unicodedata.category(character) in UNSEEN or character in SKIN_TONES:
        return ""
    parts = unicodedata.normalize("NFKD", character)
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    if bare and all(part in GSM_7 for part in bare):
        return bare
    return "".join(part for part in anyascii(character).translate(REPLACEMENTS) if part in GSM_7) or "?"
