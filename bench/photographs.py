"""Two hundred bad pictures of printed paper, as people send them: photographs, office scans and faxes.

Each is made from the real sheet or stamped form, drawn at DPI, with a fixed seed. `LEVELS` says how many of each kind.
"""

import io
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageEnhance

from bench.damage import (
    DPI,
    Chance,
    Paper,
    blurred,
    curved,
    faint,
    folded,
    glared,
    inked,
    noisy,
    screen,
    shadowed,
    shaken,
    stained,
    written_over,
)
from bench.photograph import middle_of_code, perspective

LENS = 26 / 36  # focal length of most phones, in lengths of the picture's longer side
MESSENGER, PHONE = (1512, 2016), (3024, 4032)  # what a messenger leaves of a photograph, and what the camera takes


class Picture(NamedTuple):
    """One bad picture: its level, how it was made, and the file."""

    level: str
    kind: str
    file: bytes
    type: str  # "image/jpeg" or "image/png"


Maker = Callable[[Paper, Chance], tuple[Image.Image, int]]  # the picture, and the JPEG quality, 0 for PNG


class Shot(NamedTuple):
    """How the camera is held: millimetres away, degrees turned beyond a quarter and tilted, and where the code is."""

    away: tuple[float, float] = (230, 420)
    turn: float = 8
    tilt: tuple[float, float] = (0, 12)
    aside: float = 0.25  # part of the picture's sides by which the code is out of the middle
    quarters: bool = False


def taken(
    paper: Paper, chance: Chance, shot: Shot, frame: tuple[int, int]
) -> tuple[Image.Image, float, tuple[float, float]]:
    """The paper as the camera sees it, the pixels of a module there, and where the code is."""
    lens = max(frame) * LENS
    away = chance.uniform(*shot.away)
    turn = math.radians(
        (chance.choice((0, 90, 180, 270)) if shot.quarters else 0) + chance.uniform(-shot.turn, shot.turn)
    )
    tilt = math.radians(chance.uniform(*shot.tilt))
    aside = [side * chance.uniform(-shot.aside, shot.aside) for side in frame]
    seen = perspective(
        paper.drawn,
        DPI,
        paper.code,
        frame,
        lens,
        away,
        turn,
        (chance.uniform(0, math.tau), tilt),
        aside,
        chance.randint(40, 160),
    )
    return seen, 0.9 * lens / away, (frame[0] / 2 + aside[0], frame[1] / 2 + aside[1])


def frame_of(chance: Chance) -> tuple[int, int]:
    """One photograph in six is as large as the camera takes it; one in four lies on its side."""
    frame = PHONE if chance.random() < 1 / 6 else MESSENGER
    return frame if chance.random() < 3 / 4 else frame[::-1]


def easy(paper: Paper, chance: Chance) -> tuple[Image.Image, int]:
    """A careful photograph by daylight."""
    picture, module, _at = taken(paper, chance, Shot(), frame_of(chance))
    picture = blurred(picture, module * chance.uniform(0.1, 0.4))
    picture = shadowed(picture, chance.uniform(0, 0.25), chance)
    return noisy(picture, chance.uniform(1, 5), chance), chance.randint(70, 92)


def medium(paper: Paper, chance: Chance) -> tuple[Image.Image, int]:
    """Taken in a hurry, of paper that has been in a bag."""
    if chance.random() < 0.4:
        paper = paper.with_(stained(paper, chance, 12, 6, 120))
    if chance.random() < 0.4:
        paper = paper.with_(folded(paper, chance.uniform(0.1, 0.3), chance))
    if chance.random() < 0.3:
        paper = paper.with_(curved(paper.drawn, chance.uniform(0.3, 1), chance))
    paper = paper.with_(inked(paper.drawn, chance.choice((0, 0, 1, -1))))
    shot = Shot((320, 700), 20, (5, 30), 0.3, quarters=True)
    picture, module, _at = taken(paper, chance, shot, frame_of(chance))
    picture = blurred(picture, module * chance.uniform(0.2, 0.55))
    if chance.random() < 0.3:
        picture = shaken(picture, module * chance.uniform(0.4, 1.2), chance)
    picture = shadowed(picture, chance.uniform(0.2, 0.5), chance)
    picture = ImageEnhance.Contrast(picture).enhance(chance.uniform(0.5, 1))
    return noisy(picture, chance.uniform(4, 14), chance), chance.randint(25, 60)


def hard(paper: Paper, chance: Chance) -> tuple[Image.Image, int]:
    """Two or three things have gone wrong at once."""
    shot = Shot((230, 430), 30, (5, 28), 0.3, quarters=True)
    trouble = chance.sample(("ink", "curve", "stain", "pen", "fold", "screen", "shake", "dark", "glare", "tint"), 2)
    before: dict[str, Callable[[Paper], Image.Image]] = {
        "ink": lambda it: inked(it.drawn, chance.choice((1, 2, -2))),
        "curve": lambda it: curved(it.drawn, chance.uniform(1, 2.5), chance),
        "stain": lambda it: stained(it, chance, 10, 8, 60),
        "pen": lambda it: written_over(it, chance, chance.uniform(0.4, 1.1)),
        "fold": lambda it: folded(it, chance.uniform(0.3, 0.6), chance),
        "screen": lambda it: screen(it.drawn),
        "tint": lambda it: faint(it.drawn, chance.randint(60, 130), chance.randint(170, 230)),
    }
    for name in trouble:
        if name in before:
            paper = paper.with_(before[name](paper))
    picture, module, (x, y) = taken(paper, chance, shot, frame_of(chance))
    picture = blurred(picture, module * chance.uniform(0.1, 0.35))
    if "shake" in trouble:
        picture = shaken(picture, module * chance.uniform(0.4, 1.1), chance)
    picture = shadowed(picture, chance.uniform(0.2, 0.6), chance)
    if "glare" in trouble:
        at = (x + chance.uniform(-30, 30) * module, y + chance.uniform(-30, 30) * module)
        picture = glared(picture, at, chance.uniform(0.3, 0.8), chance.uniform(0.4, 0.9))
    if "dark" in trouble:
        picture = noisy(ImageEnhance.Brightness(picture).enhance(chance.uniform(0.25, 0.5)), 5, chance)
    return noisy(picture, chance.uniform(4, 10), chance), chance.randint(25, 55)


def office(paper: Paper, chance: Chance) -> tuple[Image.Image, int]:
    """A flat-bed scanner or copier of an office, set for small files."""
    dpi = chance.choice((60, 75, 75, 100, 100, 150, 200, 300))
    page = inked(faint(paper.drawn, chance.randint(0, 90), chance.randint(215, 255)), chance.choice((0, 1, 1, 2, -1)))
    page = page.rotate(chance.uniform(-5, 5), Image.Resampling.BICUBIC, fillcolor=chance.choice((255, 235, 30)))
    if chance.random() < 0.3:
        page = page.rotate(chance.choice((90, 180, 270)), expand=True)
    size = (page.width * dpi // DPI, page.height * dpi // DPI)
    scan = page.resize(size, Image.Resampling.BOX if chance.random() < 0.6 else Image.Resampling.NEAREST)
    scan = noisy(streaked(scan, chance), chance.uniform(0, 20), chance)
    match chance.choice(("grey", "grey", "black", "raster")):
        case "black":
            return black_and_white(scan, chance.randint(100, 190)), 0
        case "raster" if dpi >= 150:
            return scan.convert("1").convert("L"), 0
        case _:
            return scan, chance.randint(10, 50)


def streaked(scan: Image.Image, chance: Chance) -> Image.Image:
    """Dirt on the glass of the feeder draws lines along the page; dust makes points."""
    draw = ImageDraw.Draw(scan)
    for _ in range(chance.randint(0, 6)):
        x = chance.randrange(scan.width)
        draw.line((x, 0, x, scan.height), fill=chance.randint(0, 200), width=1)
    for _ in range(chance.randint(0, 300)):
        draw.point((chance.randrange(scan.width), chance.randrange(scan.height)), fill=chance.randint(0, 255))
    return scan


def black_and_white(scan: Image.Image, threshold: int) -> Image.Image:
    return scan.point(lambda value: 255 * (value > threshold))


def fax(paper: Paper, chance: Chance) -> tuple[Image.Image, int]:
    """204 x 98 or 204 x 196 dots an inch, black and white; half of the files keep the flat points of the coarse one."""
    rows = chance.choice((98, 196))
    page = inked(faint(paper.drawn, chance.randint(0, 60)), chance.choice((0, 1, 1, 2)))
    page = page.rotate(chance.uniform(-3, 3), Image.Resampling.BICUBIC, fillcolor=255)
    scan = page.resize((page.width * 204 // DPI, page.height * rows // DPI), Image.Resampling.BOX)
    scan = black_and_white(noisy(scan, chance.uniform(2, 25), chance), chance.randint(100, 180))
    draw = ImageDraw.Draw(scan)
    for _ in range(chance.randint(0, 6)):  # lines that were lost
        y = chance.randrange(scan.height)
        draw.line((0, y, scan.width, y), fill=chance.choice((0, 255)))
    if rows == 196 or chance.random() < 0.5:
        scan = scan.resize((scan.width, scan.height * 204 // rows), Image.Resampling.NEAREST)
    return scan, 0


LEVELS: dict[str, tuple[int, Maker]] = {
    "easy": (60, easy),
    "medium": (60, medium),
    "hard": (44, hard),
    "office": (16, office),
    "fax": (20, fax),
}


def pictures(pages: list[Image.Image], seed: int = 1984, only: frozenset[str] = frozenset(LEVELS)) -> Iterator[Picture]:
    """All of them; each has a seed of its own, so that one can be made without the others."""
    papers = [Paper(page, middle_of_code(page, DPI)) for page in pages]
    for level, (count, make) in LEVELS.items():
        for index in range(count) if level in only else ():
            chance = Chance(f"{seed} {level} {index}")
            picture, quality = make(papers[index % len(papers)], chance)
            yield Picture(level, f"{level}-{index:02}", *saved(picture, quality))


def saved(picture: Image.Image, quality: int) -> tuple[bytes, str]:
    """The file as it is sent: JPEG, or PNG for black and white."""
    out = io.BytesIO()
    if quality:
        picture.save(out, "JPEG", quality=quality)
    else:
        picture.convert("1", dither=Image.Dither.NONE).save(out, "PNG")
    return out.getvalue(), "image/jpeg" if quality else "image/png"
