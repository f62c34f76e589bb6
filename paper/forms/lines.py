"""Find the lines of a page that are there to be written on: a mark above one would take the room of an answer."""

import re
from collections.abc import Iterator

from PIL import Image

from paper.forms.boxes import rows
from paper.forms.page import Rectangle

LENGTH = 12.0  # mm, of the shortest line for a date or initials
GAP = 0.7  # mm, between the dots of a dotted line
THICK = 1.2  # mm; a thicker line is a bar
FREE = 3.0  # mm of room above a line on which somebody writes; where there is less, its text stands on it
ABOVE = 7.0  # mm that handwriting takes


def writing_room(ink: Image.Image, size: tuple[float, float]) -> list[Rectangle]:
    """The areas above such lines on a page as seen, of `size` in mm, from a picture of its ink."""
    kx, ky = ink.width / size[0], ink.height / size[1]
    found = []
    for y, line in _lines(rows(ink), kx, ky):
        for run in re.finditer("1+", f"{line:b}"[::-1]):  # the lowest bit is the leftmost pixel
            bottom = size[1] - y / ky
            found.append((run.start() / kx, bottom, run.end() / kx, bottom + ABOVE))
    return found


def _lines(ink: list[int], kx: float, ky: float) -> Iterator[tuple[int, int]]:
    """The rows of pixels with a line in them, and of each the pixels of the line that have room above."""
    gap, length, thick, free = round(GAP * kx), round(LENGTH * kx), round(THICK * ky), round(FREE * ky)
    for y, row in enumerate(ink):
        if line := _long(_closed(row, gap), length):
            for above in ink[max(0, y - free) : y]:
                line &= ~above
            bar = line
            for below in ink[y : y + thick]:
                bar &= below
            if line := _long(line & ~bar, length):
                yield y, line


def _closed(row: int, gap: int) -> int:
    """The bits of a row with gaps between them filled that are no longer than `gap`."""
    for _ in range(gap):
        row |= row << 1
    return row


def _long(row: int, length: int) -> int:
    """The bits of a row that stand in an unbroken run of at least `length`."""
    for step in _steps(length):  # what is left starts such a run
        row &= row >> step
    for step in _steps(length):
        row |= row << step
    return row


def _steps(length: int) -> Iterator[int]:
    """Shifts that double, and take a bit along `length` bits in all."""
    done = 1
    while done < length:
        step = min(done, length - done)
        yield step
        done += step
