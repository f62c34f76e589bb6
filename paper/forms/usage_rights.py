"""Usage rights: what a form permits to Adobe Reader alone. They are nobody's signature and forbid nothing."""

import io
import re

import pikepdf
from pikepdf import Dictionary

from paper.forms.objects import BROKEN_PDF_ERRORS, entry, items
from paper.forms.protection import signatures
from paper.forms.revisions import is_same

MAX_REVISIONS = 3  # that are looked at, from the last one on: each is compared with the whole form


def found_in(pdf: pikepdf.Pdf) -> bool:
    """True if a form permits Adobe Reader more than a certification does: UR or UR3, or what Acrobat 5 wrote."""
    permits, preferences = entry(pdf.Root, "/Perms"), entry(pdf.Root, "/ViewerPreferences")
    keys = set(permits.keys()) if isinstance(permits, Dictionary) else set()
    return bool(keys - {"/DocMDP"}) or entry(preferences, "/Rights") is not None


def drop(pdf: pikepdf.Pdf) -> bool:
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


def taken_off(data: bytes) -> tuple[bytes, list[str]]:
    """Return a form that carries no mark without its usage rights, still as encrypted as it was, and a note on them.

    A valid signature stays valid: rights that were added after it, as a later revision of the file, are cut off. They
    stay if they were signed, if the form was changed after them, or if it is too damaged to tell.
    """
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            if not found_in(pdf):
                return data, []
            signed = max((_signed_length(data, signature) for signature in signatures(pdf)), default=0)
            kept = _cut_back(data, signed, pdf) if signed else _saved_without(pdf)
    except BROKEN_PDF_ERRORS:
        kept = data
    return kept, ["usage-rights-kept" if kept == data else "usage-rights-dropped"]


def _saved_without(pdf: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    drop(pdf)
    pdf.save(out, encryption=pdf.is_encrypted, deterministic_id=not pdf.is_encrypted)
    return out.getvalue()


def _cut_back(data: bytes, signed: int, pdf: pikepdf.Pdf) -> bytes:
    """The last revision that has all that was signed and lacks the rights alone; the whole file if none does."""
    ends = {signed, *(found.end() for found in re.finditer(rb"%%EOF[ \t]*\r?\n?", data))}
    for end in sorted((end for end in ends if signed <= end < len(data)), reverse=True)[:MAX_REVISIONS]:
        if _lacks_rights_alone(data[:end], pdf):
            return data[:end]
    return data


def _lacks_rights_alone(data: bytes, pdf: pikepdf.Pdf) -> bool:
    """True if a revision can be opened, has no usage rights, and all else of the whole form."""
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True, attempt_recovery=False) as revision:
            return not found_in(revision) and is_same(revision, pdf)
    except BROKEN_PDF_ERRORS:
        return False


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
