"""The confirmation sheet and the follow-up sheet, which the citizen prints and puts on top of the papers."""

from dataclasses import asdict, dataclass
from typing import Literal

from paper import qr
from paper.document import document


@dataclass(frozen=True)
class Sheet:
    """The content of one sheet, in one language.

    `mark` names a follow-up sheet; it is empty on the first sheet. `rows` are pairs of label and value; the first
    value is printed bold, and a row whose value is empty is left out. Each of `enclosures` gets a box to tick.
    `texts` holds the fixed words, already translated:

    title               heading of the sheet, also the title of the document
    lead                what to do with it, at the very top: print it, put it on top, post all in one envelope
    number_label        above the number
    status_label        before the URL of the status page
    qr_alt              text alternative of the QR code
    enclosures_heading  above the boxes to tick; left out without enclosures
    steps_heading       above the numbered steps; left out without steps
    questions           last lines: where to ask; may be empty
    print_hint          last line: print at 100 %; may be empty
    """

    language: str
    number: str
    mark: str
    url: str
    shown_url: str
    authority: str
    postal_address: list[str]
    window: Literal["left", "right"]
    rows: list[tuple[str, str]]
    enclosures: list[str]
    texts: dict[str, str]
    steps: list[str]


def render(sheet: Sheet) -> bytes:
    """Return the sheet as an A4 PDF by `paper.document.document`."""
    return document("sheet.typ", asdict(sheet) | {"qr": qr.svg(sheet.url, quiet=0)})
