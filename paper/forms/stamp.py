"""Stamp number and QR code onto every page of an authority's form, which stays fillable and otherwise unchanged."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self

import pikepdf
from pikepdf import Matrix, Name

from paper import qr
from paper.forms.page import POINTS_PER_MM, seen
from paper.typeset import typeset

WIDTH, HEIGHT = 62.0, 15.0  # mm
CLEAR_SPACE = 2.0  # mm of white around the stamp: four modules, the quiet zone of its QR code


Mark = Literal["full", "code"]
SIZES: dict[Mark, tuple[float, float]] = {"full": (WIDTH, HEIGHT), "code": (HEIGHT, HEIGHT)}  # width and height in mm


@dataclass(frozen=True)
class Place:
    """Lower left corner of a mark on the page as seen, in mm, and its anticlockwise rotation: 0, 90, 180 or 270.

    The mark is the full stamp (QR code, label and number) or the code alone.
    """

    x: float
    y: float
    rotation: int = 0
    mark: Mark = "full"

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the rotated mark, in mm."""
        width, height = SIZES[self.mark]
        return (height, width) if self.rotation % 180 else (width, height)

    @property
    def stored(self) -> list[Any]:
        """The place as `FormFile.places` keeps it: [x, y, rotation], or [x, y, rotation, "code"]."""
        return [self.x, self.y, self.rotation, *(() if self.mark == "full" else (self.mark,))]

    @classmethod
    def restored(cls, stored: Sequence[Any] | None) -> Self | None:
        """The place that was stored; None for a page without a mark."""
        return None if stored is None else cls(*stored)


def stamp(form: bytes, places: Sequence[Place | None], number: str, url: str, label: str, language: str) -> bytes:
    """Return the form with a mark on every page that has a place for one; equal arguments give equal bytes.

    The form must have passed `paper.forms.acceptance.accept`. Without any place it is returned untouched: it may be
    signed. Its fields stay fillable. The mark is an artifact, so a tagged form stays valid. Raises ValueError if there
    are not as many places as pages, pikepdf.PdfError for a broken form.
    """
    if not any(places):
        return form
    data = {"number": number, "label": label, "language": language, "qr": qr.svg(url, quiet=0)}
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(form)) as pdf:
        pictures: dict[Mark, _Picture] = {}  # one copy in the file, shown on every page
        for page, place in zip(pdf.pages, places, strict=True):
            if place:
                mark = place.mark
                pictures[mark] = picture = pictures.get(mark) or _Picture.drawn(pdf, data | {"mark": mark})
                _put(page, place, picture)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


class _Picture(NamedTuple):
    """A mark that was copied into the form, and its name among a page's resources."""

    content: pikepdf.Object
    name: Name

    @classmethod
    def drawn(cls, pdf: pikepdf.Pdf, data: Mapping[str, str]) -> Self:
        """Typeset a mark without PDF tags, as their ids would clash with those of the form, and copy it into `pdf`."""
        drawing = typeset("forms/stamp.typ", data, tags=False)
        # Named by its content: no clash with a name in the form, and the same name for equal arguments.
        name = Name("/Stamp" + hashlib.sha256(drawing).hexdigest()[:16])
        with pikepdf.open(io.BytesIO(drawing)) as image:
            return cls(pdf.copy_foreign(image.pages[0].as_form_xobject()), name)


def _put(page: pikepdf.Page, place: Place, picture: _Picture) -> None:
    """Draw the mark over the page. q and Q around the page's content restore its original coordinates first."""
    page.add_resource(picture.content, Name.XObject, picture.name)
    matrix = _turned(place) @ seen(page).to_page
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(
        b"\nQ\n/Artifact <</Type /Pagination>> BDC\nq %b cm %b Do Q\nEMC\n"
        % (matrix.encode(), str(picture.name).encode())
    )


def _turned(place: Place) -> Matrix:
    """The matrix from the stamp's points to millimetres as seen."""
    k = 1 / POINTS_PER_MM
    width, height = place.size
    return {
        0: Matrix(k, 0, 0, k, place.x, place.y),
        90: Matrix(0, k, -k, 0, place.x + width, place.y),
        180: Matrix(-k, 0, 0, -k, place.x + width, place.y + height),
        270: Matrix(0, -k, k, 0, place.x, place.y + height),
    }[place.rotation]
