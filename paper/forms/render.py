"""Draw a PDF as pixels with PDFium, fields and annotations included, as a printer would."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2 as pdfium
from PIL import Image

_pdfium_lock = threading.RLock()  # PDFium is not thread-safe


@contextmanager
def opened(pdf: bytes) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF for drawing, and lock PDFium for other threads meanwhile.

    Raises pypdfium2.PdfiumError if the data is not a PDF, or needs a password.
    """
    with _pdfium_lock:
        document = pdfium.PdfDocument(pdf)
        try:
            document.init_forms()
            yield document
        finally:
            document.close()


def draw(document: pdfium.PdfDocument, index: int, dpi: float, colour: bool = False) -> Image.Image:
    """Return one page in shades of grey or in colour; the first page has index 0."""
    page = document[index]
    try:
        bitmap = page.render(scale=dpi / 72, grayscale=not colour, may_draw_forms=True)
        image: Image.Image = bitmap.to_pil().convert("RGB" if colour else "L")  # a copy: PDFium frees its own pixels
        bitmap.close()
    finally:
        page.close()
    return image
