"""Find white space on a page for a mark."""

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from operator import add

from PIL import Image, ImageDraw

from paper.forms.purpose import Rectangle
from paper.forms.stamp import CLEAR_SPACE, HEIGHT, WIDTH, Mark, Place

EDGE_MARGIN = 5.0  # mm that home printers leave blank
SIDE_MARGIN = 10.0  # mm; an upright stamp keeps away from the left and right edge, where paper is punched
MARGIN_BAND = 12  # mm from the first possible row; a place within it counts as "in the margin"

Sums = list[list[int]]
Found = tuple[Place, str]  # a place, and the note about it: "", amid-text, sideways or code-only


class Room:
    """The free square millimetres of one page."""

    def __init__(self, inks: list[Image.Image], size: tuple[float, float], taken: list[Rectangle]) -> None:
        """Read pictures of the ink, the strictest first; `size` is in mm, `taken` are the areas that have a purpose."""
        self.width, self.height = size
        columns, rows = max(1, round(self.width)), max(1, round(self.height))
        self._kx, self._ky = columns / self.width, rows / self.height
        cells = [_with(ink, size, taken).resize((columns, rows), Image.Resampling.BOX) for ink in inks]
        self._sums = [_sums(each) for each in cells]

    def stamps(self) -> Iterator[Found]:
        """Free places for the stamp, the best first: top right, where offices stamp their post; sideways last."""
        yield from self._free(_upright(self.width, self.height))
        yield from self._free(_sideways(self.width, self.height))

    def codes(self) -> Iterator[Found]:
        """Free places for the code alone, those at the very edge last."""
        for margin in (SIDE_MARGIN, EDGE_MARGIN):
            area = (margin, self.width - margin - HEIGHT), (EDGE_MARGIN, self.height - EDGE_MARGIN - HEIGHT)
            yield from self._free([("code-only", _grid(*area, corner=(area[0][1], area[1][1]), mark="code"))])

    def _free(self, candidates: list[tuple[str, tuple[Place, ...]]]) -> Iterator[Found]:
        for sums in self._sums:
            for note, places in candidates:
                yield from ((place, note) for place in places if self._is_free(place, sums))

    def _is_free(self, place: Place, sums: Sums) -> bool:
        width, height = place.size
        left, right = place.x - CLEAR_SPACE, place.x + width + CLEAR_SPACE
        above, below = self.height - place.y - height - CLEAR_SPACE, self.height - place.y + CLEAR_SPACE
        x0, x1 = math.floor(left * self._kx), math.ceil(right * self._kx)
        y0, y1 = math.floor(above * self._ky), math.ceil(below * self._ky)
        return sums[y1][x1] - sums[y0][x1] - sums[y1][x0] + sums[y0][x0] == 0


def _upright(page_width: float, page_height: float) -> list[tuple[str, tuple[Place, ...]]]:
    right, top, low = page_width - SIDE_MARGIN - WIDTH, page_height - EDGE_MARGIN - HEIGHT, EDGE_MARGIN
    across = (SIDE_MARGIN, right)
    return [
        ("", _grid(across, (max(low, top - MARGIN_BAND), top), corner=(right, top))),
        ("", _grid(across, (low, min(top, low + MARGIN_BAND)), corner=(right, low))),
        ("amid-text", _grid(across, (low, top), corner=(right, top))),
    ]


def _sideways(page_width: float, page_height: float) -> list[tuple[str, tuple[Place, ...]]]:
    side, up = page_width - EDGE_MARGIN - HEIGHT, page_height - EDGE_MARGIN - WIDTH
    at = [(x, _grid((x, x), (EDGE_MARGIN, up), corner=(x, up), rotation=90)) for x in (side, EDGE_MARGIN)]
    return [("sideways", places) for x, places in at if x >= EDGE_MARGIN]


@lru_cache(maxsize=64)  # the pages of a form are mostly of one size
def _grid(
    across: tuple[float, float],
    upwards: tuple[float, float],
    corner: tuple[float, float],
    rotation: int = 0,
    mark: Mark = "full",
) -> tuple[Place, ...]:
    """The places of an area in steps of 1 mm, nearest to the corner first; none if the area is too narrow."""
    places = [Place(round(x, 1), round(y, 1), rotation, mark) for x in _steps(*across) for y in _steps(*upwards)]
    return tuple(sorted(places, key=lambda place: abs(corner[0] - place.x) + abs(corner[1] - place.y)))


def _steps(low: float, high: float) -> list[float]:
    return [high - step for step in range(math.floor(high - low) + 1)]


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
