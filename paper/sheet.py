"""The confirmation sheet: what the citizen prints and puts on top of the form in the envelope."""

import io
import logging
from dataclasses import asdict, dataclass
from typing import Literal

import pikepdf
import typst
from pikepdf import Dictionary, Name

from paper import qr
from paper.typeset import typeset

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sheet:
    """Everything one sheet says, in one language.

    `texts` holds the fixed words, already translated:

    title               heading of the sheet, also the title of the document
    lead                what to do with it, at the very top: print it, put it on top of the form, post both
    number_label        above the number
    status_label        before the status address in words
    qr_alt              what the QR code is, for those who cannot see it
    procedure_label, form_label, edition_label, authority_label, issued_label
                        row headings; a row whose value is empty is left out
    enclosures_heading  above the boxes to tick; left out without enclosures
    steps_heading       above the numbered steps; left out without steps
    questions           last lines: where to ask; may be empty
    print_hint          last line: print at 100 %; may be empty
    """

    language: str
    number: str
    url: str
    shown_url: str
    authority: str
    address: list[str]
    window: Literal["left", "right"]
    procedure: str
    form: str
    edition: str
    issued: str
    enclosures: list[str]
    texts: dict[str, str]
    steps: list[str]


def render(sheet: Sheet) -> bytes:
    """Return the sheet as an A4 PDF that meets PDF/UA-1 and prints at its true size; equal sheets give equal bytes.

    A character without a glyph does not stop a citizen: the sheet is then set without the standard, and logged.
    Raises paper.typeset.FontsMissing.
    """
    data = asdict(sheet) | {"qr": qr.svg(sheet.url, quiet=0)}
    try:
        pdf = typeset("sheet.typ", data, standard="ua-1")
    except typst.TypstError as error:
        log.warning("sheet set without PDF/UA: %s", error.message)
        pdf = typeset("sheet.typ", data)
    return _at_true_size(pdf)


def _at_true_size(pdf: bytes) -> bytes:
    """Ask the print dialogue for 100 %, which Typst cannot: scaled paper shifts the address out of the window."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        preferences = document.Root.get("/ViewerPreferences", Dictionary())
        preferences["/PrintScaling"] = Name("/None")
        document.Root["/ViewerPreferences"] = preferences
        document.save(out, deterministic_id=True)
    return out.getvalue()
