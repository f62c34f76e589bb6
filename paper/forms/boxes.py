"""Tell open paper from the boxes that lines make on it: an empty box is there to be filled in."""

from functools import cached_property

from PIL import Image, ImageFilter

LARGE = 0.2  # of the page: a larger box is a frame around its text
BEYOND = 5  # cells from a box, past its lines
SOLID = 0.8  # of what lies there is ink: no line, but a picture or a dark ground, with a hole
BITS = b"0" + b"1" * 255  # bytes of a picture as digits


class Boxes:
    """The parts of a page that ink divides it into, in cells of a square millimetre."""

    def __init__(self, cells: Image.Image) -> None:
        """Read the cells of a page with ink in them; gaps of up to two cells do not open a box."""
        self.width, self.height = cells.size
        full = (1 << self.width) - 1
        inked = cells.point([0] + [255] * 255)
        self._ink = rows(inked)
        self._free = [full ^ row for row in rows(inked.filter(ImageFilter.MaxFilter(3)))]
        self._boxed = [0] * self.height
        self._seen = [0] * self.height

    def encloses(self, x: int, y: int) -> bool:
        """True if the cell lies in a box, and not on paper that reaches the edge of the page or fills much of it."""
        x, y = min(max(x, 0), self.width - 1), min(max(y, 0), self.height - 1)
        cell = 1 << x
        if not (self._open[y] | self._seen[y]) & cell:
            part = self._filled({y: cell})
            self._seen = _either(self._seen, part)
            self._boxed = _either(self._boxed, part) if self._is_box(part) else self._boxed
        return bool(self._boxed[y] & cell)

    def _is_box(self, part: list[int]) -> bool:
        if _count(part) >= LARGE * self.width * self.height:
            return False
        near = part
        for _ in range(BEYOND):
            near = self._grown(near)
        ring = [outer & ~inner for outer, inner in zip(self._grown(near), near, strict=True)]
        return _count([a & b for a, b in zip(ring, self._ink, strict=True)]) < SOLID * _count(ring)

    def _grown(self, part: list[int]) -> list[int]:
        full = (1 << self.width) - 1
        wider = [(row | row << 1 | row >> 1) & full for row in part]
        return _either(_either(wider, [*wider[1:], 0]), [0, *wider[:-1]])

    @cached_property
    def _open(self) -> list[int]:
        sides = 1 | 1 << (self.width - 1)
        full = (1 << self.width) - 1
        return self._filled({y: full if y in (0, self.height - 1) else sides for y in range(self.height)})

    def _filled(self, seeds: dict[int, int]) -> list[int]:
        """All free cells that can be reached from the seeds."""
        filled, waiting = [0] * self.height, [(y, row) for y, row in seeds.items()]
        while waiting:
            y, row = waiting.pop()
            new = self._spread(row & self._free[y] & ~filled[y], self._free[y])
            if new:
                filled[y] |= new
                waiting += [(near, new) for near in (y - 1, y + 1) if 0 <= near < self.height]
        return filled

    def _spread(self, row: int, free: int) -> int:
        """The cells of one row that can be reached from some of them."""
        while (wider := (row | row << 1 | row >> 1) & free) != row:
            row = wider
        return row


def rows(cells: Image.Image) -> list[int]:
    """One number a row, one bit a cell: what is done to a whole row takes one step."""
    data, width = cells.tobytes().translate(BITS), cells.width
    return [int(data[y * width : (y + 1) * width][::-1], 2) for y in range(cells.height)]


def _either(some: list[int], others: list[int]) -> list[int]:
    return [one | other for one, other in zip(some, others, strict=True)]


def _count(part: list[int]) -> int:
    return sum(row.bit_count() for row in part)
