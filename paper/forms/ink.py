"""Tell what is printed on a page from its paper, which may be tinted, or grey and noisy as a scanner saw it."""

from collections import Counter
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
RIM = 6  # cells of about 1 mm along the edges, whose colour is the paper's
LIGHT = 170  # of 255: a darker page is no paper that a black code can be read on
SIMILAR = 12  # of 255: shades of one paper
STRICT, LENIENT = 4, 15  # of 255: differences that count as ink; the second lets a pale watermark pass
NOISY = (10, 60)  # the least and the most difference that counts as ink on a scan
CELL = 8  # mm; a scan's own shade is measured in cells of this size


@dataclass(frozen=True)
class Paper:
    """The colour of a page's paper. A flat one is exactly that everywhere; a scan is so on average."""

    colour: Colour
    flat: bool


def paper(image: Image.Image, dpi: float) -> Paper:
    """Return what most of the page's rim looks like, if that is light; else white."""
    cells = image.reduce(max(1, round(dpi / 25.4)))
    rim = Counter(_rim(cells))
    colour = _median(rim)
    alike = sum(count for shade, count in rim.items() if _is_similar(shade, colour))
    if min(colour) < LIGHT or alike < 0.6 * rim.total():
        colour = WHITE
    exact = _distance(image, colour).histogram()
    return Paper(colour, sum(exact[:3]) >= 0.4 * sum(exact[: NOISY[1]]))


def inks(image: Image.Image, dpi: float) -> list[Image.Image]:
    """The page in two values, 255 for ink and 0 for paper: first read strictly, then as an eye would."""
    sheet = paper(image, dpi)
    if sheet.flat:
        distance = _distance(image, sheet.colour)
        return [_above(distance, STRICT), _above(distance, LENIENT)]
    distance = _contrast(image, sheet.colour, dpi)
    return [ImageChops.lighter(_above(distance, _noise(distance)), _above(_distance(image, sheet.colour), NOISY[1]))]


def _rim(cells: Image.Image) -> list[Colour]:
    width, height = cells.size
    rim = min(RIM, width, height)
    boxes = [(0, 0, width, rim), (0, height - rim, width, height), (0, 0, rim, height), (width - rim, 0, width, height)]
    return [pixel for box in boxes for pixel in _pixels(cells.crop(box))]


def _pixels(image: Image.Image) -> list[Colour]:
    data = image.tobytes()
    return list(zip(data[::3], data[1::3], data[2::3], strict=True))


def _is_similar(one: Colour, other: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) <= SIMILAR


def _median(shades: Counter[Colour]) -> Colour:
    red, green, blue = (_middle(shades, channel) for channel in range(3))
    return red, green, blue


def _middle(shades: Counter[Colour], channel: int) -> int:
    """The median of one channel: pages have few shades but many pixels, so whole shades are counted off."""
    left = shades.total() // 2
    for colour, count in sorted(shades.items(), key=lambda item: item[0][channel]):
        if left < count:
            return colour[channel]
        left -= count
    raise ValueError("no pixels")


def _distance(image: Image.Image, colour: Colour) -> Image.Image:
    """How far each pixel is from a colour, in its worst channel."""
    red, green, blue = ImageChops.difference(image, Image.new("RGB", image.size, colour)).split()
    return ImageChops.lighter(red, ImageChops.lighter(green, blue))


def _contrast(image: Image.Image, colour: Colour, dpi: float) -> Image.Image:
    """How far each pixel of a scan is from the paper around it, whose shade changes over the page."""
    grey = image.convert("L")
    shade = Image.new("RGB", (1, 1), colour).convert("L").getpixel((0, 0))
    low, high = int(str(shade)) - SIMILAR, int(str(shade)) + SIMILAR
    around = grey.reduce(max(1, round(CELL * dpi / 25.4))).filter(ImageFilter.MaxFilter(3))
    around = around.point([min(max(value, low), high) for value in range(256)])
    return ImageChops.difference(around.resize(grey.size, Image.Resampling.BICUBIC), grey)


def _noise(distance: Image.Image) -> int:
    """The difference above which a pixel of a scan is ink: five standard deviations of its noise."""
    counts = distance.histogram()[: NOISY[1]]
    half, seen = sum(counts[1:]) / 2, 0
    for middle, count in enumerate(counts[1:], 1):
        seen += count
        if seen >= half:
            return min(max(round(5 * middle / 0.674) + 2, NOISY[0]), NOISY[1])
    return NOISY[0]


def _above(distance: Image.Image, limit: int) -> Image.Image:
    return distance.point([0] * (limit + 1) + [255] * (255 - limit))
