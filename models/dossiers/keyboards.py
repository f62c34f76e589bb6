"""What a hand scanner meant that types as if on an American keyboard, on a computer set to another layout.

keyboards.json has what each key types there, alone and with shift. Caps Lock swaps the case of letters, or (Windows
with French, German and others) acts as shift on every key. An accent that waits for its letter is typed as é, ^K or ´.
"""

import json
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain

from paths import ROOT

Layout = dict[str, str]  # what is typed: what was meant; an accent before its letter means two keys
NEEDED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:/.-+")  # in our addresses
SPACING = {"\u0300": "`", "\u0301": "´'", "\u0302": "^", "\u0303": "~", "\u0308": '¨"', "\u030c": "ˇ", "\u0327": "¸"}


def meanings(text: str) -> Iterator[str]:
    """What `text` means on each layout that can type it; what it says as it stands is not among them."""
    for layout in _layouts():
        if all(sign in layout for sign in text):
            meant = "".join(layout[sign] for sign in text)
            if meant != text:
                yield meant


@cache
def _layouts() -> tuple[Layout, ...]:
    """Each layout in each state of its lock. Those that differ in nothing are one."""
    known = json.loads((ROOT / "models" / "dossiers" / "keyboards.json").read_text(encoding="utf-8"))["layouts"]
    american = "".join(known["us"])
    typed = dict.fromkeys(state for keys in known.values() for state in _states(*keys))
    return tuple(_layout(state, american) for state in typed)


def _states(alone: str, shifted: str) -> Iterator[str]:
    """What the keys type, alone and with shift, in each state of the lock.

    Off; as shift, which the key takes back (Windows) or not (X11); for letters (X11: also é on the key of a digit).
    """
    yield alone + shifted
    yield shifted + alone
    yield shifted + shifted
    letters = [_is_letter(*key) for key in zip(alone, shifted, strict=True)]
    for others in (_swapped, str):
        yield "".join(
            other if letter else others(sign)
            for keys in ((alone, shifted), (shifted, alone))
            for letter, sign, other in zip(letters, *keys, strict=True)
        )


def _is_letter(alone: str, shifted: str) -> bool:
    return alone != shifted and (alone.upper() == shifted or shifted.lower()[0] == alone)


def _swapped(sign: str) -> str:
    """`sign` with Caps Lock where the key's other sign is not its capital: é on the key of a digit."""
    swapped = "ẞ" if sign == "ß" else sign.swapcase()
    return swapped if len(swapped) == 1 else sign


def _layout(typed: str, american: str) -> Layout:
    """The layout whose keys type `typed`. Of two keys that type the same, the one that our addresses need is meant."""
    keys = [(sign, meant) for sign, meant in zip(typed, american, strict=True) if sign != "\ufffd"]
    accents = [(sign, meant) for sign, meant in keys if unicodedata.combining(sign)]
    plain = [(sign, meant) for sign, meant in keys if not unicodedata.combining(sign)]
    spacing = [(each, meant) for sign, meant in accents for each in SPACING.get(sign, "")]
    layout = {sign: sign for sign in " \t\r\n"}
    for sign, meant in chain(plain, spacing, _accented(accents, plain)):
        if sign not in layout or (NEEDED.issuperset(meant) and not NEEDED.issuperset(layout[sign])):
            layout[sign] = meant
    return layout


def _accented(accents: list[tuple[str, str]], plain: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for accent, first in accents:
        for letter, second in plain:
            joined = unicodedata.normalize("NFC", letter + accent)
            if letter.isalpha() and len(joined) == 1:
                yield joined, first + second
