"""The arrival receipt: the citizen's proof that an envelope arrived."""

from dataclasses import asdict, dataclass

from paper import qr
from paper.document import document


@dataclass(frozen=True)
class Receipt:
    """The content of one arrival receipt, in one language.

    `sections` are headings with rows of label and value; the first value of a section is printed bold, and a row whose
    value is empty is left out. `proves` and `leaves_open` list what the receipt proves and what it does not. `texts`
    holds the fixed words, already translated:

    title         heading of the receipt, also the title of the document
    lead          one sentence: what the receipt is
    seal_label    above the seal
    check_label   before the URL where it can be checked
    qr_alt        text alternative of the QR code
    proves_heading, open_heading  above the two lists
    questions     last line: where to ask; may be empty
    """

    language: str
    number: str
    seal: str
    url: str
    shown_url: str
    authority: str
    postal_address: list[str]
    sections: list[tuple[str, list[tuple[str, str]]]]
    proves: list[str]
    leaves_open: list[str]
    texts: dict[str, str]


def render(receipt: Receipt) -> bytes:
    """Return the receipt as an A4 PDF by `paper.document.document`."""
    return document("receipt.typ", asdict(receipt) | {"qr": qr.svg(receipt.url, quiet=0)})
