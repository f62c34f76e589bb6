"""A phone with a real Chromium, for the tests of what runs in the browser."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from support.living import CHROMIUM, PATIENCE
from support.served import ALONE
from web.static_files import SOURCES

playwright = pytest.importorskip("playwright.sync_api")
NEEDED = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
    pytest.mark.skipif(
        not (SOURCES / "vendor" / "zxing_reader.wasm").exists(), reason="`make install` has not been run"
    ),
]


@contextmanager
def opened(browser, site: str, expected: str = "nothing at all", worker: bool = False, **settings) -> Iterator:
    """A page in English, without the service worker unless a test is about it, or what it keeps.

    What the console complains about fails the test, the policy's violations first.
    """
    seen = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB", "reduced_motion": "reduce"}
    context = browser.new_context(base_url=site, **seen | settings)
    if not worker:
        context.add_init_script(ALONE)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if expected not in text] == []


def comes(page, what: Callable[[], object]) -> None:
    """Wait until there is `what` the browser has to tell us."""
    until = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < until, "the browser does not tell it"
        page.wait_for_timeout(20)  # lets it in


class Held:
    """A network that keeps the requests to `address` waiting until it is told what to do with them."""

    def __init__(self, page, address: str) -> None:
        self.page, self.routes = page, []
        page.route(address, lambda route: self.routes.append(route))

    def first(self):
        """The first of them; waits for it."""
        comes(self.page, lambda: self.routes)
        return self.routes[0]

    def let_go(self) -> None:
        """Let the first one through."""
        self.first().continue_()
