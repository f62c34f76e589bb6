"""What spoils a picture of paper: blur, noise, shadows, stains, folds, thin or thick ink, the grid of a screen."""

import math
import random
from typing import NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

DPI = 300  # of the drawn paper
MM = DPI / 25.4  # its pixels in a millimetre
Chance = random.Random


class Paper(NamedTuple):
    """A page as the printer gives it out, and where the middle of its code is, in millimetres."""

    drawn: Image.Image
    code: tuple[float, float]

    def with_(self, drawn: Image.Image) -> "Paper":
        return Paper(drawn, self.code)


def blurred(picture: Image.Image, pixels: float) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(pixels))


def shaken(picture: Image.Image, pixels: float, chance: Chance) -> Image.Image:
    """Motion blur: the mean of the picture at several places on a short straight way."""
    angle, steps = chance.uniform(0, math.pi), max(2, round(pixels))
    mean = picture
    for step in range(1, steps):
        away = pixels * step / (steps - 1)
        moved = ImageChops.offset(picture, round(away * math.cos(angle)), round(away * math.sin(angle)))
        mean = Image.blend(mean, moved, 1 / (step + 1))
    return mean


def noisy(picture: Image.Image, sigma: float, chance: Chance) -> Image.Image:
    """Grain of the sensor: the sum of four even chances is nearly a bell curve."""
    width, height = picture.size
    grain = [Image.frombytes("L", picture.size, chance.randbytes(width * height)) for _ in range(3)]
    mean = Image.blend(Image.blend(grain[0], grain[1], 0.5), grain[2], 1 / 3)  # sigma is 43 grey levels
    scale = sigma / 43
    return ImageChops.add(picture, mean.point(lambda value: int(128 + (value - 128) * scale)), 1, -128)


def shadowed(picture: Image.Image, depth: float, chance: Chance) -> Image.Image:
    """Darker towards one side, and under the hand with the phone."""
    shade = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(picture.size)
    picture = ImageChops.multiply(picture, shade.point(lambda value: int(255 - depth * value)))
    hand, (width, height) = Image.new("L", (60, 80), 255), picture.size
    edge = chance.uniform(0.2, 0.8)
    ImageDraw.Draw(hand).polygon(
        [(60 * edge, 0), (60, 0), (60, 80), (60 * chance.uniform(0.1, 0.9), 80)], fill=int(255 * (1 - depth))
    )
    return ImageChops.multiply(picture, blurred(hand, 1.5).resize((width, height), Image.Resampling.BILINEAR))


def glared(picture: Image.Image, at: tuple[float, float], size: float, strength: float) -> Image.Image:
    """A lamp mirrored in the paper or the screen; `size` in widths of the picture."""
    side = int(picture.width * size)
    spot = ImageOps.invert(Image.radial_gradient("L").resize((side, side)))
    spot = spot.point(lambda value: int(max(0, value - 75) * 1.4 * strength))
    light = Image.new("L", picture.size)
    light.paste(spot, (int(at[0] - side / 2), int(at[1] - side / 2)))
    return ImageChops.add(picture, light)


def stained(paper: Paper, chance: Chance, near: float, count: int, darkest: int) -> Image.Image:
    """Drops of coffee on the paper, the first ones within `near` millimetres of the code."""
    layer, (x, y) = Image.new("L", paper.drawn.size, 255), paper.code
    draw = ImageDraw.Draw(layer)
    for index in range(count):
        if index < 2:
            cx, cy = (at + chance.uniform(-near, near) for at in (x, y))
        else:
            cx, cy = chance.uniform(0, 210), chance.uniform(0, 297)
        size = chance.uniform(2, 5)
        box = [(cx - size) * MM, (cy - size) * MM, (cx + size) * MM, (cy + size * chance.uniform(0.6, 1.2)) * MM]
        draw.ellipse(box, fill=chance.randint(darkest, 220))
    return ImageChops.multiply(paper.drawn, blurred(layer, 4))


def written_over(paper: Paper, chance: Chance, width: float) -> Image.Image:
    """A stroke of a pen through the code, `width` in millimetres."""
    page, (x, y) = paper.drawn.copy(), paper.code
    angle = chance.uniform(0, math.pi)
    dx, dy, off = 25 * math.cos(angle), 25 * math.sin(angle), chance.uniform(-6, 6)
    line = [((x - dx + off) * MM, (y - dy) * MM), ((x + off / 2) * MM, (y + off) * MM), ((x + dx) * MM, (y + dy) * MM)]
    ImageDraw.Draw(page).line(line, fill=chance.randint(20, 90), width=int(width * MM), joint="curve")
    return page


def folded(paper: Paper, depth: float, chance: Chance) -> Image.Image:
    """Folded as for an envelope, one fold also through the code: a dark and a bright line with a shade beside it."""
    shade = Image.new("L", paper.drawn.size, 255)
    draw = ImageDraw.Draw(shade)
    for y in (99, 198, paper.code[1] + chance.uniform(-10, 10)):
        draw.rectangle((0, y * MM, shade.width, (y + chance.uniform(15, 60)) * MM), fill=int(255 * (1 - depth)))
    shade = blurred(shade, MM / 2)
    return ImageChops.multiply(paper.drawn, shade)


def curved(paper: Image.Image, millimetres: float, chance: Chance) -> Image.Image:
    """Paper that does not lie flat: each strip of it is moved by a wave."""
    width, height = paper.size
    size, phase, wave = 40, chance.uniform(0, math.tau), chance.uniform(60, 160) * MM

    def moved(x: float, y: float) -> tuple[float, float]:
        return x + millimetres * MM * math.sin(y / wave * math.tau + phase), y + millimetres * MM * math.sin(
            x / wave * 5
        )

    mesh = []
    for left in range(0, width, size):
        for top in range(0, height, size):
            right, bottom = min(left + size, width), min(top + size, height)
            corners = [moved(*at) for at in ((left, top), (left, bottom), (right, bottom), (right, top))]
            mesh.append(((left, top, right, bottom), tuple(value for corner in corners for value in corner)))
    return paper.transform(paper.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR, fillcolor=255)


def inked(paper: Image.Image, grow: int) -> Image.Image:
    """Dot gain of a printer or copier; below 0 the print is thin."""
    if not grow:
        return paper
    return paper.filter((ImageFilter.MinFilter if grow > 0 else ImageFilter.MaxFilter)(2 * abs(grow) + 1))


def faint(paper: Image.Image, black: int, white: int = 255) -> Image.Image:
    """An empty cartridge, or grey paper."""
    return paper.point(lambda value: int(black + (white - black) * value / 255))


def screen(paper: Image.Image) -> Image.Image:
    """The page on a screen: lines between its points, which the camera's own points beat against (moire)."""
    small = paper.resize((paper.width // 3, paper.height // 3), Image.Resampling.BOX)
    shown = small.resize(paper.size, Image.Resampling.NEAREST)
    point = Image.new("L", (3, 3), 255)
    point.putdata([255, 235, 150, 240, 220, 140, 150, 140, 110])
    tile = Image.new("L", (300, 300))
    for x in range(0, 300, 3):
        for y in range(0, 300, 3):
            tile.paste(point, (x, y))
    grid = Image.new("L", paper.size)
    for x in range(0, paper.width, 300):
        for y in range(0, paper.height, 300):
            grid.paste(tile, (x, y))
    return ImageChops.multiply(shown, grid)
