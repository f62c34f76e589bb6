"""make bench: 200 sheets, photographed badly, held before the page that opens the post, in a driven Chromium.

Printed sheets are drawn, then turned, tilted, blurred, shadowed, made noisy and compressed, with a fixed seed. A
canvas stands for the camera; all else is the real page, reader and server. A clerk who gets no answer takes another
picture, up to three. In the middle the network is cut for a while. `python -m bench.post_room 12` does it
with twelve sheets.
"""

import base64
import io
import os
import random
import secrets
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import Flask
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from app import create_app
from blueprints import printing, statics
from models import Dossier, Event, Form, Message, Read, Staff
from paper import render

from .serving import prepare, serve, settings

SHEETS, PICTURES, PATIENCE = 200, 3, 1500  # PATIENCE: milliseconds before the next picture is taken
FRAME = (1280, 960)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PASSWORD = "correct horse battery"
CAMERA = """() => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 1280, height: 960});
    const draw = canvas.getContext("2d");
    let image = canvas;
    setInterval(() => draw.drawImage(image, 0, 0), 33);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(30);
    navigator.serviceWorker.register = () => new Promise(() => {});
    window.hold = async (picture, patience) => {
        const bytes = Uint8Array.from(atob(picture), sign => sign.charCodeAt());
        const taken = await createImageBitmap(new Blob([bytes]));
        const answer = document.querySelector("#answer"), before = answer.firstElementChild;
        const start = performance.now();
        image = taken;
        while (answer.firstElementChild === before && performance.now() - start < patience)
            await new Promise(requestAnimationFrame);
        return answer.firstElementChild === before ? null : performance.now() - start;
    };
}"""


class Outcome(NamedTuple):
    """How many of the sheets were read, after how many pictures, and the milliseconds from picture to answer."""

    sheets: int
    pictures: list[int]
    times: list[float]

    def __str__(self) -> str:
        read, first = len(self.pictures), self.pictures.count(1)
        median, slowest = statistics.median(self.times), max(self.times)
        return (
            f"{read} of {self.sheets} sheets read, {first} of them by the first picture; "
            f"from picture to answer {median:.0f} ms in the median, {slowest:.0f} at most"
        )


def photograph(sheet: Image.Image, chance: random.Random) -> bytes:
    """The upper half of a sheet as a bad photograph."""
    half = sheet.crop((0, 0, sheet.width, sheet.height // 2))
    table = Image.new("L", (half.width * 5 // 4, half.height * 5 // 4), chance.randint(40, 160))
    table.paste(half, (half.width // 8, half.height // 8))
    turned = table.rotate(chance.choice((0, 0, 90, 180, 270)) + chance.uniform(-20, 20), Image.Resampling.BICUBIC,
                          expand=True, fillcolor=table.getpixel((0, 0)))  # fmt: skip
    picture = _tilted(turned, chance).resize(FRAME, Image.Resampling.BILINEAR)
    picture = _shadowed(picture.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.6))), chance)
    picture = ImageEnhance.Contrast(picture).enhance(chance.uniform(0.55, 1.1))
    noise = Image.frombytes("L", FRAME, chance.randbytes(FRAME[0] * FRAME[1])).point(lambda value: value // 8)
    out = io.BytesIO()
    ImageChops.subtract(picture, noise).save(out, "JPEG", quality=chance.randint(35, 80))
    return out.getvalue()


def _tilted(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Seen from the side: each corner up to a tenth further in."""
    width, height = picture.size
    x, y = (lambda: chance.uniform(0, width / 10)), (lambda: chance.uniform(0, height / 10))
    corners = (-x(), -y(), -x(), height + y(), width + x(), height + y(), width + x(), -y())
    return picture.transform(picture.size, Image.Transform.QUAD, corners, Image.Resampling.BILINEAR, fillcolor=90)


def _shadowed(picture: Image.Image, chance: random.Random) -> Image.Image:
    """Darker towards one side, as under a lamp or the hand with the phone."""
    shadow = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(picture.size)
    depth = chance.uniform(0.1, 0.5)
    return ImageChops.multiply(picture, shadow.point(lambda value: int(255 - depth * value)))


def sheets(app: Flask, dossiers: list[Dossier]) -> Iterator[Image.Image]:
    """The printed sheet of each dossier, at 150 dots an inch."""
    with app.test_request_context():
        for dossier in dossiers:
            with render.opened(printing.sheet_pdf(dossier, "de")) as document:
                yield render.draw(document, 0, 150)


def announced(form: Form, count: int) -> list[Dossier]:
    """So many dossiers whose citizens are told by mail."""
    contacts = [("email", "somebody@example.org")]
    return [Dossier.announce(form, "de", secrets.token_hex(12), contacts) for _ in range(count)]


def opened(page: Any, site: str, email: str) -> None:
    """Sign in, begin a bag and start the camera."""
    page.add_init_script(f"({CAMERA})()")
    page.goto(site + "/sign-in")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url("**/desk")
    page.goto(site + "/desk/post-bag?new=1")
    page.get_by_role("button", name="Begin").click()
    page.locator("#camera button").click()
    page.get_by_text("The camera is on").wait_for()


def work(page: Any, drawn: Iterator[Image.Image], count: int, seed: int = 1984) -> Outcome:
    """Hold one sheet after the other before the camera; from 2/5 to 3/5 of them there is no network."""
    chance, pictures, times = random.Random(seed), [], []
    for index, sheet in enumerate(drawn):
        if index == count * 2 // 5:
            page.route("**/reads", lambda route: route.abort("internetdisconnected"))
        if index == count * 3 // 5:
            page.unroute("**/reads")
            sent(page)  # what is answered from here on is what is held before the camera
        for tries in range(1, PICTURES + 1):
            picture = base64.b64encode(photograph(sheet, chance)).decode()
            if spent := page.evaluate("([picture, patience]) => hold(picture, patience)", [picture, PATIENCE]):
                pictures.append(tries)
                times.append(spent)
                break
    sent(page)
    return Outcome(count, pictures, times)


def sent(page: Any) -> None:
    """Wait until nothing is left on the device."""
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("#waiting", state="hidden")


def counts(dossiers: list[Dossier]) -> dict[str, int]:
    """What the database says; all of them must be the same."""
    received = Event.select().where(Event.kind == "received")
    return {
        "reads": Read.select().where(Read.outcome == "arrived").count(),
        "dossiers": Dossier.select().where(Dossier.id.in_(dossiers), Dossier.status == "received").count(),
        "arrivals": received.count(),
        "messages": Message.select().where(Message.event.in_(received)).count(),
    }


def main(count: int) -> None:
    from playwright.sync_api import sync_playwright

    statics.build()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(settings(folder) | {"ETRACKING_STAFF_SECOND_FACTOR": "false"})
        form = prepare()
        Staff.add("clerk@example.lu", "clerk", form.procedure.authority, PASSWORD)
        dossiers = announced(form, count)
        with serve() as site, sync_playwright() as starter:
            browser = starter.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(locale="en-GB")
            opened(page, site, "clerk@example.lu")
            print(work(page, sheets(create_app(), dossiers), count))
            browser.close()
        print(", ".join(f"{value} {name}" for name, value in counts(dossiers).items()))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else SHEETS)
