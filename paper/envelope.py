"""The envelope sheet: one paper on top of several forms that go to the same authority."""

from dataclasses import asdict, dataclass
from typing import Literal

from paper import qr
from paper.document import document

LEVEL = "M"  # of the code: six numbers make many modules, and here size helps a scanner more than correction


@dataclass(frozen=True)
class Enclosed:
    """One form in the envelope, with a box to tick for each of its papers."""

    number: str
    procedure: str
    form: str
    enclosures: list[str]


@dataclass(frozen=True)
class Envelope:
    """Everything one envelope sheet says, in one language.

    `count` says how many forms there are. `texts` holds the fixed words as for `paper.sheet.Sheet`, without
    `enclosures_heading`: here the forms themselves are the headings. `mark` is empty.
    """

    language: str
    count: str
    mark: str
    url: str
    shown_url: str
    authority: str
    address: list[str]
    window: Literal["left", "right"]
    forms: list[Enclosed]
    texts: dict[str, str]
    steps: list[str]


def render(envelope: Envelope) -> bytes:
    """Return the sheet as an A4 PDF, as `paper.document.document` makes it: one page wherever that can be read."""
    return document("envelope.typ", asdict(envelope) | {"qr": qr.svg(envelope.url, LEVEL, quiet=0)})
