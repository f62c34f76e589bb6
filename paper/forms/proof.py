"""Prove a form with sample marks: each can be read, hides nothing and is hidden by nothing, and all else stays."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pypdfium2 as pdfium
import zxingcpp
from PIL import Image, ImageChops

from paper.forms.page import Rectangle
from paper.forms.render import draw, opened
from paper.forms.stamp import CLEAR_SPACE, HEIGHT, Place, stamp

SAMPLE_NUMBER = "0123-4567-89ABV"
SAMPLE_URL = "HTTPS://ETRACKING.EXAMPLE.LU/T/0123456789ABV"
PROOF_DPI = 150
QR = zxingcpp.barcode_formats_from_str("QRCode")
MAX_SHADE_DIFFERENCE = 40  # of 255: shades may change a little when a page is written anew
MIN_DARK = 0.06  # of the stamp's words: less of it is dark where something lies above them

Pixels = tuple[int, int, int, int]  # left, upper, right, lower


@dataclass(frozen=True)
class Proof:
    """The pages on which a mark failed, and those that look different without one being the reason."""

    failed: set[int]
    changed: set[int]


def prove(
    original: bytes, form: bytes, places: list[Place | None], sizes: list[tuple[float, float]], pages: Iterable[int]
) -> Proof:
    """Stamp a sample and compare some pages with the original, as a printer with 150 dpi would show them."""
    failed: set[int] = set()
    changed: set[int] = set()
    with opened(stamp(form, places, SAMPLE_NUMBER, SAMPLE_URL, "eTracking", "de")) as after, opened(original) as before:
        for index in pages:
            place, size = places[index], sizes[index]
            new, old = _drawn(after, index), _drawn(before, index)
            if place is None:
                changed |= set() if _is_same(new, old, None) else {index}
            elif new is None or old is None or not _is_proven(new, old, place, size):
                failed.add(index)
    return Proof(failed, changed)


def _drawn(document: pdfium.PdfDocument, index: int) -> Image.Image | None:
    try:
        return draw(document, index, PROOF_DPI)
    except (pdfium.PdfiumError, ValueError):
        return None


def _is_proven(new: Image.Image, old: Image.Image, place: Place, size: tuple[float, float]) -> bool:
    box = _pixels(place, size, new)
    return _is_same(new, old, box) and _is_read(new, box) and _shows_words(new, place, size)


def _pixels(place: Place, size: tuple[float, float], image: Image.Image) -> Pixels:
    """The area of a mark and its clear space in pixels of the picture."""
    return _area(
        (
            place.x - CLEAR_SPACE,
            place.y - CLEAR_SPACE,
            place.x + place.size[0] + CLEAR_SPACE,
            place.y + place.size[1] + CLEAR_SPACE,
        ),
        size,
        image,
    )


def _area(box: Rectangle, size: tuple[float, float], image: Image.Image) -> Pixels:
    kx, ky = image.width / size[0], image.height / size[1]
    left, bottom, right, top = box
    return (
        math.floor(left * kx),
        math.floor((size[1] - top) * ky),
        math.ceil(right * kx),
        math.ceil((size[1] - bottom) * ky),
    )


def _is_read(image: Image.Image, box: Pixels) -> bool:
    """True if the QR code of the sample is found in the picture of the whole page, at its place."""
    return any(
        box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in _corners(zxingcpp.read_barcodes(image, formats=QR))
    )


def _corners(codes: Iterable[zxingcpp.Barcode]) -> list[tuple[int, int]]:
    return [(at.x, at.y) for at in (code.position.top_left for code in codes if code.text == SAMPLE_URL)]


def _shows_words(image: Image.Image, place: Place, size: tuple[float, float]) -> bool:
    """True if the number stands beside the code, so that nothing lies above it."""
    if place.mark == "code":
        return True
    width, height = place.size
    x, y = (place.x, place.y + HEIGHT) if place.rotation % 180 else (place.x + HEIGHT, place.y)
    words = image.crop(_area((x, y, place.x + width, place.y + height), size, image))
    return sum(words.histogram()[:128]) >= MIN_DARK * words.width * words.height


def _is_same(new: Image.Image | None, old: Image.Image | None, box: Pixels | None) -> bool:
    """True if two pictures of a page agree everywhere outside the mark, or if neither can be drawn."""
    if new is None or old is None or new.size != old.size:
        return new is old
    difference = ImageChops.difference(new, old)
    if box:
        difference.paste(0, box)
    return difference.point([0] * MAX_SHADE_DIFFERENCE + [255] * (256 - MAX_SHADE_DIFFERENCE)).getbbox() is None
