"""Fixtures: the site in a thread, with a dossier in every state, and Chromium to look at it. Loaded by `pytest_plugins`.

A browser test says `pytestmark = served.MARKS`.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from blueprints.public import captcha
from models import Dossier, Form, Procedure, db, today
from models.dossiers.moves import Move
from models.security import captcha as logic
from models.security import captcha_price
from support.living import CHROMIUM, PATIENCE, served
from support.sending import close
from support.site import PASSWORD, account, running

MARKS = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")]
# Without the service worker, which costs each fresh browser as much as ten pages, and stands between page and network.
ALONE = "if (navigator.serviceWorker) navigator.serviceWorker.register = () => new Promise(() => {})"
START = "/track/rent-subsidy/application"
PATHS = {
    "announced": (),
    "received": ("received",),
    "incomplete": ("received", "incomplete"),
    "decided": ("received", "examination", "decided"),
    "lapsed": ("lapsed",),
}


@contextmanager
def started(starter, *arguments: str) -> Iterator:
    """A Chromium, started by what `sync_playwright()` gives."""
    browser = starter.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *arguments])
    yield browser
    browser.close()


class Site:
    """The address of the site, and what there is to see on it."""

    def __init__(self, app, folder) -> None:
        self.app, self.folder, self.url = app, folder, ""
        self.form = (
            Form.select().join(Procedure).where(Procedure.slug == "rent-subsidy", Form.slug == "application").get()
        )
        self.clerk = account("clerk@example.lu", "clerk", self.form.procedure.authority)
        account("admin@example.lu", "admin", None)
        self.numbers = {status: self.dossier(status).number for status in PATHS}
        with app.app_context():
            self.token = self.dossier("announced").contacts.get().token
        self.cookies: dict[str, list] = {}

    def dossier(self, status: str) -> Dossier:
        """A new dossier, brought to `status`."""
        key = f"{status}-{Dossier.select().count()}"
        dossier = Dossier.announce(self.form, "en", key, [("email", "somebody@example.lu")])
        for to in PATHS[status]:
            more = {"arrived_on": today()} if to == "received" else {}
            if to == "incomplete":
                more = {
                    "missing": ["Copie du contrat de bail", "Mietvertrag"],
                    "until": today() + dt.timedelta(days=30),
                }
            dossier.move(Move(to, by=self.clerk, version=dossier.version, note="A note of the authority.", **more))
        return dossier

    def path(self, template: str) -> str:
        """An address with the number of a dossier in it: `/t/{received}`."""
        return template.format(token=self.token, **self.numbers)


@pytest.fixture(scope="module")
def site(stocked_sqlite, tmp_path_factory) -> Iterator[Site]:
    """One site for all tests of a module. Nobody is refused for asking often."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(stocked_sqlite, folder / "etracking.db")
    helpdesk = {"HELPDESK_PHONE": "+352 247 00000", "HELPDESK_EMAIL": "help@example.lu"}
    inbox = {"INBOX": True, "INBOX_DIR": str(folder / "inbox")}
    app = running(f"sqlite:///{folder}/etracking.db", **helpdesk, **inbox)
    db.connect(reuse_if_open=True)
    site = Site(app, folder)
    with pytest.MonkeyPatch.context() as patch, served(app) as site.url:
        patch.setattr(captcha, "LIMITS", dict.fromkeys(captcha.LIMITS, (10_000,) * 3))
        patch.setattr(captcha_price, "STEPS", ((10_000,) * 4,) * 3)
        yield site
    close()


@pytest.fixture(scope="session")
def starter() -> Iterator:
    """Playwright, which lets a process start it once only."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE * 1000)
    with sync_playwright() as starter:
        yield starter


@pytest.fixture(scope="session")
def browser(starter) -> Iterator:
    """Chromium, one for all tests of a process: each has a context of its own."""
    with started(starter) as browser:
        yield browser


@pytest.fixture(scope="session")
def chromium(starter, browser) -> Iterator[Callable]:
    """Chromium, once for each font size that a reader may have set: chromium(200) doubles it."""
    sizes: dict[int, object] = {100: browser}
    with ExitStack() as stack:

        def sized(percent: int = 100):
            if percent not in sizes:
                font = f"--blink-settings=defaultFontSize={16 * percent // 100}"
                sizes[percent] = stack.enter_context(started(starter, font))
            return sizes[percent]

        yield sized


@pytest.fixture
def look(chromium, site) -> Iterator[Callable]:
    """Opens a page: look(width=320, scheme="dark", language="fr", percent=200)."""
    opened = []

    def page(width=390, height=844, scheme="light", language="en", percent=100, **context):
        seen = {
            "viewport": {"width": width, "height": height},
            "color_scheme": scheme,
            "locale": language,
            "reduced_motion": "reduce",
        }
        opened.append(chromium(percent).new_context(base_url=site.url, **seen, **context))
        opened[-1].add_init_script(ALONE)
        return opened[-1].new_page()

    yield page
    for context in opened:
        context.close()


def pass_captcha(page, site: Site) -> None:
    """Go to the contact step, by the digits."""
    page.goto(START + "?code=1")
    token = page.locator("[name=captcha_token]").get_attribute("value")
    page.locator("#captcha-code").fill(logic.digits(logic.code_id(token)))
    page.locator("main form button").click()
    page.wait_for_url("**/contact")


def sign_in(page, site: Site, role: str = "clerk") -> None:
    """Sign in as the clerk, or as an administrator; for real once a module."""
    if role not in site.cookies:
        page.goto("/sign-in")
        page.locator("#email").fill(f"{role}@example.lu")
        page.locator("#password").fill(PASSWORD)
        page.locator("#password").press("Enter")
        page.wait_for_url("**/desk")
        site.cookies[role] = page.context.cookies()
    page.context.add_cookies(site.cookies[role])


def expect(of):
    from playwright.sync_api import expect

    return expect(of)


def heading(page):
    return page.get_by_role("heading", level=1)
