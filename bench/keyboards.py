"""Write models/dossiers/keyboards.json: what the keys of an American keyboard type on a computer set to another layout.

The layouts are those of xkeyboard-config (Debian: xkb-data), read by libxkbcommon. `python -m bench.keyboards` writes
the file, `python -m bench.keyboards --check` compares it. Needed again only to add a layout.
"""

import ctypes
import ctypes.util
import json
import sys
import unicodedata
from collections.abc import Iterator

from paths import ROOT

FILE = ROOT / "models" / "dossiers" / "keyboards.json"
# What offices in Luxembourg and its neighbours have, and what people from elsewhere bring along: layout, variant.
LAYOUTS = """
us; us intl; gb; gb extd; ie; de; de nodeadkeys; de mac; at; ch; ch fr; ch de_mac; lu; fr; fr latin9; fr oss; fr azerty;
fr afnor; fr bepo; fr bepo_afnor; fr mac; be; be oss; be nodeadkeys; it; it winkeys; it mac; es; es nodeadkeys;
es deadtilde; es mac; latam; pt; pt nodeadkeys; pt mac; br; nl; nl mac; dk; dk nodeadkeys; dk winkeys; no; no winkeys;
se; se nodeadkeys; fi; fi winkeys; fi classic; is; ca; ca fr-legacy; ca multix; ca multi; ca eng; pl; pl qwertz; cz;
cz qwerty; sk; sk qwerty; hu; hu qwerty; ro; ro std; hr; si; rs latin; ba; al; mt; tr; tr f; ee; lv; lt; us dvorak;
us colemak
"""
ROWS = "TLDE AE01 AE02 AE03 AE04 AE05 AE06 AE07 AE08 AE09 AE10 AE11 AE12 AD01 AD02 AD03 AD04 AD05 AD06 AD07 AD08 AD09"
ROWS += " AD10 AD11 AD12 AC01 AC02 AC03 AC04 AC05 AC06 AC07 AC08 AC09 AC10 AC11 BKSL AB01 AB02 AB03 AB04 AB05 AB06 AB07"
KEYS = (ROWS + " AB08 AB09 AB10").split()
ACCENTS = {
    "dead_grave": "\u0300",
    "dead_acute": "\u0301",
    "dead_circumflex": "\u0302",
    "dead_tilde": "\u0303",
    "dead_macron": "\u0304",
    "dead_breve": "\u0306",
    "dead_abovedot": "\u0307",
    "dead_diaeresis": "\u0308",
    "dead_abovering": "\u030a",
    "dead_doubleacute": "\u030b",
    "dead_caron": "\u030c",
    "dead_cedilla": "\u0327",
    "dead_ogonek": "\u0328",
}
NOTHING = "\ufffd"  # a key that types nothing that the file could hold


class Names(ctypes.Structure):
    """struct xkb_rule_names."""

    _fields_ = [(name, ctypes.c_char_p) for name in ("rules", "model", "layout", "variant", "options")]


def library() -> ctypes.CDLL:
    """libxkbcommon with the types of what is called of it."""
    found = ctypes.CDLL(ctypes.util.find_library("xkbcommon") or "libxkbcommon.so.0")
    found.xkb_context_new.restype = found.xkb_keymap_new_from_names.restype = ctypes.c_void_p
    found.xkb_keymap_new_from_names.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    found.xkb_keymap_key_by_name.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    found.xkb_keymap_key_get_syms_by_level.argtypes = [ctypes.c_void_p, *[ctypes.c_uint32] * 3, ctypes.c_void_p]
    return found


def typed(layout: str, variant: str) -> list[str] | None:
    """What the 47 keys type, alone and with shift; None if there is no such layout."""
    xkb = library()
    names = Names(b"evdev", b"pc105", layout.encode(), variant.encode(), b"")
    keymap = xkb.xkb_keymap_new_from_names(xkb.xkb_context_new(0), ctypes.byref(names), 0)
    if not keymap:
        return None
    keys = [xkb.xkb_keymap_key_by_name(keymap, key.encode()) for key in KEYS]
    return ["".join(_sign(xkb, keymap, key, level) for key in keys) for level in (0, 1)]


def _sign(xkb: ctypes.CDLL, keymap: int, key: int, level: int) -> str:
    symbols = ctypes.POINTER(ctypes.c_uint32)()
    if xkb.xkb_keymap_key_get_syms_by_level(keymap, key, 0, level, ctypes.byref(symbols)) != 1:
        return NOTHING
    name = ctypes.create_string_buffer(64)
    xkb.xkb_keysym_get_name(symbols[0], name, 64)
    code = xkb.xkb_keysym_to_utf32(symbols[0])
    return ACCENTS.get(name.value.decode()) or (chr(code) if code > 31 else NOTHING)


def found() -> Iterator[tuple[str, list[str]]]:
    """Each layout that exists, with its keys; those that type the same are one."""
    known: list[list[str]] = []
    for entry in LAYOUTS.split(";"):
        layout, _, variant = entry.strip().partition(" ")
        keys = typed(layout, variant)
        if keys and keys not in known:
            known.append(keys)
            yield f"{layout} {variant}".strip(), keys


def text() -> str:
    """The file. Accents that combine are written as escapes."""
    content = {"source": "xkeyboard-config; written by bench/keyboards.py", "layouts": dict(found())}
    plain = json.dumps(content, ensure_ascii=False, indent=1)
    return "".join(f"\\u{ord(sign):04x}" if unicodedata.combining(sign) else sign for sign in plain) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(FILE.read_text() != text() and "models/dossiers/keyboards.json differs from this system")
    FILE.write_text(text())
