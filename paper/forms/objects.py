"""Read the objects of a PDF that may be damaged: what is missing, or of another type, is None or empty."""

import math
from collections.abc import Iterator
from typing import Any

import pikepdf
import pypdfium2 as pdfium
from pikepdf import Array, Dictionary, Stream

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
MAX_PARENTS = 50  # more levels of pages or fields are damage


def entry(holder: object, key: str) -> Any:
    """An entry of a dictionary; None if it is missing, or if `holder` is none."""
    return holder.get(key) if isinstance(holder, Dictionary | Stream) else None


def items(value: object) -> list[Any]:
    """The items of an array; none if it is something else."""
    return list(value) if isinstance(value, Array) else []


def numbers(value: object) -> list[float]:
    """The numbers of an array; none if it is no array, or if anything else stands in it."""
    try:
        found = [float(item) for item in items(value)]
    except (TypeError, ValueError, ArithmeticError):
        return []
    return found if all(map(math.isfinite, found)) else []


def with_parents(node: Any) -> Iterator[Dictionary]:
    """A page or field, then all above it, from which it inherits."""
    for _ in range(MAX_PARENTS):
        if not isinstance(node, Dictionary):
            return
        yield node
        node = node.get("/Parent")
