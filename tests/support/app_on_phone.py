"""What is done with the installed app, and what it keeps."""

from models import Dossier
from support.living import PATIENCE
from support.phone import playwright

expect = playwright.expect
CUT = "ERR_INTERNET_DISCONNECTED"  # the console's only complaint while the network is cut
SAVED = "JSON.parse(localStorage['etracking.saved'] ?? '{}')"
KEPT = """async () => {
  const all = await Promise.all((await caches.keys()).map(async name => (await caches.open(name)).keys()));
  return all.flat().map(({url}) => new URL(url).pathname);
}"""


UNTIL = """async () => {
  for (const start = performance.now(); !(await (CONDITION)); await new Promise(done => setTimeout(done, 20)))
    if (performance.now() - start > PATIENCE) throw "never: CONDITION";
}"""


def until(page, condition: str) -> None:
    """Wait for what JavaScript says; `wait_for_function` may not, under our policy."""
    page.evaluate(UNTIL.replace("CONDITION", condition).replace("PATIENCE", str(PATIENCE * 1000)))


def ready(page, path: str = "/") -> None:
    """Open `path` and wait until the worker is in charge: from then on the network may fail."""
    page.goto(path)
    page.evaluate("navigator.serviceWorker.ready")
    until(page, "navigator.serviceWorker.controller")


def save(page, dossier: Dossier, name: str = "") -> None:
    """Save `dossier` on the device, and wait until where it stands is saved with it."""
    ready(page, f"/t/{dossier.number}")
    page.get_by_label("Your own name for it").fill(name)
    page.get_by_role("button", name="Save on this device").click()
    until(page, f"{SAVED}['{dossier.number}']?.at")


def item(page):
    return page.locator(".saved > li")


def toast(page, text: str) -> None:
    expect(page.locator(".toast")).to_contain_text(text)
