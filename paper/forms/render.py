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


def draw(document: pdfium.PdfDocument, index: int, dpi: float) -> Image.Image:
    """Return one page as a greyscale image; the first page has index 0."""
    page = document[index]
    try:
        bitmap = page.render(scale=dpi / 72, grayscale=True, may_draw_forms=True)
        image: Image.Image = bitmap.to_pil().copy()  # a copy, because PDFium frees its pixels
        bitmap.close()
    finally:
        page.close()
    return image
