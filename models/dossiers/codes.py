"""One reading of what is typed, pasted, shared or scanned: which codes of ours are in it.

A text with two different codes names neither: whoever typed it is asked. So does an address that two keyboard layouts
read differently. Of two such readings of a number alone, the one that exists is meant.
"""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple
from urllib.parse import unquote

from models.dossiers import keyboards
from models.dossiers.number import LENGTH, parse, several
from models.dossiers.running_text import numbers_in, spelled_in
from models.typed import readable, visible

MAX_TEXT = 8000  # characters that are read of a pasted text
MAX_TYPED = 1000  # characters of scanned codes, read on other keyboards, too
MAX_BEFORE = 4  # characters before a scanned address, such as ]Q1
# An address of ours on any host, since sheets outlive hosts: its kind, what follows, and the round or the seal.
_ADDRESS = re.compile(r"(?<!/)/([TER])/([^/?#\s<>\"'|]+)(?:/([0-9A-Z.\-]+))?", re.I)
# Typed as nobody writes it, but a scanner does: without hyphens, and perhaps twice.
_UNBROKEN = re.compile(rf"\W*((?:[0-9A-Z]{{{LENGTH}}})+)\W*", re.I | re.A)
_SCHEME = re.compile(r"(?<![^\W_])https?://", re.I)
_NEXT_ADDRESS = re.compile(r"(?=https?://)", re.I)
_GARBLED = re.compile(r"(?<![^\W_])https?[^:s\s]", re.I)  # an address from a keyboard that is not known
_ASKED = re.compile(r"[?&](?:number|shared)=([^&#\s]+)", re.I)  # our own form, sent
# What a scanner may put before a code to tell its kind (ISO/IEC 15424): ]Q1 is a QR code.
_SYMBOLOGY = re.compile(r"(?:^|(?<=\s))\][A-Z][0-9A-Z]", re.I)
# The codes that we print, whole, with what a scanner may put around them: nothing else is read on another keyboard.
_PRINTED = re.compile(
    r"[\s*\"'(<]*https?://[A-Z0-9.\-]+(?::[0-9]{1,5})?"
    rf"/(?:T/[0-9A-Z]{{{LENGTH}}}(?:/[0-9]{{1,3}})?|R/[0-9A-Z]{{{LENGTH}}}/[0-9A-Z]{{{LENGTH}}}|E/[0-9A-Z+]{{{LENGTH},99}})"
    r"[\s,;:.*\"')>]*(?:\][A-Z][0-9A-Z])?",
    re.I | re.A,
)


class Scanned(NamedTuple):
    """The meaning of a scanned code, or of what was typed instead.

    `round` is the round of a follow-up sheet, 0 for everything else; only an envelope has several numbers. `doubtful`:
    it is one of the readings of a number alone, each right on another keyboard.
    """

    numbers: tuple[str, ...]
    round: int = 0
    kind: Literal["number", "envelope", "receipt"] = "number"
    doubtful: bool = False


Codes = tuple[Scanned, ...]
DAMAGED = Scanned(())  # an address like ours with a wrong character in its number


def find(text: str) -> str | None:
    """The first number of the one code in `text`, or None. A doubtful one is what it says: a person has typed it."""
    found = codes(text)
    return found[0].numbers[0] if found and (len(found) == 1 or found[0].doubtful) else None


def existing(text: str, exists: Callable[[str], bool]) -> Codes:
    """The codes in `text`; of the readings of a doubtful number only the one that `exists`, if one does."""
    found = codes(text)
    return next(((code,) for code in found if code.doubtful and exists(code.numbers[0])), found)


def codes(text: str) -> Codes:
    """The different codes in `text`: none, the one, or several; a damaged one counts if there is a whole one.

    A code may come as a hand scanner types it that thinks of an American keyboard, on a computer set to another. The
    readings of a doubtful number are several, first the one that the text says as it stands.
    """
    return _doubtful(visible(text[:MAX_TEXT])) or _read(text)


def _doubtful(text: str) -> Codes:
    """What a number without hyphens is on each keyboard on which it is one; empty if it is the same on all of them.

    Empty also if it is wrong as it stands: a slip of a person is never read as another number.
    """
    unbroken = _UNBROKEN.fullmatch(text) if len(text) <= MAX_TYPED else None
    if unbroken is None or len(several(unbroken[1])) != 1:
        return ()
    read = dict.fromkeys(map(several, [unbroken[1], *keyboards.meanings(unbroken[1])]))
    readings = [Scanned(numbers, doubtful=True) for numbers in read if len(numbers) == 1]
    return tuple(readings) if len(readings) > 1 else ()


def _read(text: str) -> Codes:
    plain = _SYMBOLOGY.sub(" ", readable(text[:MAX_TEXT])[:MAX_TEXT])  # one sign may become eighteen
    if number := parse(plain):
        return (Scanned((number,)),)
    plain = unquote(plain) if re.search("%2[bf]", plain, re.I) else plain
    plain = _NEXT_ADDRESS.sub(" ", _ASKED.sub(r" \1 ", plain))
    found, seals = _in_addresses(plain)
    if not any(code.numbers for code in found) and (typed := _on_another_keyboard(visible(text).strip())) is not None:
        return typed
    bare = [] if _GARBLED.search(plain) else numbers_in(_ADDRESS.sub(" ", plain))
    return _distinct([*found, *(Scanned((number,)) for number in bare if number not in seals)])


def _on_another_keyboard(text: str) -> Codes | None:
    """The codes in `text` on the layout by which it is nothing but codes of ours, as they are printed.

    None if there is no such layout; empty if a number is wrong, or if two layouts give different ones.
    """
    if not LENGTH < len(text) <= MAX_TYPED or any(map(str.isspace, text[:LENGTH])):
        return None
    readings = {meant.upper() for meant in keyboards.meanings(text) if _is_printed(meant)}
    found = {_distinct(_in_addresses(_NEXT_ADDRESS.sub(" ", meant))[0]) for meant in readings}
    right = [codes for codes in found if codes and DAMAGED not in codes]
    return None if not readings else right[0] if len(right) == 1 else ()


def _is_printed(text: str) -> bool:
    before, *pieces = _NEXT_ADDRESS.split(text)
    return len(before) <= MAX_BEFORE and bool(pieces) and all(map(_PRINTED.fullmatch, pieces))


def _distinct(found: list[Scanned]) -> Codes:
    """Each code once, an envelope in place of its numbers; none if no code is whole."""
    by_numbers: dict[tuple[str, ...], Scanned] = {}
    for code in found:
        by_numbers[code.numbers] = max(code, by_numbers.get(code.numbers, code), key=lambda each: each[1:])
    whole = [set(numbers) for numbers in by_numbers if numbers]
    kept = [code for numbers, code in by_numbers.items() if not any(set() < set(numbers) < other for other in whole)]
    return tuple(kept) if whole else ()


def _in_addresses(text: str) -> tuple[list[Scanned], set[str]]:
    """The codes in addresses, and the seals of receipts, which look like numbers and are none.

    Where there is nothing but addresses, as from a scanner, one that cannot be read is damaged.
    """
    found: list[Scanned] = []
    seals: set[str] = set()
    pieces = [piece for piece in text.split() if any(map(str.isalnum, piece))]
    scans = all(map(_NEXT_ADDRESS.match, pieces))
    for piece in pieces:
        addresses = _ADDRESS.findall(piece) if "//" not in piece or _SCHEME.search(piece) else []
        found += [code for parts in addresses if (code := _address(*parts))] or [DAMAGED] * (scans and piece[-1] != "=")
        seals |= {parse(parts[2]) or "" for parts in addresses if parts[0] in "Rr"}
    return found, seals


def _address(kind: str, rest: str, more: str) -> Scanned | None:
    """The code of an address. Every number in it must be valid; None if it is not like ours at all."""
    if kind in "Ee":
        rest = rest.rstrip(",;:.)]*")
        numbers = several(rest) if re.fullmatch(r"[0-9A-Za-z+.\-]+", rest) else ()
        return Scanned(numbers, kind="envelope") if numbers else DAMAGED
    number = next(filter(None, [*map(parse, spelled_in(rest)), parse(rest)]), None)
    if number is None:
        return DAMAGED if abs(sum(map(str.isalnum, rest)) - LENGTH) <= 2 else None
    if kind in "Rr":
        return Scanned((number,), kind="receipt")
    return Scanned((number,), int(more) if re.fullmatch(r"[0-9]{1,3}", more) else 0)
