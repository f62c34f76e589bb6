"""The envelope sheet: one sheet on top of several forms that go to the same authority."""

from dataclasses import asdict, dataclass
from typing import Literal

from paper import qr
from paper.document import document

QR_LEVEL = "M"  # lower error correction: with six numbers, larger modules help a scanner more


@dataclass(frozen=True)
class Enclosed:
    """One form in the envelope, with a box to tick for each of its papers."""

    number: str
    procedure: str
    form: str
    enclosures: list[str]


@dataclass(frozen=True)
class Envelope:
    """The content of one envelope sheet, in one language.

    `count` is a text that says how many forms there are. `texts` holds the fixed words as for `paper.sheet.Sheet`,
    without `enclosures_heading`: here each form is a heading. `mark` is empty.
    """

    language: str
    count: str
    mark: str
    url: str
    shown_url: str
    authority: str
    postal_address: list[str]
    window: Literal["left", "right"]
    forms: list[Enclosed]
    texts: dict[str, str]
    steps: list[str]


def render(envelope: Envelope) -> bytes:
    """Return the sheet as an A4 PDF by `paper.document.document`: one page if it stays readable."""
    return document("envelope.typ", asdict(envelope) | {"qr": qr.svg(envelope.url, QR_LEVEL, quiet=0)})
