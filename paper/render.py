"""A PDF as pixels, drawn by PDFium: fields and annotations included, as a printer would show them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2 as pdfium
from PIL import Image

_pdfium = threading.RLock()  # PDFium is not made for threads: one at a time holds it


@contextmanager
def opened(pdf: bytes) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF for drawing, and keep every other thread away from PDFium meanwhile.

    Raises pypdfium2.PdfiumError for what is no PDF, or is locked by a password.
    """
    with _pdfium:
        document = pdfium.PdfDocument(pdf)
        try:
            document.init_forms()
            yield document
        finally:
            document.close()


def draw(document: pdfium.PdfDocument, index: int, dpi: float) -> Image.Image:
    """Return one page in shades of grey, as a person sees it; the first page has index 0."""
    page = document[index]
    try:
        bitmap = page.render(scale=dpi / 72, grayscale=True, may_draw_forms=True)
        image: Image.Image = bitmap.to_pil().copy()  # a copy of our own: PDFium frees its pixels
        bitmap.close()
    finally:
        page.close()
    return image
