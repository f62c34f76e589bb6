"""Open a form and write it anew: repaired, decrypted, and ready for a mark to be added."""

import io
from typing import NamedTuple

import pikepdf
import pypdfium2 as pdfium
from pikepdf import Dictionary, Stream

from paper.forms import protection, usage_rights
from paper.forms.objects import BROKEN_PDF_ERRORS, entry
from paper.forms.render import draw, opened

PREVIEWS, PREVIEW_DPI = 5, 20


class Repaired(NamedTuple):
    """A form that was written anew, the indexes of the pages that must be left as they are, and notes."""

    data: bytes
    unclear: set[int]
    notes: list[str]


def repaired(pdf: pikepdf.Pdf) -> Repaired:
    """Write the form anew with balanced graphics states, without XFA and usage rights."""
    notes = ["restrictions-dropped"] if pdf.is_encrypted else []
    notes += ["usage-rights-dropped"] if usage_rights.drop(pdf) else []
    notes += ["xfa-dropped"] if protection.drop_xfa(pdf) else []
    unclear = {index for index, page in enumerate(pdf.pages) if not _is_balanced(page)}
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return Repaired(out.getvalue(), unclear, notes)


def remarks(pdf: pikepdf.Pdf) -> list[str]:
    """What an editor should know of a form, however it is tracked."""
    scripts = any(isinstance(item, Dictionary | Stream) and item.get("/S") == "/JavaScript" for item in pdf.objects)
    return (["javascript"] if scripts else []) + (["untagged"] if "/StructTreeRoot" not in pdf.Root else [])


def lost_pages(pdf: pikepdf.Pdf, damaged: bool) -> bool:
    """True if pages of a damaged file are missing, or if it has none."""
    found, count = len(pdf.pages), entry(entry(pdf.Root, "/Pages"), "/Count")
    return found == 0 or damaged and isinstance(count, int) and found < count


def shown(data: bytes) -> int:
    """How many pages PDFium shows; 0 if it can draw none of the first few, or cannot open the file."""
    try:
        with opened(data) as document:
            drawn = [_is_drawn(document, index) for index in range(min(len(document), PREVIEWS))]
            return len(document) if any(drawn) else 0
    except BROKEN_PDF_ERRORS:
        return 0


def _is_drawn(document: pdfium.PdfDocument, index: int) -> bool:
    try:
        draw(document, index, PREVIEW_DPI)
    except BROKEN_PDF_ERRORS:
        return False
    return True


def _is_balanced(page: pikepdf.Page) -> bool:
    """Pair every q (save graphics state) with a Q (restore), so that a mark is drawn in the page's coordinates."""
    depth = lowest = 0
    try:
        for instruction in pikepdf.parse_content_stream(page, "q Q"):
            depth += 1 if str(instruction.operator) == "q" else -1
            lowest = min(lowest, depth)
        if lowest or depth:
            page.contents_add(b"q\n" * -lowest, prepend=True)
            page.contents_add(b"\n" + b"Q\n" * (depth - lowest))
    except BROKEN_PDF_ERRORS:
        return False
    return True
