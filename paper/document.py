"""Make an accessible PDF (PDF/UA) that is printed at its true size."""

import io
import logging
from collections.abc import Mapping
from typing import Any

import pikepdf
import typst
from pikepdf import Dictionary, Name

from paper import glyphs
from paper.typeset import typeset

log = logging.getLogger("etracking.paper")


def document(template: str, data: Mapping[str, Any]) -> bytes:
    """Return an A4 PDF that meets PDF/UA-1 and prints at its true size; equal data give equal bytes.

    A character that our fonts lack must not stop a citizen, nor cost the page its PDF/UA: another is printed instead.
    Raises paper.typeset.FontsMissingError.
    """
    try:
        pdf = typeset(template, data, standard="ua-1")
    except typst.TypstError:  # its message quotes the text, which may name a person: it is not logged
        log.warning("%s: characters without a glyph were replaced", template)
        pdf = typeset(template, glyphs.replaced(data), standard="ua-1")
    return _at_true_size(pdf)


def _at_true_size(pdf: bytes) -> bytes:
    """Preset 100 % in the print dialogue, which Typst cannot: scaling shifts the address out of the envelope window."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        preferences = document.Root.get("/ViewerPreferences", Dictionary())
        preferences["/PrintScaling"] = Name("/None")
        document.Root["/ViewerPreferences"] = preferences
        document.save(out, deterministic_id=True)
    return out.getvalue()
