"""A PDF page as a person sees it (cropped, turned, scaled), measured in millimetres from its lower left corner."""

import math
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import Dictionary, Matrix

from paper.forms.objects import numbers, with_parents

Rectangle = tuple[float, float, float, float]  # left, bottom, right, top in mm from the lower left of the page as seen

POINTS_PER_MM = 72 / 25.4
LETTER = (0.0, 0.0, 612.0, 792.0)  # of a page that names no size, as PDFium and MuPDF take it


@dataclass(frozen=True)
class Seen:
    """The visible rectangle of a page in its own units, its clockwise rotation, and its UserUnit."""

    x0: float
    y0: float
    x1: float
    y1: float
    rotate: int
    unit: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in millimetres, after the rotation."""
        width, height = (self.x1 - self.x0) * self.unit / POINTS_PER_MM, (self.y1 - self.y0) * self.unit / POINTS_PER_MM
        return (height, width) if self.rotate % 180 else (width, height)

    @property
    def to_page(self) -> Matrix:
        """The matrix from millimetres as seen to the units of the page's content."""
        k = POINTS_PER_MM / self.unit
        return {
            0: Matrix(k, 0, 0, k, self.x0, self.y0),
            90: Matrix(0, k, -k, 0, self.x1, self.y0),
            180: Matrix(-k, 0, 0, -k, self.x1, self.y1),
            270: Matrix(0, -k, k, 0, self.x0, self.y1),
        }[self.rotate]


def seen(page: pikepdf.Page) -> Seen:
    """Return how a page is shown: the part of its CropBox inside its MediaBox, and its rotation.

    Inherited values count too, and what makes no sense is read as PDFium reads it. Raises ValueError if nothing of the
    page is visible.
    """
    media = _box(page.obj, "/MediaBox") or LETTER
    crop = _box(page.obj, "/CropBox") or media
    x0, y0 = max(media[0], crop[0]), max(media[1], crop[1])
    x1, y1 = min(media[2], crop[2]), min(media[3], crop[3])
    if x1 <= x0 or y1 <= y0:
        raise ValueError("nothing of the page is visible")
    return Seen(x0, y0, x1, y1, _rotation(page.obj), _unit(page.obj))


def _box(page: Dictionary, key: str) -> tuple[float, float, float, float] | None:
    """A box as lower left and upper right corner: a PDF may name any two opposite corners. None if it is empty."""
    corners = numbers(_inherited(page, key))
    if len(corners) != 4:
        return None
    (xa, xb), (ya, yb) = sorted(corners[::2]), sorted(corners[1::2])
    return (xa, ya, xb, yb) if xa < xb and ya < yb else None


def _rotation(page: Dictionary) -> int:
    """The rotation in quarter turns: what is between them is cut off."""
    try:
        return int(float(_inherited(page, "/Rotate") or 0) / 90) % 4 * 90
    except (TypeError, ValueError, ArithmeticError):
        return 0


def _unit(page: Dictionary) -> float:
    try:
        unit = float(page.get("/UserUnit", 1))
    except (TypeError, ValueError, ArithmeticError):
        return 1.0
    return unit if math.isfinite(unit) and unit > 0 else 1.0


def _inherited(page: Dictionary, key: str) -> Any:
    """The value at a page or at its nearest parent that has one."""
    return next((value for node in with_parents(page) if (value := node.get(key)) is not None), None)
