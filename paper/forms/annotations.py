"""Find what lies above the content of a page: fields to fill in, remarks, and the borders of links."""

import pikepdf
from pikepdf import Dictionary

from paper.forms.objects import entry, items, numbers
from paper.forms.page import Rectangle, Seen

HIDDEN, PRINTED, NOT_SEEN = 2, 4, 32  # flags of an annotation
BORDER = 1.0  # mm, of a link that has one


def covered(page: pikepdf.Page, view: Seen) -> list[Rectangle]:
    """The areas of fields and annotations: even an empty one lies above the content and would hide a mark.

    Links and what is never shown cover nothing. A remark as large as the page counts by what is drawn of it.
    """
    to_seen = view.to_page.inverse()
    rectangles: list[Rectangle] = []
    for annotation in items(entry(page.obj, "/Annots")):
        corners = numbers(entry(annotation, "/Rect"))
        if len(corners) == 4 and _is_shown(annotation):
            box = to_seen.transform(pikepdf.Rectangle(*corners))
            rectangles += _areas(annotation, (box.llx, box.lly, box.urx, box.ury), view.size)
    return rectangles


def _is_shown(annotation: Dictionary) -> bool:
    flags = entry(annotation, "/F")
    flags = flags if isinstance(flags, int) else 0
    seen = not flags & HIDDEN and (not flags & NOT_SEEN or bool(flags & PRINTED))
    return seen and entry(annotation, "/Subtype") != "/Popup"


def _areas(annotation: Dictionary, box: Rectangle, size: tuple[float, float]) -> list[Rectangle]:
    """What an annotation covers: its rectangle, of a link the border, of one as large as the page nothing by itself."""
    kind = entry(annotation, "/Subtype")
    left, bottom, right, top = box
    if kind == "/Link":
        edges = [(left, bottom, right, bottom), (left, top, right, top)]
        edges += [(left, bottom, left, top), (right, bottom, right, top)]
        drawn = edges if _bordered(annotation) else []
        return [(x0 - BORDER, y0 - BORDER, x1 + BORDER, y1 + BORDER) for x0, y0, x1, y1 in drawn]
    if kind != "/Widget" and (right - left) * (top - bottom) > size[0] * size[1] / 2:
        return []
    return [box] if right > left and top > bottom else []


def _bordered(annotation: Dictionary) -> bool:
    """True if a link shows a border: it does, unless its width is 0."""
    border, width = items(entry(annotation, "/Border")), entry(entry(annotation, "/BS"), "/W")
    return (border[2] if len(border) > 2 else 1) != 0 and width != 0
