"""Say in plain English, for editors, which pages of a form carry which mark."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from paper.forms.stamp import Place

NAMES = {"full": "the stamp", "code": "the code alone", None: "no mark"}


def carried(places: Sequence[Place | None]) -> str:
    """For instance "the stamp on pages 1-3; no mark on page 4"."""
    if not any(places):
        return "no mark, tracked by its sheet alone"
    marks = [place.mark if place else None for place in places]
    pages = {mark: [number for number, other in enumerate(marks, 1) if other == mark] for mark in NAMES}
    return "; ".join(f"{name} on {numbered(pages[mark])}" for mark, name in NAMES.items() if pages[mark])


def numbered(pages: Iterable[int]) -> str:
    """For instance "pages 1-3, 5"."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(pages), key=lambda item: item[1] - item[0])]
    numbers = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
    return f"{'page' if numbers.isdecimal() else 'pages'} {numbers}"
