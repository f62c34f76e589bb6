"""The page that opens the post, in a real browser, and what a clerk does there."""

import re

from models import Batch, today
from support.phone import playwright
from support.site import PASSWORD, cookies

expect = playwright.expect
QUEUE = "Object.keys(localStorage).find(key => /^etracking.post-bag.[^.]+$/.test(key))"  # its place on the device
SAID = re.compile(".")
HEARD = """() => {
    window.felt = [];
    navigator.vibrate = pattern => felt.push(String(pattern));
    window.heard = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (at) { heard++; return start.call(this, at) };
}"""


def prepare(page) -> None:
    """Count what is heard and felt."""
    page.add_init_script(f"({HEARD})()")


def signed_in(page, then: str = "**/desk") -> None:
    prepare(page)
    page.goto("/sign-in")
    page.locator("#email").fill("clerk@example.lu")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url(then)


def begun(page, app, clerk, scripted: bool = True):
    """The page to scan on, with a bag of today. The clerk has signed in before."""
    prepare(page)
    url = app.config["SITE_URL"]
    page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies(app, clerk)])
    Batch.open_bag(clerk, today())
    page.goto("/desk/post-bag")
    return listening(page) if scripted else page


def listening(page):
    """The page, once its script has come with all its parts: before that, Enter sends the form itself."""
    expect(page.locator("#state")).to_have_attribute("data-key", SAID)
    expect(page.locator("#text")).to_be_focused()
    return page


def scan(page, text: str) -> None:
    """As a hand scanner does: it types, and presses Enter."""
    page.keyboard.insert_text(text)
    page.keyboard.press("Enter")


def answered(page, title: str) -> None:
    expect(page.locator("#answer .outcome strong").first).to_have_text(title)


def waiting(page) -> int:
    return page.evaluate(f"JSON.parse(localStorage[{QUEUE}] || '[]').length")
