"""A phone with a real Chromium, for the tests of what runs in the browser."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.living import CHROMIUM
from web.static_files import SOURCES

playwright = pytest.importorskip("playwright.sync_api")
playwright.expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong
NEEDED = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
    pytest.mark.skipif(
        not (SOURCES / "vendor" / "zxing_reader.wasm").exists(), reason="`make install` has not been run"
    ),
]


@contextmanager
def opened(browser, site: str, expected: str = "nothing at all", **settings) -> Iterator:
    """A page in English. What the console complains about fails the test, the policy's violations first."""
    context = browser.new_context(base_url=site, viewport={"width": 390, "height": 844}, locale="en-GB", **settings)
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints = []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if expected not in text] == []
