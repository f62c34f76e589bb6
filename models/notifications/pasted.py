"""E-mail addresses and telephone numbers as they are pasted. What cannot be read is left as typed.

Nothing is guessed: a wrong address may be somebody else's.
"""

import re
from urllib.parse import unquote

from models.typed import readable

MAX_TEXT = 1000  # characters; a longer one is no address
_ANGLES = re.compile(r"<([^<>@]*@[^<>]*)>")
_LABEL = re.compile(r"^\s*(?:[\w.\-]{1,20}\s?){1,3}:\s*(?=\S+@)", re.I)  # E-mail: mailto:
_AROUND = " \t\r\n\"'´`()[]{}<>«»„“”‚‘’,;:!*|/•"
_PICTURES = re.compile("[\u2190-\u2bff\U0001f000-\U0001faff]+")  # arrows, envelopes, faces
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"']+@[^\s@<>()\[\],;:\"']+")
_BEFORE_PHONE = re.compile(r"^[^\d+(]*(?=[\d+(])")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")  # +352 (0) 621: not dialled from abroad
_LETTER_O = re.compile(r"(?<=\d)[oO]|[oO](?=\d)")


def mail_address(text: str | None) -> str:
    """The one e-mail address in a text: of "Anna Example <anna@example.lu>", of a mailto: link, with dots behind it."""
    plain = _PICTURES.sub(" ", readable((text or "")[:MAX_TEXT])).strip()
    if len({each.partition("?")[0].strip(_AROUND + ".").lower() for each in _ADDRESS.findall(plain)}) > 1:
        return (text or "").strip()  # bob@b.lu <anna@a.lu>: who is meant?
    link = "mailto:" in plain.lower()
    inside = dict.fromkeys(map(str.strip, _ANGLES.findall(plain)))
    plain = _LABEL.sub("", next(iter(inside)) if len(inside) == 1 else plain)
    if len({each.lower() for each in _ADDRESS.findall(plain)}) == 1 < len(_ADDRESS.findall(plain)):
        plain = _ADDRESS.findall(plain)[0]  # [a@b.lu](mailto:a@b.lu)
    if link:
        plain = unquote(plain.partition("?")[0])
    address = _spaceless(plain.strip(_AROUND).rstrip("."))
    return address if re.fullmatch(r"[^\s@]+@[^\s@]+", address) else (text or "").strip()


def _spaceless(address: str) -> str:
    """Without spaces beside the @, and beside the dot of a domain that has one dot. Others may part two words."""
    name, at, domain = re.sub(r"\s*@\s*", "@", address).rpartition("@")
    return name + at + (re.sub(r"\s*\.\s*", ".", domain) if domain.count(".") == 1 else domain)


def telephone(text: str | None) -> str:
    """The telephone number in a text, without a label before it or a dot behind it, and without the 0 in brackets."""
    plain = re.sub(r"\s+", " ", readable((text or "")[:MAX_TEXT])).strip(" ,;:.")
    if not any(map(str.isdigit, plain)):
        return plain
    plain = _LETTER_O.sub("0", _BEFORE_PHONE.sub("", plain))
    plain = re.sub(r"^\(?\s*(?:\+\s*00|\+\s*\+|00)\s*(?=[1-9])", "+", plain)
    return _TRUNK_ZERO.sub("", plain) if plain.startswith(("+", "(+")) else plain
