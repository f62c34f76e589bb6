"""How the tests read a PDF back: its codes, its words and where they stand, its tags."""

import io
import unicodedata
from collections.abc import Iterator

import pikepdf
import zxingcpp

from paper.forms.render import draw, opened

MM = 25.4 / 72
Box = tuple[float, float, float, float]  # left, top, right, bottom in mm from the top left


def codes(pdf: bytes, dpi: int = 150) -> list[list[zxingcpp.Barcode]]:
    """The QR codes of each page, as a scanner at 150 dpi sees them."""
    with opened(pdf) as document:
        return [zxingcpp.read_barcodes(draw(document, index, dpi)) for index in range(len(document))]


def text(pdf: bytes) -> list[str]:
    """The text of each page, accents composed."""
    with opened(pdf) as document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
    return [unicodedata.normalize("NFC", page) for page in pages]


def words(pdf: bytes, index: int = 0) -> list[tuple[str, Box]]:
    """The words of a page with the box of their ink."""
    with opened(pdf) as document:
        page = document[index]
        found, letters = [], list(_letters(page.get_textpage(), page.get_height()))
    word: list[tuple[str, Box]] = []
    for letter in [*letters, (" ", (0.0, 0.0, 0.0, 0.0))]:
        if not letter[0].isspace():
            word.append(letter)
        elif word:
            found.append(("".join(sign for sign, _ in word), _around([box for _, box in word])))
            word = []
    return found


def _letters(page: object, height: float) -> Iterator[tuple[str, Box]]:
    for index in range(page.count_chars()):
        left, bottom, right, top = page.get_charbox(index)
        yield page.get_text_range(index, 1), (left * MM, (height - top) * MM, right * MM, (height - bottom) * MM)


def _around(boxes: list[Box]) -> Box:
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)


def wrong_tags(pdf: bytes) -> list[str]:
    """What validators miss: every page has its own key, whose structure elements belong to that very page."""
    wrong, used = [], set()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        tree = dict(_numbers(document.Root.StructTreeRoot.ParentTree))
        for number, page in enumerate(document.pages, 1):
            key = int(page.obj.StructParents)
            pages = {element.Pg.objgen for element in tree.get(key, ()) if element is not None and "/Pg" in element}
            if key in used or key not in tree:
                wrong.append(f"page {number}: key {key} is used twice or unknown")
            if pages != {page.obj.objgen}:
                wrong.append(f"page {number}: elements of {key} belong elsewhere")
            used.add(key)
    return wrong


def _numbers(tree: pikepdf.Dictionary) -> Iterator[tuple[int, pikepdf.Object]]:
    leaves = list(tree.get("/Nums", []))
    yield from ((int(key), value) for key, value in zip(leaves[::2], leaves[1::2], strict=True))
    for kid in tree.get("/Kids", []):
        yield from _numbers(kid)


def fields(pdf: bytes) -> int:
    """How many fields a person could fill in."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        pages = [page.obj.get("/Annots", []) for page in document.pages]
        return sum(annotation.get("/Subtype") == "/Widget" for page in pages for annotation in page)


def overprinted(pdf: bytes) -> list[tuple[int, str, str]]:
    """Words whose ink lies on that of another, and words outside the page (beside nothing), with their page."""
    with opened(pdf) as document:
        sizes = [(page.get_width() * MM, page.get_height() * MM) for page in document]
    found = []
    for index, (width, height) in enumerate(sizes):
        read = words(pdf, index)
        found += [
            (index, word, "") for word, b in read if b[0] < 4 or b[1] < 4 or b[2] > width - 4 or b[3] > height - 4
        ]
        for place, (word, box) in enumerate(read):
            found += [(index, word, other) for other, around in read[place + 1 :] if _meet(box, around)]
    return found


def _meet(one: Box, other: Box) -> bool:
    """True if two boxes share more than 0.2 mm both ways: neighbours in a line may touch."""
    return all(min(one[i + 2], other[i + 2]) - max(one[i], other[i]) > 0.2 for i in (0, 1))
