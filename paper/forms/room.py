"""Find white space on a page for the stamp."""

import math
from collections.abc import Iterator
from itertools import accumulate
from operator import add

from PIL import Image, ImageDraw

from paper.forms.stamp import CLEAR_SPACE, HEIGHT, WIDTH, Place

EDGE_MARGIN = 5.0  # mm that home printers leave blank
SIDE_MARGIN = 10.0  # mm; an upright stamp keeps away from the left and right edge, where paper is punched
MARGIN_BAND = 12  # mm from the first possible row; a place within it counts as "in the margin"
MIN_WHITE = 240  # of 255: tinted paper and the noise of a scan count as white, a pale line does not

Rectangle = tuple[float, float, float, float]  # left, bottom, right, top in mm from the lower left of the page as seen


class Room:
    """The free square millimetres of one page."""

    def __init__(self, image: Image.Image, size: tuple[float, float], taken: list[Rectangle]) -> None:
        """Read the picture of a page; `size` is width and height in mm, `taken` the areas of fields."""
        self.width, self.height = size
        columns, rows = max(1, round(self.width)), max(1, round(self.height))
        self._kx, self._ky = columns / self.width, rows / self.height
        self._sums = _sums(_ink(image, size, taken).resize((columns, rows), Image.Resampling.BOX))

    def place(self) -> tuple[Place, bool] | None:
        """Return the best place for the stamp, and True if it is in a margin; None if the page has no room."""
        for margin, place in self._candidates():
            if self._is_free(place):
                return place, margin
        return None

    def _candidates(self) -> Iterator[tuple[bool, Place]]:
        """Places in order of preference: top right first, where offices stamp their post; between the text last."""
        right, top = self.width - SIDE_MARGIN - WIDTH, self.height - EDGE_MARGIN - HEIGHT
        side, up = self.width - EDGE_MARGIN - HEIGHT, self.height - EDGE_MARGIN - WIDTH
        across, lowest = (SIDE_MARGIN, right), EDGE_MARGIN
        for place in _grid(across, (max(lowest, top - MARGIN_BAND), top), corner=(right, top)):
            yield True, place
        for place in _grid(across, (lowest, min(top, lowest + MARGIN_BAND)), corner=(right, lowest)):
            yield True, place
        for x in (side, EDGE_MARGIN):
            for place in _grid((x, x), (lowest, up), corner=(x, up), rotation=90):
                yield True, place
        for place in _grid(across, (lowest, top), corner=(right, top)):
            yield False, place

    def _is_free(self, place: Place) -> bool:
        width, height = place.size
        left, right = place.x - CLEAR_SPACE, place.x + width + CLEAR_SPACE
        above, below = self.height - place.y - height - CLEAR_SPACE, self.height - place.y + CLEAR_SPACE
        x0, x1 = math.floor(left * self._kx), math.ceil(right * self._kx)
        y0, y1 = math.floor(above * self._ky), math.ceil(below * self._ky)
        s = self._sums
        return s[y1][x1] - s[y0][x1] - s[y1][x0] + s[y0][x0] == 0


def _grid(
    across: tuple[float, float], upwards: tuple[float, float], corner: tuple[float, float], rotation: int = 0
) -> list[Place]:
    """The places of an area in steps of 1 mm, nearest to the corner first; none if the area is too narrow."""
    places = [Place(round(x, 1), round(y, 1), rotation) for x in _steps(*across) for y in _steps(*upwards)]
    return sorted(places, key=lambda place: abs(corner[0] - place.x) + abs(corner[1] - place.y))


def _steps(low: float, high: float) -> list[float]:
    return [high - step for step in range(math.floor(high - low) + 1)]


def _ink(image: Image.Image, size: tuple[float, float], taken: list[Rectangle]) -> Image.Image:
    """The page in two values: 255 for ink and fields, 0 for white paper."""
    ink = image.point([255] * MIN_WHITE + [0] * (256 - MIN_WHITE))
    draw = ImageDraw.Draw(ink)
    kx, ky = image.width / size[0], image.height / size[1]
    for left, bottom, right, top in taken:
        draw.rectangle((left * kx, (size[1] - top) * ky, right * kx, (size[1] - bottom) * ky), fill=255)
    return ink


def _sums(cells: Image.Image) -> list[list[int]]:
    """Summed-area table of the cells with ink: the count in any rectangle takes four look-ups."""
    data, sums = cells.tobytes(), [[0] * (cells.width + 1)]
    for y in range(cells.height):
        row = data[y * cells.width : (y + 1) * cells.width]
        counts = accumulate(map(bool, row), initial=0)
        sums.append(list(map(add, sums[-1], counts)))
    return sums
