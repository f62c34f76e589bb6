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
    typed = (text or "").strip()
    plain = _PICTURES.sub(" ", readable((text or "")[:MAX_TEXT])).strip()
    different = {each.partition("?")[0].strip(_AROUND + ".").lower() for each in _ADDRESS.findall(plain)}
    if len(different) > 1:
        return typed  # bob@b.lu <anna@a.lu>: who is meant?
    address = _spaceless(_unwrapped(plain).strip(_AROUND).rstrip("."))
    return address if re.fullmatch(r"[^\s@]+@[^\s@]+", address) else typed


def _unwrapped(text: str) -> str:
    """Without a name before angle brackets, a label, and what a link adds to its address."""
    inside = set(map(str.strip, _ANGLES.findall(text)))
    plain = _LABEL.sub("", inside.pop() if len(inside) == 1 else text)
    found = _ADDRESS.findall(plain)
    if len(found) > 1 and len({each.lower() for each in found}) == 1:
        plain = found[0]  # [a@b.lu](mailto:a@b.lu)
    return unquote(plain.partition("?")[0]) if "mailto:" in text.lower() else plain


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
