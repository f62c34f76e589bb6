"""What forbids to change a form: signatures, permissions, XFA; and usage rights, which forbid nothing."""

import io
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


def has_usage_rights(pdf: pikepdf.Pdf) -> bool:
    """True if a form permits Adobe Reader more than a certification does: UR or UR3, or what Acrobat 5 wrote."""
    permits, preferences = entry(pdf.Root, "/Perms"), entry(pdf.Root, "/ViewerPreferences")
    keys = set(permits.keys()) if isinstance(permits, Dictionary) else set()
    return bool(keys - {"/DocMDP"}) or entry(preferences, "/Rights") is not None


def drop_usage_rights(pdf: pikepdf.Pdf) -> bool:
    """Remove what Adobe Reader may do with a file that nobody has changed; True if there was something.

    The rights end with the first change, and Reader would then refuse to open the form without a warning.
    """
    preferences, found = entry(pdf.Root, "/ViewerPreferences"), "/Perms" in pdf.Root
    if isinstance(preferences, Dictionary) and "/Rights" in preferences:  # where Acrobat 5 wrote them
        del preferences["/Rights"]
        found = True
    for key in ("/Perms", "/Extensions"):
        if found and key in pdf.Root:
            del pdf.Root[key]
    return found


def drop_xfa(pdf: pikepdf.Pdf) -> bool:
    """Remove a static XFA layer, as Acrobat may redraw the page from it without the stamp; True if there was one."""
    fields = entry(pdf.Root, "/AcroForm")
    if not isinstance(fields, Dictionary) or "/XFA" not in fields:
        return False
    del fields["/XFA"]
    return True


def without_usage_rights(data: bytes) -> bytes:
    """Return a form that may not be changed without its usage rights, still as encrypted as it was.

    A valid signature stays valid: usage rights are added after a certification, as a later revision of the file, so
    the form is cut back to what was signed. Whoever signed after they were added signed them too: then they stay.
    """
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        if not has_usage_rights(pdf):
            return data
        signed = max((_signed_length(data, signature) for signature in _signatures(pdf)), default=0)
        if signed:
            return data[:signed] if _is_free(data[:signed], len(pdf.pages)) else data
        drop_usage_rights(pdf)
        pdf.save(out, encryption=pdf.is_encrypted, deterministic_id=not pdf.is_encrypted)
    return out.getvalue()


def _is_signature(value: object) -> bool:
    """True for a signature that somebody made, with or without the type that it should name."""
    named = entry(value, "/Type") in SIGNATURES or entry(value, "/Filter") is not None
    return "/ByteRange" in value if isinstance(value, Dictionary) and not named else named


def _signatures(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """The certification of a form and the signatures in its fields."""
    found = [entry(entry(pdf.Root, "/Perms"), "/DocMDP"), *(entry(field, "/V") for field in _fields(pdf))]
    return filter(_is_signature, found)


def _signed_length(data: bytes, signature: Dictionary) -> int:
    """How many bytes of the file a signature covers, itself included; 0 if the file was written anew since.

    /ByteRange names all bytes but the signature's own, which stand between < and >.
    """
    try:
        start, before, after, length = map(int, items(entry(signature, "/ByteRange")))
    except (TypeError, ValueError):
        return 0
    hole, end = data[before:after], after + length
    whole = start == 0 and end <= len(data) and hole[:1] == b"<" and hole[-1:] == b">"
    return end if whole else 0


def _is_free(data: bytes, pages: int) -> bool:
    """True if a revision of a form can be opened, has all the pages, and no usage rights."""
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            return len(pdf.pages) == pages and not has_usage_rights(pdf)
    except pikepdf.PdfError:
        return False


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
