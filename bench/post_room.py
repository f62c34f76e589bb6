"""make bench: 200 sheets, photographed badly, held before the page that opens the post, in a driven Chromium.

`bench.photograph` turns, tilts, blurs, shadows and spoils each printed sheet, with a fixed seed. A canvas stands for
the camera, as sharp as the page asks for; all else is the real page, reader and server. A clerk who gets no answer
takes another picture, up to three. In the middle the network is cut for a while. `python -m bench.post_room 12`
does it with twelve sheets.
"""

import base64
import os
import random
import secrets
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import Flask
from PIL import Image

from app import create_app
from bench.photograph import DPI, photograph
from bench.serving import prepare, serve, settings
from models import Dossier, Event, Form, Notification, Read
from models.staff import accounts
from paper.forms import render
from web import static_files as statics
from wording import sheets as printing

SHEETS, PICTURES, PATIENCE = 200, 3, 1500  # PATIENCE: milliseconds before the next picture is taken
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# From picture to answer: the code is found, the server answers, the page shows it. Without a network, or when the
# server is slow, the first answer is that the reading is kept on the device.
PARTS = ("found", "answered", "shown", "in all", "kept")
PASSWORD = "correct horse battery"
CAMERA = """() => {
    const canvas = document.createElement("canvas"), send = fetch;
    let image = canvas, width, height, asked, answered;
    navigator.mediaDevices.getUserMedia = async ({video}) => {
        width = canvas.width = video.width;
        height = canvas.height = width * 9 / 16;
        const context = canvas.getContext("2d"), stream = canvas.captureStream(0), [track] = stream.getTracks();
        setInterval(() => {
            context.drawImage(image, 0, 0);
            track.requestFrame();
        }, 33);
        return stream;
    };
    navigator.serviceWorker.register = () => new Promise(() => {});
    window.fetch = async (...request) => {
        asked = performance.now();
        try {
            return await send(...request);
        } finally {
            answered = performance.now();
        }
    };
    window.hold = async (picture, patience) => {
        const bytes = Uint8Array.from(atob(picture), sign => sign.charCodeAt());
        const taken = await createImageBitmap(new Blob([bytes]), {resizeWidth: width, resizeHeight: height});
        const answer = document.querySelector("#answer"), before = answer.firstElementChild;
        const start = performance.now();
        image = taken;
        while (answer.firstElementChild === before && performance.now() - start < patience)
            await new Promise(requestAnimationFrame);
        const shown = performance.now(), now = answer.firstElementChild;
        if (now === before) return null;
        if (now.dataset.kept) return {kept: shown - start};
        return {found: asked - start, answered: answered - asked, shown: shown - answered, "in all": shown - start};
    };
}"""


class Outcome(NamedTuple):
    """How many pictures each sheet that was read needed, and how many milliseconds each part took."""

    sheets: int
    pictures: list[int]
    times: list[dict[str, float]]

    def __str__(self) -> str:
        needed = ", ".join(f"{count} by picture {tries}" for tries, count in sorted(Counter(self.pictures).items()))
        lines = [f"{len(self.pictures)} of {self.sheets} sheets read: {needed}", "ms           median   95 %    max"]
        for part in PARTS:
            if spent := sorted(times[part] for times in self.times if part in times):
                late = spent[len(spent) * 19 // 20]
                lines.append(f"{part:12} {statistics.median(spent):6.0f} {late:6.0f} {spent[-1]:6.0f}")
        return "\n".join(lines)


def sheets(app: Flask, dossiers: list[Dossier]) -> Iterator[Image.Image]:
    """The printed sheet of each dossier, as it comes out of the printer."""
    with app.test_request_context():
        for dossier in dossiers:
            with render.opened(printing.sheet_pdf(dossier, "de")) as document:
                yield render.draw(document, 0, DPI)


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
    page.locator("#state[data-key]").wait_for()  # its script has come
    page.locator("#camera [data-step=toggle]").click()
    page.get_by_text("The camera is on").wait_for()


def work(page: Any, drawn: Iterator[Image.Image], count: int, seed: int = 1984, patience: int = PATIENCE) -> Outcome:
    """Hold one sheet after the other before the camera; from 2/5 to 3/5 of them there is no network."""
    chance, pictures, times = random.Random(seed), [], []
    for index, sheet in enumerate(drawn):
        cut = count * 2 // 5 <= index < count * 3 // 5
        page.context.set_offline(cut)
        if not cut:
            sent(page)  # what is answered from here on is what is held before the camera
        for tries in range(1, PICTURES + 1):
            picture = base64.b64encode(photograph(sheet, chance)).decode()
            if spent := page.evaluate("([picture, patience]) => hold(picture, patience)", [picture, patience]):
                pictures.append(tries)
                times.append(spent)
                break
    sent(page)
    return Outcome(count, pictures, times)


def sent(page: Any) -> None:
    """Wait until nothing is left on the device."""
    page.wait_for_selector("#waiting", state="hidden")


def counts(dossiers: list[Dossier]) -> dict[str, int]:
    """What the database says; all of them must be the same."""
    received = Event.select().where(Event.kind == "received")
    return {
        "reads": Read.select().where(Read.outcome == "arrived").count(),
        "dossiers": Dossier.select().where(Dossier.id.in_(dossiers), Dossier.status == "received").count(),
        "arrivals": received.count(),
        "messages": Notification.select().where(Notification.event.in_(received)).count(),
    }


def main(count: int) -> None:
    from playwright.sync_api import sync_playwright

    statics.build()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(settings(folder) | {"ETRACKING_STAFF_SECOND_FACTOR": "false"})
        form = prepare()
        accounts.add("clerk@example.lu", "clerk", form.procedure.authority, PASSWORD)
        dossiers = announced(form, count)
        with (running := serve()) as site, sync_playwright() as starter:
            browser = starter.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(locale="en-GB")
            opened(page, site, "clerk@example.lu")
            before = sum(running.spent())
            print(work(page, sheets(create_app(), dossiers), count))
            print(f"processor time of the server: {(sum(running.spent()) - before) * 1000 / count:.0f} ms a sheet")
            browser.close()
        print(", ".join(f"{value} {name}" for name, value in counts(dossiers).items()))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else SHEETS)
