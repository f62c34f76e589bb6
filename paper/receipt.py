"""The arrival receipt: what a citizen can show to prove that an envelope came."""

from dataclasses import asdict, dataclass

from paper import qr
from paper.document import document


@dataclass(frozen=True)
class Receipt:
    """Everything one receipt says, in one language.

    `sections` are headings with rows of label and value; the first value of a section is printed bold, and a row whose
    value is empty is left out. `proves` and `leaves_open` are the two lists that keep it honest. `texts` holds the
    fixed words, already translated:

    title         heading of the receipt, also the title of the document
    lead          what it is, in a sentence
    seal_label    above the seal
    check_label   before the address where it can be checked, in words
    qr_alt        what the QR code is, for those who cannot see it
    proves_heading, open_heading  above the two lists
    questions     last line: where to ask; may be empty
    """

    language: str
    number: str
    seal: str
    url: str
    shown_url: str
    authority: str
    address: list[str]
    sections: list[tuple[str, list[tuple[str, str]]]]
    proves: list[str]
    leaves_open: list[str]
    texts: dict[str, str]


def render(receipt: Receipt) -> bytes:
    """Return the receipt as an A4 PDF, as `paper.document.document` makes it."""
    return document("receipt.typ", asdict(receipt) | {"qr": qr.svg(receipt.url, quiet=0)})
