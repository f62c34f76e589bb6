"""Find white space on a page for a mark."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache, reduce
from operator import or_
from typing import NamedTuple

from PIL import Image, ImageDraw

from paper.forms.boxes import Boxes, rows
from paper.forms.page import Rectangle
from paper.forms.stamp import CLEAR_SPACE, HEIGHT, WIDTH, Mark, Place

EDGE_MARGIN = 5.0  # mm that home printers leave blank
SIDE_MARGIN = 10.0  # mm; an upright stamp keeps away from the left and right edge, where paper is punched
MARGIN_BAND = 12  # mm from the first possible row; a place within it counts as "in the margin"

Found = tuple[Place, str]  # a place, and the note about it: "", amid-text, sideways or code-only


class Spot(NamedTuple):
    """A place, and the cells that must be free for it, clear space included."""

    place: Place
    left: int
    upper: int
    right: int
    lower: int


@dataclass(frozen=True, eq=False)
class Area:
    """Places in steps of 1 mm that are about equally good, those near a corner first, and what is noted about them."""

    note: str
    page: tuple[float, float]  # mm, as all that follows
    across: tuple[float, float]  # the least and the most distance of a mark from the left
    upwards: tuple[float, float]  # and from below
    corner: tuple[float, float]
    rotation: int = 0
    mark: Mark = "full"

    @cached_property
    def spots(self) -> list[Spot]:
        """None if the area is too narrow. Most pages have room in the first area, and need no other."""
        across, upwards = _steps(*self.across), _steps(*self.upwards)
        places = [Place(round(x, 1), round(y, 1), self.rotation, self.mark) for x in across for y in upwards]
        places.sort(key=lambda place: abs(self.corner[0] - place.x) + abs(self.corner[1] - place.y))
        return [_spot(place, *self.page) for place in places]


class Room:
    """The free square millimetres of one page."""

    def __init__(self, inks: list[Image.Image], size: tuple[float, float], taken: list[Rectangle]) -> None:
        """Read pictures of the ink, the strictest first; `size` is in mm, `taken` are the areas that have a purpose."""
        self.width, self.height = size
        cells = _cells(self.width), _cells(self.height)
        self._boxes = Boxes(inks[-1].resize(cells, Image.Resampling.BOX))
        self._inks = [Ink(_with(ink, size, taken).resize(cells, Image.Resampling.BOX)) for ink in inks]

    def stamps(self) -> Iterator[Found]:
        """Free places for the stamp, the best first: top right, where offices stamp their post; sideways last."""
        upright, sideways = _upright(self.width, self.height), _sideways(self.width, self.height)
        yield from self._found(upright, boxed=False)
        yield from self._found(sideways, boxed=False)
        yield from self._found([*upright, *sideways], boxed=True)

    def codes(self) -> Iterator[Found]:
        """Free places for the code alone, those at the very edge last."""
        areas = _codes(self.width, self.height)
        yield from self._found(areas, boxed=False)
        yield from self._found(areas, boxed=True)

    def _found(self, areas: list[Area], boxed: bool) -> Iterator[Found]:
        for ink in self._inks:
            for area in areas:
                for spot in area.spots:
                    if ink.leaves(spot) and self._is_boxed(spot) is boxed:
                        yield spot.place, area.note

    def _is_boxed(self, spot: Spot) -> bool:
        return self._boxes.encloses((spot.left + spot.right) // 2, (spot.upper + spot.lower) // 2)


class Ink:
    """The cells of a page with ink in them."""

    def __init__(self, cells: Image.Image) -> None:
        self._rows = rows(cells)
        self._bands: dict[tuple[int, int], int] = {}  # the rows from one to another, laid over each other

    def leaves(self, spot: Spot) -> bool:
        """True if the cells of a spot are free."""
        across = (1 << spot.right) - (1 << spot.left)
        return not self._band(spot.upper, spot.lower) & across

    def _band(self, upper: int, lower: int) -> int:
        if (upper, lower) not in self._bands:
            self._bands[upper, lower] = reduce(or_, self._rows[upper:lower], 0)
        return self._bands[upper, lower]


@lru_cache(maxsize=16)  # the pages of a form are mostly of one size
def _upright(width: float, height: float) -> list[Area]:
    right, top, low = width - SIDE_MARGIN - WIDTH, height - EDGE_MARGIN - HEIGHT, EDGE_MARGIN
    page, across = (width, height), (SIDE_MARGIN, right)
    return [
        Area("", page, across, (max(low, top - MARGIN_BAND), top), (right, top)),
        Area("", page, across, (low, min(top, low + MARGIN_BAND)), (right, low)),
        Area("amid-text", page, across, (low, top), (right, top)),
    ]


@lru_cache(maxsize=16)
def _sideways(width: float, height: float) -> list[Area]:
    right, top = width - EDGE_MARGIN - HEIGHT, height - EDGE_MARGIN - WIDTH
    sides = [x for x in (right, EDGE_MARGIN) if x >= EDGE_MARGIN]
    return [Area("sideways", (width, height), (x, x), (EDGE_MARGIN, top), (x, top), rotation=90) for x in sides]


@lru_cache(maxsize=16)
def _codes(width: float, height: float) -> list[Area]:
    top = height - EDGE_MARGIN - HEIGHT
    sides = [(margin, width - margin - HEIGHT) for margin in (SIDE_MARGIN, EDGE_MARGIN)]
    return [
        Area("code-only", (width, height), (left, right), (EDGE_MARGIN, top), (right, top), mark="code")
        for left, right in sides
    ]


def _steps(low: float, high: float) -> list[float]:
    return [high - step for step in range(math.floor(high - low) + 1)]


def _spot(place: Place, width: float, height: float) -> Spot:
    kx, ky = _cells(width) / width, _cells(height) / height
    return Spot(
        place,
        math.floor((place.x - CLEAR_SPACE) * kx),
        math.floor((height - place.y - place.size[1] - CLEAR_SPACE) * ky),
        math.ceil((place.x + place.size[0] + CLEAR_SPACE) * kx),
        math.ceil((height - place.y + CLEAR_SPACE) * ky),
    )


def _cells(length: float) -> int:
    """How many cells of about a millimetre a length has."""
    return max(1, round(length))


def _with(ink: Image.Image, size: tuple[float, float], taken: list[Rectangle]) -> Image.Image:
    """A copy of the ink with the areas that have a purpose filled in."""
    ink = ink.copy()
    draw = ImageDraw.Draw(ink)
    kx, ky = ink.width / size[0], ink.height / size[1]
    for left, bottom, right, top in taken:
        x0, x1 = (min(max(x * kx, -1), ink.width) for x in (left, right))
        y0, y1 = (min(max((size[1] - y) * ky, -1), ink.height) for y in (top, bottom))
        if x1 >= x0 and y1 >= y0:
            draw.rectangle((x0, y0, x1, y1), fill=255)
    return ink
