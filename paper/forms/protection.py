"""What forbids to change a form: signatures, permissions, XFA. Usage rights forbid nothing (usage_rights.py)."""

import re
from collections.abc import Iterator
from typing import Any

import pikepdf
from pikepdf import Dictionary, Name, Stream

from paper.forms.objects import entry, items, with_parents

SIGNATURES = (Name.Sig, Name("/DocTimeStamp"))


def protected(pdf: pikepdf.Pdf) -> str | None:
    """Return why the form must be handed out untouched (signed, certified, locked or xfa), or None.

    An empty signature field forbids nothing, and neither do usage rights (UR, UR3).
    """
    if _is_signature(entry(entry(pdf.Root, "/Perms"), "/DocMDP")):
        return "certified"
    if any(_is_signed(field) for field in _fields(pdf)):
        return "signed"
    if pdf.is_encrypted and not pdf.owner_password_matched and not pdf.allow.modify_other:
        return "locked"
    return "xfa" if _is_dynamic(pdf) else None


def drop_xfa(pdf: pikepdf.Pdf) -> bool:
    """Remove a static XFA layer, as Acrobat may redraw the page from it without the stamp; True if there was one."""
    fields = entry(pdf.Root, "/AcroForm")
    if not isinstance(fields, Dictionary) or "/XFA" not in fields:
        return False
    del fields["/XFA"]
    return True


def _is_signature(value: object) -> bool:
    """True for a signature that somebody made, with or without the type that it should name."""
    named = entry(value, "/Type") in SIGNATURES or entry(value, "/Filter") is not None
    return "/ByteRange" in value if isinstance(value, Dictionary) and not named else named


def signatures(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """The certification of a form and the signatures in its fields."""
    found = [entry(entry(pdf.Root, "/Perms"), "/DocMDP"), *(entry(field, "/V") for field in _fields(pdf))]
    return filter(_is_signature, found)


def _fields(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every field: those of the form and those that stand on a page only. Each once, whatever the tree looks like."""
    waiting = items(entry(entry(pdf.Root, "/AcroForm"), "/Fields"))
    for page in pdf.pages:
        waiting += items(entry(page.obj, "/Annots"))
    known: set[tuple[int, int]] = set()
    while waiting:
        field = waiting.pop()
        if not isinstance(field, Dictionary) or field.is_indirect and field.objgen in known:
            continue
        known.add(field.objgen)
        yield field
        waiting += items(field.get("/Kids"))


def _is_signed(field: Dictionary) -> bool:
    """True if the field, or the one it inherits from, has a signature as its value."""
    values = (node.get("/V") for node in with_parents(field))
    return _is_signature(next((value for value in values if isinstance(value, Dictionary)), None))


def _is_dynamic(pdf: pikepdf.Pdf) -> bool:
    """True if the page is drawn from XFA alone: a stamp on the fallback page would never be seen."""
    form = entry(pdf.Root, "/AcroForm")
    if (layer := entry(form, "/XFA")) is None:
        return False
    if bool(pdf.Root.get("/NeedsRendering", False)) or not items(entry(form, "/Fields")):
        return True
    packets = items(layer) or [layer]
    try:
        source = b"".join(packet.read_bytes() for packet in packets if isinstance(packet, Stream))
    except pikepdf.PdfError:
        return True  # cannot be read: leave it alone
    return re.search(rb"<dynamicRender>\s*required", source) is not None
