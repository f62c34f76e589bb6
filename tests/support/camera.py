"""Codes as a camera sees them, and a camera for Chromium that sees them."""

import base64
import io
import re
from collections.abc import Callable, Iterator

import pytest
from PIL import Image, ImageDraw, ImageFilter
from qrcode import QRCode

from models import Dossier
from paper.forms import render
from support.served import started
from support.visitor import Visitor

CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
DRAWN_CAMERA = """() => {   // a camera that a script can spoil
    const canvas = Object.assign(document.createElement("canvas"), {width: 640, height: 480});
    window.film = canvas.getContext("2d");
    film.fillRect(0, 0, 640, 480);
    setInterval(() => film.fillRect(0, 0, 1, 1), 50);   // a new frame
    navigator.mediaDevices.getUserMedia = async () => {
        const stream = canvas.captureStream(10);
        [window.track] = stream.getTracks();
        return stream;
    };
}"""
SHOW = """async picture => {
    const bytes = Uint8Array.from(atob(picture), sign => sign.charCodeAt());
    film.drawImage(await createImageBitmap(new Blob([bytes])), 20, 20);
}"""


def code(text: str) -> Image.Image:
    drawing = QRCode(box_size=8)
    drawing.add_data(text)
    return drawing.make_image().get_image().convert("L")


def jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def encoded(picture: Image.Image) -> str:
    return base64.b64encode(jpeg(picture)).decode()


@pytest.fixture(scope="session")
def with_camera(starter, tmp_path_factory) -> Iterator[Callable[[Image.Image], object]]:
    """Chromium with a camera that may be used: with_camera(picture) gives it, and holds the picture before it."""
    film = tmp_path_factory.mktemp("film") / "film.mjpeg"

    def show(picture: Image.Image) -> object:
        frame = Image.new("L", (640, 480), 120)
        picture.thumbnail((400, 400))
        frame.paste(picture, ((640 - picture.width) // 2, (480 - picture.height) // 2))
        film.write_bytes(jpeg(frame))  # read anew each time that a page opens the camera
        return browser

    with started(starter, *CAMERA, f"--use-file-for-fake-video-capture={film}") as browser:
        yield show


def drawn(svg: str) -> Image.Image:
    """A QR code as a camera would see it."""
    side, scale = int(re.search(r'viewBox="0 0 (\d+)', svg)[1]), 8
    image = Image.new("L", (side * scale, side * scale), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg):
        left, top, length = int(x) * scale, int(y) * scale, int(width) * scale
        ImageDraw.Draw(image).rectangle((left, top, left + length - 1, top + scale - 1), fill=0)
    return image


def file(picture: Image.Image) -> dict:
    """A picture of the gallery."""
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": jpeg(picture)}


def photo(visitor: Visitor, dossier: Dossier, angle: float, blur: float) -> Image.Image:
    """The printed sheet on a table, as somebody in a hurry takes it."""
    with render.opened(visitor.open(f"/t/{dossier.number}/sheet.pdf").data) as document:
        sheet = render.draw(document, 0, 150)
    return sheet.rotate(angle, expand=True, fillcolor=90).filter(ImageFilter.GaussianBlur(blur))
