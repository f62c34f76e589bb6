"""Draw the icons from static/icon.svg, and take the pictures of the site.

A phone shows some of them before it installs the app; the one of the desk is for the README.

`PYTHONPATH=.:tests python -m support.pictures`, after a change of the icon or of how the site looks. They are committed.
"""

import io
import re
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from paths import ROOT
from support.living import service
from support.served import started

STATIC = ROOT / "static"
LANGUAGES = ("de", "fr", "en", "lb")
FRAME = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><circle cx="48" cy="48" r="48" fill="#14375e"/>{}</svg>'
LINES = '<g fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round" stroke-linejoin="round">{}</g>'
SHORTCUTS = {
    "find": '<circle cx="43" cy="43" r="17"/><path d="m56 56 15 15"/>',
    "saved": '<path d="M33 26h30v44L48 58 33 70z"/>',
    "look-up": '<path d="M40 27 36 69M60 27l-4 42M28 40h42M26 56h42"/>',
}


def main() -> None:
    with sync_playwright() as starter, started(starter) as browser:
        draw_icons(browser)
        with tempfile.TemporaryDirectory() as folder, service(Path(folder), INBOX=True, MAIL_SENDER="") as running:
            told = running.flask("demo")
            number = re.search(r"examination\s+(\S+)", told)[1]
            for language in LANGUAGES:
                take_screens(browser, running.url, language, number)
            take_desk(browser, running.url, *re.search(r"clerk\s+(\S+)\s+(\S+)", told).groups())


def draw_icons(browser: Browser) -> None:
    icon = (STATIC / "icon.svg").read_text()
    square = icon.replace(' rx="104"', "")
    safe = square.replace("<g", '<g transform="translate(41 41) scale(.84)"><g', 1).replace("</svg>", "</g></svg>")
    drawings = {f"icon-{size}": (icon, size) for size in (192, 512)}
    drawings |= {"maskable-512": (safe, 512), "apple-180": (square, 180)}
    drawings |= {f"{name}-96": (FRAME.format(LINES.format(lines)), 96) for name, lines in SHORTCUTS.items()}
    (STATIC / "icons").mkdir(exist_ok=True)
    page = browser.new_page()
    for name, (svg, size) in drawings.items():
        page.set_viewport_size({"width": size, "height": size})
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block; width: 100vw }}</style>{svg}")
        save(page.screenshot(omit_background=svg not in (square, safe)), STATIC / "icons" / f"{name}.png")


def take_screens(browser: Browser, site: str, language: str, number: str) -> None:
    phone = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, locale=language)
    desktop = browser.new_context(viewport={"width": 1280, "height": 800}, locale=language)
    for context, path, name in (
        (phone, "/", "home-narrow"),
        (phone, f"/t/{number}", "status-narrow"),
        (desktop, "/", "home-wide"),
    ):
        page = context.new_page()
        page.goto(f"{site}{path}?lang={language}", wait_until="networkidle")
        save(page.screenshot(), STATIC / "screenshots" / f"{name}-{language}.png")
        page.close()
    phone.close()
    desktop.close()


def take_desk(browser: Browser, site: str, email: str, password: str) -> None:
    """The work list of a clerk, for the README."""
    page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en")
    page.goto(f"{site}/sign-in")
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.locator("#password").press("Enter")
    page.wait_for_url("**/desk")
    page.evaluate("document.activeElement.blur()")
    save(page.screenshot(), STATIC / "screenshots" / "desk.png")
    page.close()


def save(png: bytes, path: Path) -> None:
    """With 128 colours a quarter of the bytes, and no difference to be seen."""
    image = Image.open(io.BytesIO(png))  # RGBA where something shines through, else RGB
    image.quantize(128, Image.Quantize.FASTOCTREE if image.mode == "RGBA" else None).save(path, optimize=True)


if __name__ == "__main__":
    main()
