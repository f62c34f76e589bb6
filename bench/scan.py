"""make bench: 200 bad pictures of the sheet, chosen as files on /scan of the running site, in a driven Chromium.

Prints for each level how many were read, beside what native zxing-cpp reads in any of many tries (the ceiling: what
the picture itself allows), and how long it took. `python -m bench.scan office fax` takes these levels alone;
`--keep FOLDER` writes the pictures there.
"""

import argparse
import os
import secrets
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image, ImageFilter

from app import create_app
from bench.damage import DPI
from bench.photographs import LEVELS, Picture, pictures
from bench.post_room import CHROMIUM
from bench.serving import prepare, serve, settings
from models import Dossier
from paper.forms import render
from web import static_files as statics
from wording import sheets as printing

BINARIZERS = (zxingcpp.Binarizer.LocalAverage, zxingcpp.Binarizer.GlobalHistogram, zxingcpp.Binarizer.FixedThreshold)
FILTERS = (
    None,
    *(ImageFilter.UnsharpMask(radius, 300, 0) for radius in (1.5, 3, 4.5)),
    *(ImageFilter.GaussianBlur(radius) for radius in (1, 2)),
    *(
        kind(size)
        for kind in (ImageFilter.MinFilter, ImageFilter.MaxFilter, ImageFilter.MedianFilter)
        for size in (3, 5)
    ),
)
SCALES, LARGEST = (1, 2, 0.5, 1.5, 3, 0.75, 0.35, 0.25), 16_000_000
NUMBER = "K7Q2MX4P9TRWY"  # so that the code is the same each time
WAIT = 60_000  # milliseconds for one answer, on a busy machine
ANSWER = """() => {
    const said = document.querySelector("[data-scan] p")?.textContent;
    return location.pathname !== "/scan" || /no code|not one of ours|cannot be opened|could not be loaded/.test(said);
}"""


def readable(picture: Picture, number: str) -> bool:
    """True if native zxing-cpp reads the number in any of its tries."""
    grey = Image.open(BytesIO(picture.file)).convert("L")
    return any(_holds(image, number, binarizer) for image in _tries(grey) for binarizer in BINARIZERS)


def _tries(grey: Image.Image) -> Iterator[Image.Image]:
    for filter_ in FILTERS:
        filtered = grey.filter(filter_) if filter_ else grey
        for scale in SCALES:
            if grey.width * grey.height * scale * scale <= max(LARGEST, grey.width * grey.height):
                size = round(grey.width * scale), round(grey.height * scale)
                yield filtered.resize(size, Image.Resampling.BILINEAR)


def _holds(image: Image.Image, number: str, binarizer: zxingcpp.Binarizer) -> bool:
    codes = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode, binarizer=binarizer)
    return any(number in code.text for code in codes)


def read(page: Any, site: str, picture: Picture, number: str) -> float | None:
    """Choose the picture on /scan: the seconds until the dossier opens, or None."""
    page.goto(site + "/scan")
    start = time.perf_counter()
    file = {"name": "picture", "mimeType": picture.type, "buffer": picture.file}
    page.locator("#picture").set_input_files(file)
    page.wait_for_function(ANSWER, timeout=WAIT)
    return time.perf_counter() - start if page.url.endswith(number) else None


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser()
    parser.add_argument("levels", nargs="*", default=[*LEVELS], help=f"of {', '.join(LEVELS)}")
    parser.add_argument("--keep", type=Path, help="folder for the pictures")
    options = parser.parse_args()
    if unknown := set(options.levels) - set(LEVELS):  # `choices` refuses the default before Python 3.12.8
        parser.error(f"no such level: {', '.join(unknown)}")
    statics.build()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(settings(folder))
        dossier = Dossier.announce(prepare(), "de", secrets.token_hex(12))
        dossier.number = NUMBER
        dossier.save()
        with create_app().test_request_context(), render.opened(printing.sheet_pdf(dossier, "de")) as document:
            sheet = render.draw(document, 0, DPI).convert("L")
        with serve() as site, sync_playwright() as starter:
            browser = starter.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(locale="en-GB")
            outcomes = defaultdict(list)
            for picture in pictures([sheet], only=frozenset(options.levels)):
                if options.keep:
                    options.keep.joinpath(f"{picture.kind}.{picture.type[6:]}").write_bytes(picture.file)
                took = read(page, site, picture, dossier.number)
                possible = took is not None or readable(picture, dossier.number)
                outcomes[picture.level].append((took, possible))
                if took is None:
                    print(f"{picture.kind}: not read{', though it can be' * possible}", flush=True)
            browser.close()
    report(outcomes)


def report(outcomes: dict[str, list[tuple[float | None, bool]]]) -> None:
    print(f"{'level':8} {'pictures':>8} {'read':>12} {'can be read':>12} {'median s':>9} {'max s':>6}")
    for level, rows in outcomes.items():
        times = [took for took, _possible in rows if took is not None]
        share, possible = len(times) / len(rows), sum(possible for _took, possible in rows) / len(rows)
        cells = f"{len(times):4} {share:6.1%} {possible:12.1%} {statistics.median(times):9.2f} {max(times):6.2f}"
        print(f"{level:8} {len(rows):8} {cells}")


if __name__ == "__main__":
    main()
