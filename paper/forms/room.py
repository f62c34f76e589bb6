"""Find white space on a page for a mark."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from operator import add
from typing import NamedTuple

from PIL import Image, ImageDraw

from paper.forms.boxes import Boxes
from paper.forms.purpose import Rectangle
from paper.forms.stamp import CLEAR_SPACE, HEIGHT, WIDTH, Mark, Place

EDGE_MARGIN = 5.0  # mm that home printers leave blank
SIDE_MARGIN = 10.0  # mm; an upright stamp keeps away from the left and right edge, where paper is punched
MARGIN_BAND = 12  # mm from the first possible row; a place within it counts as "in the margin"

Sums = list[list[int]]
Found = tuple[Place, str]  # a place, and the note about it: "", amid-text, sideways or code-only


class Spot(NamedTuple):
    """A place, and the cells that must be free for it, clear space included."""

    place: Place
    left: int
    upper: int
    right: int
    lower: int


@dataclass(frozen=True, eq=False)
class Group:
    """Places that are about equally good, the best first, and what is noted about them."""

    note: str
    spots: list[Spot]


class Room:
    """The free square millimetres of one page."""

    def __init__(self, inks: list[Image.Image], size: tuple[float, float], taken: list[Rectangle]) -> None:
        """Read pictures of the ink, the strictest first; `size` is in mm, `taken` are the areas that have a purpose."""
        self.width, self.height = size
        cells = _cells(self.width), _cells(self.height)
        self._boxes = Boxes(inks[-1].resize(cells, Image.Resampling.BOX))
        self._sums = [_sums(_with(ink, size, taken).resize(cells, Image.Resampling.BOX)) for ink in inks]
        self._known: dict[tuple[int, Group], list[Spot]] = {}

    def stamps(self) -> Iterator[Found]:
        """Free places for the stamp, the best first: top right, where offices stamp their post; sideways last."""
        upright, sideways = _upright(self.width, self.height), _sideways(self.width, self.height)
        yield from self._found(upright, boxed=False)
        yield from self._found(sideways, boxed=False)
        yield from self._found([*upright, *sideways], boxed=True)

    def codes(self) -> Iterator[Found]:
        """Free places for the code alone, those at the very edge last."""
        groups = _codes(self.width, self.height)
        yield from self._found(groups, boxed=False)
        yield from self._found(groups, boxed=True)

    def _found(self, groups: list[Group], boxed: bool) -> Iterator[Found]:
        for strictness in range(len(self._sums)):
            for group in groups:
                spots = self._free(strictness, group)
                yield from ((spot.place, group.note) for spot in spots if self._is_boxed(spot) is boxed)

    def _is_boxed(self, spot: Spot) -> bool:
        return self._boxes.encloses((spot.left + spot.right) // 2, (spot.upper + spot.lower) // 2)

    def _free(self, strictness: int, group: Group) -> list[Spot]:
        if (strictness, group) not in self._known:
            sums = self._sums[strictness]
            self._known[strictness, group] = [
                spot
                for spot in group.spots
                for _, x0, y0, x1, y1 in (spot,)
                if sums[y1][x1] - sums[y0][x1] - sums[y1][x0] + sums[y0][x0] == 0
            ]
        return self._known[strictness, group]


@lru_cache(maxsize=16)  # the pages of a form are mostly of one size
def _upright(width: float, height: float) -> list[Group]:
    right, top, low = width - SIDE_MARGIN - WIDTH, height - EDGE_MARGIN - HEIGHT, EDGE_MARGIN
    across = (SIDE_MARGIN, right)
    areas = [
        ("", (max(low, top - MARGIN_BAND), top), (right, top)),
        ("", (low, min(top, low + MARGIN_BAND)), (right, low)),
        ("amid-text", (low, top), (right, top)),
    ]
    return [Group(note, _spots(_grid(across, up, corner), width, height)) for note, up, corner in areas]


@lru_cache(maxsize=16)
def _sideways(width: float, height: float) -> list[Group]:
    side, up = width - EDGE_MARGIN - HEIGHT, height - EDGE_MARGIN - WIDTH
    grids = [_grid((x, x), (EDGE_MARGIN, up), (x, up), rotation=90) for x in (side, EDGE_MARGIN) if x >= EDGE_MARGIN]
    return [Group("sideways", _spots(grid, width, height)) for grid in grids]


@lru_cache(maxsize=16)
def _codes(width: float, height: float) -> list[Group]:
    upwards = (EDGE_MARGIN, height - EDGE_MARGIN - HEIGHT)
    rights = [(margin, width - margin - HEIGHT) for margin in (SIDE_MARGIN, EDGE_MARGIN)]
    grids = [_grid(across, upwards, (across[1], upwards[1]), mark="code") for across in rights]
    return [Group("code-only", _spots(grid, width, height)) for grid in grids]


def _grid(
    across: tuple[float, float],
    upwards: tuple[float, float],
    corner: tuple[float, float],
    rotation: int = 0,
    mark: Mark = "full",
) -> list[Place]:
    """The places of an area in steps of 1 mm, nearest to the corner first; none if the area is too narrow."""
    places = [Place(round(x, 1), round(y, 1), rotation, mark) for x in _steps(*across) for y in _steps(*upwards)]
    return sorted(places, key=lambda place: abs(corner[0] - place.x) + abs(corner[1] - place.y))


def _steps(low: float, high: float) -> list[float]:
    return [high - step for step in range(math.floor(high - low) + 1)]


def _spots(places: list[Place], width: float, height: float) -> list[Spot]:
    kx, ky = _cells(width) / width, _cells(height) / height
    return [
        Spot(
            place,
            math.floor((place.x - CLEAR_SPACE) * kx),
            math.floor((height - place.y - place.size[1] - CLEAR_SPACE) * ky),
            math.ceil((place.x + place.size[0] + CLEAR_SPACE) * kx),
            math.ceil((height - place.y + CLEAR_SPACE) * ky),
        )
        for place in places
    ]


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


def _sums(cells: Image.Image) -> Sums:
    """Summed-area table of the cells with ink: the count in any rectangle takes four look-ups."""
    data, sums = cells.tobytes(), [[0] * (cells.width + 1)]
    for y in range(cells.height):
        row = data[y * cells.width : (y + 1) * cells.width]
        counts = accumulate(map(bool, row), initial=0)
        sums.append(list(map(add, sums[-1], counts)))
    return sums
