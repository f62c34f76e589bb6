"""The alphabet of SMS (GSM 03.38), in which one segment has 160 characters."""

import unicodedata

SEGMENT_LENGTH = 160
GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# One character outside GSM-7 (ë, ê, ç, ’ ...) would cut the segment from 160 characters to 70: twice the price.
REPLACEMENTS = str.maketrans(
    {"œ": "oe", "Œ": "OE", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
    | {"–": "-", "—": "-", "…": "...", "\u00a0": " ", "\u202f": " ", "€": "EUR"}
)


def segment(text: str) -> str:
    """`text` in the alphabet of one SMS segment: ë is e, ç is c, ’ is '. Raises ValueError if it does not fit."""
    plain = "".join(_plain(character) for character in text.translate(REPLACEMENTS))
    strange = set(plain) - GSM_7
    if strange or len(plain) > SEGMENT_LENGTH:
        raise ValueError(f"{len(plain)} characters, not in the alphabet of SMS: {sorted(strange)}")
    return plain


def _plain(character: str) -> str:
    """`character`, without its accents if GSM-7 has it only without."""
    if character in GSM_7:
        return character
    return "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
