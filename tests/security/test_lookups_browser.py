"""The price of a look-up in a real browser: it solves the challenge, and is not asked again."""

from playwright.sync_api import expect

from models.dossiers.number import new_number
from models.security import lookups
from support import served
from support.visitor import Visitor

pytestmark = served.MARKS


def test_browser_pays_for_a_number_once_while_strangers_guess(browser, site, monkeypatch):
    monkeypatch.setitem(lookups.PER_MINUTE, lookups.FREE, 1)
    Visitor(site.app, address="203.0.113.9").open(f"/t/{new_number()}")
    page = browser.new_context(base_url=site.url).new_page()
    page.goto(site.path("/t/{announced}"))
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step to your dossier")
    page.get_by_label("I am a human").check()
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not arrived yet")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not arrived yet")
    page.context.close()
