"""The page that opens the post, loaded again without a network; and nothing left of it afterwards."""

import pytest

from models import Batch, Dossier, Read, StaffSession, today
from support.app_on_phone import CUT, until
from support.living import served
from support.phone import NEEDED, opened, playwright
from support.post_bag_pages import scan, signed_in, waiting

pytestmark = NEEDED
expect = playwright.expect
KEPT = "caches.match('/desk/post-bag')"
STORED = """async () => {
    const cache = await caches.open("desk"), files = await cache.keys(), page = await cache.match("/desk/post-bag");
    return (await page.text()) + files.map(({url}) => url).join(" ");
}"""

OUTDATED = """async () => {
    const cache = await caches.open("desk"), page = await cache.match("/desk/post-bag"), headers = new Headers(page.headers);
    headers.set("Expires", new Date(Date.now() - 1000).toUTCString());
    await cache.put("/desk/post-bag", new Response(await page.text(), {headers}));
}"""


@pytest.fixture
def page(app, clerk, browser):
    with served(app) as site, opened(browser, site, expected=CUT, worker=True) as page:
        app.config["SITE_URL"] = site
        signed_in(page)
        yield page


def opened_and_kept(page):
    page.goto("/desk/post-bag")
    until(page, KEPT)


def test_page_opens_without_network_scans_and_sends_what_it_kept(page, clerk, form):
    numbers = [Dossier.announce(form, "en", f"key-{index}", []).number for index in range(3)]
    Batch.open_bag(clerk, today())
    opened_and_kept(page)
    stored = page.evaluate(STORED)
    assert "zxing_reader" in stored and 'name="csrf_token" value=""' in stored
    page.context.set_offline(True)
    page.goto("/desk/post-bag")
    expect(page.locator("#state")).to_contain_text("no connection")
    for index, number in enumerate(numbers[:2], 1):
        scan(page, number)
        expect(page.locator("#waiting")).to_contain_text(f"Waiting on this device: {index}")
    page.reload()
    expect(page.locator("#waiting")).to_contain_text("2")
    scan(page, numbers[2])
    expect(page.locator("#waiting")).to_contain_text("3")
    page.context.set_offline(False)
    expect(page.locator("#recorded")).to_have_text("3")
    assert waiting(page) == 0 and Read.select().count() == 3


@pytest.mark.parametrize("end", ["sign out", "ended elsewhere", "time"])
def test_nothing_of_it_is_left_once_the_session_is_over(page, clerk, end):
    Batch.open_bag(clerk, today())
    opened_and_kept(page)
    if end == "sign out":
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")
    elif end == "ended elsewhere":
        StaffSession.delete().execute()
        page.goto("/desk")
        page.wait_for_url("**/sign-in")
    else:
        page.evaluate(OUTDATED)
    page.context.set_offline(True)
    page.goto("/desk/post-bag")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no network right now")
    assert end == "time" or not page.evaluate(KEPT)
