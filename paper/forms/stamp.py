"""Stamp number and QR code onto every page of an authority's form, which stays fillable and otherwise unchanged."""

import hashlib
import io
from dataclasses import dataclass

import pikepdf
from pikepdf import Matrix, Name

from paper import qr
from paper.forms.page import POINTS_PER_MM, seen
from paper.typeset import typeset

WIDTH, HEIGHT = 62.0, 15.0  # mm
CLEAR_SPACE = 2.0  # mm of white around the stamp: four modules, the quiet zone of its QR code


@dataclass(frozen=True)
class Place:
    """Lower left corner of the stamp on the page as seen, in mm, and its anticlockwise rotation: 0, 90, 180 or 270."""

    x: float
    y: float
    rotation: int = 0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the rotated stamp, in mm."""
        return (HEIGHT, WIDTH) if self.rotation % 180 else (WIDTH, HEIGHT)


def stamp(form: bytes, places: list[Place], number: str, url: str, label: str, language: str) -> bytes:
    """Return the form with a stamp on every page, at the page's own place; equal arguments give equal bytes.

    The form must have passed `paper.forms.form.accept`. Its fields stay fillable. The stamp is an artifact, so a tagged
    form stays valid. Raises ValueError if there are not as many places as pages, pikepdf.PdfError for a broken form.
    """
    drawing = _drawing(number, url, label, language)
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(form)) as pdf, pikepdf.open(io.BytesIO(drawing)) as image:
        # Named by its content: no clash with a name in the form, and the same name for equal arguments.
        name = Name("/Stamp" + hashlib.sha256(drawing).hexdigest()[:16])
        picture = pdf.copy_foreign(image.pages[0].as_form_xobject())  # one copy, shown on every page
        for page, place in zip(pdf.pages, places, strict=True):
            _put(page, place, picture, name)
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


def _drawing(number: str, url: str, label: str, language: str) -> bytes:
    """Typeset the stamp, without PDF tags: their ids would clash with those of the form."""
    data = {"number": number, "label": label, "language": language, "qr": qr.svg(url, quiet=0)}
    return typeset("forms/stamp.typ", data, tags=False)


def _put(page: pikepdf.Page, place: Place, picture: pikepdf.Object, name: Name) -> None:
    """Draw the stamp over the page. q and Q around the page's content restore its original coordinates first."""
    page.add_resource(picture, Name.XObject, name)
    matrix = _turned(place) @ seen(page).to_page
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(
        b"\nQ\n/Artifact <</Type /Pagination>> BDC\nq %b cm %b Do Q\nEMC\n" % (matrix.encode(), str(name).encode())
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
