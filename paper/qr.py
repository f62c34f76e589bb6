"""QR codes as SVG paths: sharp at every size, and a third of the bytes of one rectangle per module."""

from functools import lru_cache
from itertools import groupby

import qrcode
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L, ERROR_CORRECT_M, ERROR_CORRECT_Q

QUIET_ZONE = 4  # white modules on every side, as ISO/IEC 18004 asks
LEVELS = {"L": ERROR_CORRECT_L, "M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q, "H": ERROR_CORRECT_H}


@lru_cache(maxsize=256)  # page, sheet and form of a dossier show the same code: the mask is chosen once
def path(text: str, level: str = "Q") -> tuple[int, str]:
    """Return the modules per side, quiet zone included, and the dark modules as SVG path data (one unit per module).

    Upper-case text gives a smaller code (alphanumeric mode). Raises KeyError for a level other than L, M, Q or H,
    and qrcode.exceptions.DataOverflowError for a text that no code can hold.
    """
    code = qrcode.QRCode(error_correction=LEVELS[level], border=QUIET_ZONE)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    return len(matrix), "".join(_row(y, row) for y, row in enumerate(matrix))


def svg(text: str, level: str = "Q", quiet: int = QUIET_ZONE) -> str:
    """Return a QR code as an SVG document on a white background, so that it can be read in dark mode too.

    `quiet` white modules are left around the code; pass fewer only if the paper around it stays white.
    """
    size, data = path(text, level)
    start, side = QUIET_ZONE - quiet, size - 2 * (QUIET_ZONE - quiet)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{start} {start} {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{data}"/></svg>'
    )


def _row(y: int, row: list[bool]) -> str:
    """Path data of one row. Each run of dark modules is one rectangle: no hairlines, and a short path."""
    runs, x = [], 0
    for dark, modules in groupby(row):
        width = len(list(modules))
        if dark:
            runs.append(f"M{x} {y}h{width}v1h-{width}z")
        x += width
    return "".join(runs)
