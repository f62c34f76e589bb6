"""Find places for the marks of a form: the stamp on every page that has room, else the code, else no mark at all."""

import io
from dataclasses import dataclass, field

import pikepdf
import pypdfium2 as pdfium

from paper.forms.annotations import covered
from paper.forms.ink import inks
from paper.forms.lines import writing_room
from paper.forms.objects import BROKEN_PDF_ERRORS
from paper.forms.page import Rectangle, Seen, seen
from paper.forms.proof import prove
from paper.forms.render import draw, opened
from paper.forms.repair import shown
from paper.forms.room import Found, Room
from paper.forms.stamp import Mark, Place
from paper.forms.words import reserved

MAX_PAGE_SIDE = 1200.0  # mm, about A0: a larger page is a mistake, and drawing it takes too much memory
SEARCH_DPI = 100
ATTEMPTS = 2  # places that are tried on a page for one kind of mark


class AlteredError(Exception):
    """A form that looks different when it is written anew, before anything is added."""


@dataclass
class _Page:
    """A page on its way: how it is seen, what has a purpose, what was tried, and what was decided."""

    view: Seen | None
    taken: list[Rectangle] = field(default_factory=list)
    tried: list[Place] = field(default_factory=list)
    place: Place | None = None
    note: str = ""

    @property
    def size(self) -> tuple[float, float]:
        return self.view.size if self.view else (0.0, 0.0)


def climb(original: bytes, form: bytes, unclear: set[int]) -> tuple[list[Place | None], list[str]]:
    """Return a proven place for each page, None for those without a mark, and notes on the pages.

    `form` is the original written anew; pages of `unclear` are left alone. Raises AlteredError if that alone changed
    how a page looks, and any of BROKEN_PDF_ERRORS.
    """
    compared = _comparable(original, form)
    pages = _proven(compared, form, unclear, "full")
    if not any(page.place for page in pages):
        pages = _proven(compared, form, unclear, "code")
    elif not pages[0].place:  # the page that surely is posted
        pages[0] = _proven(compared, form, unclear, "code", only=0)[0]
    notes = [f"{page.note} {number}" for number, page in enumerate(pages, 1) if page.note]
    return [page.place for page in pages], notes


def _comparable(original: bytes, form: bytes) -> bytes:
    """The file to compare with: the original; if that is too damaged for PDFium to draw, its repaired version."""
    before, after = shown(original), shown(form)
    if before > after:
        raise AlteredError
    return original if before == after else form


def _pages(form: bytes, unclear: set[int]) -> list[_Page]:
    """The pages, read from the file as it was written, to check that too."""
    with pikepdf.open(io.BytesIO(form)) as pdf:
        return [_page(page, index in unclear) for index, page in enumerate(pdf.pages)]


def _page(page: pikepdf.Page, unclear: bool) -> _Page:
    try:
        view = seen(page)
    except ValueError:
        return _Page(None, note="too-small")
    if unclear or max(view.size) > MAX_PAGE_SIDE:
        return _Page(None, note="unclear" if unclear else "too-large")
    return _Page(view, covered(page, view))


def _proven(compared: bytes, form: bytes, unclear: set[int], mark: Mark, only: int | None = None) -> list[_Page]:
    """The pages with one kind of mark where it can be proven. Where it cannot, the next place is tried, then none."""
    pages = _pages(form, unclear)
    waiting = set(range(len(pages))) if only is None else {only}
    while waiting:
        _find(form, pages, waiting, mark)
        proof = prove(compared, form, [page.place for page in pages], [page.size for page in pages], waiting)
        if proof.changed:
            raise AlteredError
        waiting = proof.failed
        for index in waiting:
            pages[index].tried += filter(None, [pages[index].place])
    return pages


def _find(form: bytes, pages: list[_Page], wanted: set[int], mark: Mark) -> None:
    """Look for a place on the wanted pages, apart from those that were tried."""
    with opened(form) as document:
        for index in wanted:
            page = pages[index]
            if page.view:
                place, note = _place(document, index, page, mark) or (None, "unproven" if page.tried else "no-room")
                page.place, page.note = place, note


def _place(document: pdfium.PdfDocument, index: int, page: _Page, mark: Mark) -> Found | None:
    if page.view is None or len(page.tried) >= ATTEMPTS:
        return None
    try:
        ink = inks(draw(document, index, SEARCH_DPI, colour=True), SEARCH_DPI)
        taken = page.taken + reserved(document, index, page.view)
    except BROKEN_PDF_ERRORS:
        return None
    taken += [_around(place) for place in page.tried]
    lines = writing_room(ink[-1], page.size)
    apart = _found(Room(ink, page.size, taken + lines), mark)
    return apart or (_found(Room(ink, page.size, taken), mark) if lines else None)


def _found(room: Room, mark: Mark) -> Found | None:
    return next(room.stamps() if mark == "full" else room.codes(), None)


def _around(place: Place) -> Rectangle:
    return place.x, place.y, place.x + place.size[0], place.y + place.size[1]
