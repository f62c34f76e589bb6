"""A PDF page as a person sees it (cropped, turned, scaled), measured in millimetres from its lower left corner."""

from dataclasses import dataclass

import pikepdf
from pikepdf import Matrix

POINTS_PER_MM = 72 / 25.4


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

    Inherited values count too. Raises ValueError if nothing of the page is visible.
    """
    media, crop = _ordered(page.mediabox), _ordered(page.cropbox)
    x0, y0 = max(media[0], crop[0]), max(media[1], crop[1])
    x1, y1 = min(media[2], crop[2]), min(media[3], crop[3])
    if x1 <= x0 or y1 <= y0:
        raise ValueError("nothing of the page is visible")
    return Seen(x0, y0, x1, y1, _rotation(page.obj), float(page.obj.get("/UserUnit", 1)))


def _ordered(box: pikepdf.Array) -> tuple[float, float, float, float]:
    """Return the box as lower left and upper right corner: a PDF may name any two opposite corners."""
    xa, ya, xb, yb = (float(value) for value in list(box))
    return min(xa, xb), min(ya, yb), max(xa, xb), max(ya, yb)


def _rotation(node: pikepdf.Object | None) -> int:
    """The /Rotate of a page or of its nearest parent, rounded down to quarter turns."""
    while node is not None:
        if "/Rotate" in node:
            return int(node["/Rotate"]) // 90 * 90 % 360
        node = node.get("/Parent")
    return 0
