"""Check a new form when it enters the catalogue, so that its faults show here and not to a citizen."""

import io
import math
import re
from dataclasses import dataclass, field

import pikepdf
import pypdfium2 as pdfium
import zxingcpp
from PIL import Image, ImageChops

from paper.forms.page import Seen, seen
from paper.forms.render import draw, opened
from paper.forms.room import EDGE_MARGIN, SIDE_MARGIN, Rectangle, Room
from paper.forms.stamp import CLEAR_SPACE, HEIGHT, WIDTH, Place, stamp

SAMPLE_NUMBER = "0123-4567-89ABV"
SAMPLE_URL = "HTTPS://ETRACKING.EXAMPLE.LU/T/0123456789ABV"
MAX_PAGE_SIDE = 1200.0  # mm, about A0: a larger page is a mistake, and drawing it takes too much memory
MAX_PAGES = 300  # nobody fills in more; they would take longer than the time that acceptance gives
SEARCH_DPI, PROOF_DPI = 72, 150
QR = zxingcpp.barcode_formats_from_str("QRCode")
MAX_SHADE_DIFFERENCE = 40  # of 255: shades may change a little when a page is written anew
# What pikepdf and PDFium raise at any place in a broken file, with parts that are missing or of the wrong type.
BROKEN_PDF_ERRORS = (
    pikepdf.PdfError,
    pikepdf.DependencyError,
    pdfium.PdfiumError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class FormRefusedError(Exception):
    """A form that cannot carry a stamp.

    `reason` is one of: unreadable, encrypted, signed, xfa, too-small, too-large, no-room, stamp-unreadable,
    page-changed. `page` counts from 1, and is None where the whole file is meant.
    """

    def __init__(self, reason: str, page: int | None = None) -> None:
        super().__init__(reason, page)  # both as arguments: an exception is pickled with its arguments
        self.reason, self.page = reason, page

    def __str__(self) -> str:
        return self.reason if self.page is None else f"{self.reason} (page {self.page})"


@dataclass(frozen=True)
class AcceptedForm:
    """A form ready to be handed out: the file to keep, a place for each page, and notes for the editor.

    A page whose place is None carries no mark; if none does, the form is tracked by its sheet alone.

    A note is a short code, followed by the page if it is about one: repaired, restrictions-dropped, xfa-dropped,
    javascript, untagged, "amid-text 2".
    """

    data: bytes
    places: list[Place | None]
    pages: int
    notes: list[str] = field(default_factory=list)


def examine(data: bytes) -> AcceptedForm:
    """Repair a form, find room for the stamp on every page, and test it with a sample stamp.

    The test draws the stamped form, reads the QR code back and compares the rest of each page with the original.
    Raises FormRefusedError with the reason and the page.
    """
    try:
        form, notes = _normalised(data)
        views = _views(form)
        places, more = _places(form, views)
        _prove(data, form, places, [view.size for view, _ in views])
    except pikepdf.PasswordError as error:  # not a subclass of PdfError
        raise FormRefusedError("encrypted") from error
    except BROKEN_PDF_ERRORS as error:
        raise FormRefusedError("unreadable") from error
    return AcceptedForm(form, list(places), len(places), notes + more)


def _normalised(data: bytes) -> tuple[bytes, list[str]]:
    """Return the form repaired, decrypted and with balanced graphics states, and notes on what was done."""
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
        notes = _inspected(pdf)
        for page_number, page in enumerate(pdf.pages, 1):
            _balance(page, page_number)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue(), notes


def _inspected(pdf: pikepdf.Pdf) -> list[str]:
    """Refuse a form that a stamp would break or that would hide the stamp; return notes for the editor."""
    notes = ["restrictions-dropped"] if pdf.is_encrypted else []
    if len(pdf.pages) == 0 or len(pdf.pages) != int(pdf.Root.Pages.Count):
        raise FormRefusedError("unreadable")  # the end of the file is missing, and pages with it
    if len(pdf.pages) > MAX_PAGES:
        raise FormRefusedError("too-many-pages")
    objects = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary | pikepdf.Stream)]
    if any("/ByteRange" in item or _is_signature(item.get("/V")) for item in objects):
        raise FormRefusedError("signed")  # a stamp invalidates signatures, certifications and Reader usage rights
    notes += ["xfa-dropped"] if _drop_xfa(pdf) else []
    notes += ["javascript"] if any(item.get("/S") == "/JavaScript" for item in objects) else []
    notes += ["untagged"] if "/StructTreeRoot" not in pdf.Root else []
    return notes + (["repaired"] if pdf.get_warnings() else [])


def _is_signature(value: object) -> bool:
    return isinstance(value, pikepdf.Dictionary) and "/ByteRange" in value


def _drop_xfa(pdf: pikepdf.Pdf) -> bool:
    """Remove a static XFA layer, as Acrobat may redraw the page from it without the stamp; refuse a dynamic one."""
    fields = pdf.Root.get("/AcroForm")
    if fields is None or "/XFA" not in fields:
        return False
    layer = fields["/XFA"]
    packets = list(layer) if isinstance(layer, pikepdf.Array) else [layer]
    source = b"".join(packet.read_bytes() for packet in packets if isinstance(packet, pikepdf.Stream))
    required = re.search(rb"<dynamicRender>\s*required", source) is not None
    if required or bool(pdf.Root.get("/NeedsRendering", False)) or not len(fields.get("/Fields", [])):
        raise FormRefusedError("xfa")
    del fields["/XFA"]
    return True


def _balance(page: pikepdf.Page, page_number: int) -> None:
    """Pair every q (save graphics state) with a Q (restore), so that the stamp is drawn in the page's coordinates."""
    depth = lowest = 0
    try:
        for instruction in pikepdf.parse_content_stream(page, "q Q"):
            depth += 1 if str(instruction.operator) == "q" else -1
            lowest = min(lowest, depth)
    except pikepdf.PdfError as error:
        raise FormRefusedError("unreadable", page_number) from error
    if lowest or depth:
        page.contents_add(b"q\n" * -lowest, prepend=True)
        page.contents_add(b"\n" + b"Q\n" * (depth - lowest))


def _views(form: bytes) -> list[tuple[Seen, list[Rectangle]]]:
    """[(how a page is seen, the areas of its fields)], read from the file as it was written, to check that too."""
    with pikepdf.open(io.BytesIO(form)) as pdf:
        views = [_view(page, page_number) for page_number, page in enumerate(pdf.pages, 1)]
        return [(view, _taken(page, view)) for view, page in zip(views, pdf.pages, strict=True)]


def _view(page: pikepdf.Page, page_number: int) -> Seen:
    """Return how the page is seen. Raises FormRefusedError if it is too small for a stamp, or too large."""
    try:
        view = seen(page)
    except ValueError as error:
        raise FormRefusedError("too-small", page_number) from error
    width, height = view.size
    if width < WIDTH + 2 * SIDE_MARGIN or height < HEIGHT + 2 * EDGE_MARGIN:
        raise FormRefusedError("too-small", page_number)
    if max(view.size) > MAX_PAGE_SIDE:
        raise FormRefusedError("too-large", page_number)
    return view


def _taken(page: pikepdf.Page, view: Seen) -> list[Rectangle]:
    """The areas of fields and annotations: even an empty one lies above the content and would hide the stamp."""
    to_seen = view.to_page.inverse()
    rectangles = []
    for annotation in page.obj.get("/Annots", []):
        if annotation.get("/Subtype") != "/Popup" and len(annotation.get("/Rect", [])) == 4:
            box = to_seen.transform(pikepdf.Rectangle(*(float(value) for value in annotation["/Rect"])))
            rectangles.append((box.llx, box.lly, box.urx, box.ury))
    return rectangles


def _places(form: bytes, views: list[tuple[Seen, list[Rectangle]]]) -> tuple[list[Place], list[str]]:
    """Find a place on every page; note the pages whose only room is between the text (amid-text)."""
    places, notes = [], []
    with opened(form) as drawing:
        for index, (view, taken) in enumerate(views):
            found = Room(draw(drawing, index, SEARCH_DPI), view.size, taken).place()
            if found is None:
                raise FormRefusedError("no-room", index + 1)
            place, in_margin = found
            places.append(place)
            notes += [] if in_margin else [f"amid-text {index + 1}"]
    return places, notes


def _prove(data: bytes, form: bytes, places: list[Place], sizes: list[tuple[float, float]]) -> None:
    """Stamp a sample and check on every page that the QR code can be read and nothing else has changed."""
    stamped = stamp(form, places, SAMPLE_NUMBER, SAMPLE_URL, "eTracking", "de")
    with opened(stamped) as after, opened(_comparable(data, form)) as before:
        for index, (place, size) in enumerate(zip(places, sizes, strict=True)):
            new, old = draw(after, index, PROOF_DPI), draw(before, index, PROOF_DPI)
            box = _pixels(place, size, new)
            if not _is_read(new, box):
                raise FormRefusedError("stamp-unreadable", index + 1)
            if not _is_same(new, old, box):
                raise FormRefusedError("page-changed", index + 1)


def _comparable(data: bytes, form: bytes) -> bytes:
    """The file to compare with: the original; if that is too damaged for PDFium to draw, its repaired version."""
    try:
        with opened(data) as original, opened(form) as repaired:
            return data if len(original) == len(repaired) else form
    except pdfium.PdfiumError:
        return form


def _pixels(place: Place, size: tuple[float, float], image: Image.Image) -> tuple[int, int, int, int]:
    """The area of the stamp and its clear space in pixels of the picture: left, upper, right, lower."""
    kx, ky = image.width / size[0], image.height / size[1]
    left, right = place.x - CLEAR_SPACE, place.x + place.size[0] + CLEAR_SPACE
    lower, upper = size[1] - place.y + CLEAR_SPACE, size[1] - place.y - place.size[1] - CLEAR_SPACE
    return math.floor(left * kx), math.floor(upper * ky), math.ceil(right * kx), math.ceil(lower * ky)


def _is_read(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """True if the QR code of the sample is found in the picture of the whole page, at its place."""
    codes = zxingcpp.read_barcodes(image, formats=QR)
    corners = [code.position.top_left for code in codes if code.text == SAMPLE_URL]
    return any(box[0] <= corner.x <= box[2] and box[1] <= corner.y <= box[3] for corner in corners)


def _is_same(new: Image.Image, old: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """True if two pictures of a page agree everywhere outside the stamp."""
    if new.size != old.size:
        return False
    difference = ImageChops.difference(new, old)
    difference.paste(0, box)
    return difference.point([0] * MAX_SHADE_DIFFERENCE + [255] * (256 - MAX_SHADE_DIFFERENCE)).getbbox() is None
