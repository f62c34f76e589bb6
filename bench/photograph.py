"""Bad photographs of a printed sheet: what the camera of a phone in somebody's hand sees, 20 to 40 cm away."""

import io
import math
import random

import zxingcpp
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

DPI = 200  # of the sheet; the nearest camera sees 176
FRAME = (1920, 1080)
LENS = FRAME[0] * 26 / 36  # pixels; most phones look through what would be 26 mm on film, which is 36 mm wide

Vector = tuple[float, float, float]


def photograph(sheet: Image.Image, chance: random.Random) -> bytes:
    """The sheet lies any way up, is seen at a slant and out of the middle, and is blurred by up to half a module.

    A module of the code is 0.9 mm wide. Hand and focus blur the paper, so that more pixels would not make it sharper.
    """
    away = chance.uniform(200, 400)  # millimetres
    picture = _seen(sheet, away, chance)
    picture = picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.1, 0.45) * LENS / away))
    picture = ImageEnhance.Contrast(_shadowed(picture, chance)).enhance(chance.uniform(0.55, 1.1))
    noise = Image.frombytes("L", FRAME, chance.randbytes(FRAME[0] * FRAME[1])).point(lambda value: value // 8)
    out = io.BytesIO()
    ImageChops.subtract(picture, noise).save(out, "JPEG", quality=chance.randint(35, 80))
    return out.getvalue()


def _seen(sheet: Image.Image, away: float, chance: random.Random) -> Image.Image:
    """Turned and tilted about the code, which is anywhere in the middle 60 % of the picture."""
    turn = math.radians(chance.choice((0, 0, 90, 180, 270)) + chance.uniform(-20, 20))
    tilt = chance.uniform(0, math.tau), math.radians(chance.uniform(0, 25))
    aside = [side * chance.uniform(-0.3, 0.3) for side in FRAME]
    return perspective(
        sheet, DPI, middle_of_code(sheet, DPI), FRAME, LENS, away, turn, tilt, aside, chance.randint(40, 160)
    )


def perspective(
    paper: Image.Image,
    dpi: int,
    code: tuple[float, float],
    frame: tuple[int, int],
    lens: float,
    away: float,
    turn: float,
    tilt: tuple[float, float],
    aside: list[float],
    table: int,
) -> Image.Image:
    """The paper through a pinhole, on a table of the grey `table`.

    `lens` is the focal length in pixels, `away` the distance in millimetres; `turn` and `tilt` (axis, angle) are in
    radians, about the code, which is at `code` on the paper in millimetres, and seen `aside` from the middle in pixels.
    """
    width, height = frame
    right = _tilted((math.cos(turn), math.sin(turn), 0), *tilt)
    down = _tilted((-math.sin(turn), math.cos(turn), 0), *tilt)
    x, y = (side * away / lens for side in aside)
    corner: Vector = tuple(at - code[0] * r - code[1] * d for at, r, d in zip((x, y, away), right, down, strict=True))
    # A ray through the pixel (column, row) meets the paper where these three planes say, the third being the scale.
    planes = (_cross(down, corner), _cross(corner, right), _cross(right, down))
    rows = [(a, b, c * lens - a * width / 2 - b * height / 2) for a, b, c in planes]
    scale = rows[2][2] * 25.4 / dpi
    u, v = ([value / scale for value in row] for row in rows[:2])
    w = [value / rows[2][2] for value in rows[2][:2]]
    return paper.transform(frame, Image.Transform.PERSPECTIVE, (*u, *v, *w), Image.Resampling.BICUBIC, fillcolor=table)


def middle_of_code(paper: Image.Image, dpi: int) -> tuple[float, float]:
    """In millimetres from the upper left corner."""
    place = zxingcpp.read_barcodes(paper)[0].position
    corners = (place.top_left, place.bottom_right)
    return sum(at.x for at in corners) / 2 * 25.4 / dpi, sum(at.y for at in corners) / 2 * 25.4 / dpi


def _tilted(vector: Vector, axis: float, angle: float) -> Vector:
    """Turned about an axis that lies in the plane of the picture."""
    x, y = math.cos(axis), math.sin(axis)
    along, across = vector[0] * x + vector[1] * y, vector[1] * x - vector[0] * y
    flat = across * math.cos(angle)
    return along * x - flat * y, along * y + flat * x, across * math.sin(angle)


def _cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _shadowed(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Darker towards one side, as under a lamp or the hand with the phone."""
    shadow = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(picture.size)
    depth = chance.uniform(0.1, 0.5)
    return ImageChops.multiply(picture, shadow.point(lambda value: int(255 - depth * value)))
