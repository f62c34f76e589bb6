"""What a hand scanner types that is set to an American keyboard, on a computer set to another layout."""

import json
import unicodedata
from pathlib import Path

LAYOUTS = json.loads((Path("models") / "dossiers" / "keyboards.json").read_text())["layouts"]
NAMES = [
    *(
        "us",
        "gb",
        "de",
        "de nodeadkeys",
        "ch",
        "ch fr",
        "fr",
        "fr latin9",
        "fr afnor",
        "fr bepo",
        "be",
        "it",
        "es",
        "pt",
    ),
    *("nl", "dk", "no", "se", "ca", "ca multix", "cz", "hu", "tr"),
]
STATES = ("off", "caps", "shift", "shift that a key takes back")
SPACING = {"\u0300": "`", "\u0301": "´", "\u0302": "^", "\u0303": "~", "\u0308": "¨", "\u030c": "ˇ", "\u0327": "¸"}


def typed(text: str, layout: str, state: str = "off") -> str:
    """`text` as it arrives. An accent joins the next letter, or stands alone before it, as Windows does it."""
    signs = "".join(_pressed(sign, layout, state) for sign in text)
    done = ""
    for sign in reversed(signs):
        if unicodedata.combining(sign):
            joined = unicodedata.normalize("NFC", done[:1] + sign)
            sign, done = (joined, done[1:]) if len(joined) == 1 and done else (SPACING.get(sign, ""), done)
        done = sign + done
    return done


def _pressed(sign: str, layout: str, state: str) -> str:
    american, keys = LAYOUTS["us"], LAYOUTS[layout]
    shifted = int(sign not in american[0])
    if sign not in american[shifted]:
        return sign  # Tab and Enter
    place = american[shifted].index(sign)
    alone, capital = keys[0][place], keys[1][place]
    if state == "shift" or (state == "caps" and alone != capital and alone.upper() == capital):
        shifted = 1 if state == "shift" else 1 - shifted
    if state == "shift that a key takes back":
        shifted = 1 - shifted
    return keys[shifted][place]
