"""The app from its address in production, over real TLS behind a proxy, in a real Chromium."""

from urllib.parse import urlsplit

import pytest

from support.app_on_phone import CUT, ready, save, toast
from support.phone import NEEDED, opened, playwright
from support.production import HOST, SITE, behind_tls
from support.served import started
from support.site import PASSWORD

pytestmark = NEEDED
expect = playwright.expect


@pytest.fixture
def page(starter, production, certificate):
    """A page of a phone that knows the site under its own name."""
    with behind_tls(production, certificate) as address:
        way = f"--host-resolver-rules=MAP {HOST} {urlsplit(address).netloc}"
        with (
            started(starter, way, "--ignore-certificate-errors") as browser,
            opened(browser, SITE, CUT, worker=True, ignore_https_errors=True) as page,
        ):
            yield page


def test_app_installs_keeps_a_dossier_and_opens_without_network(page, dossier):
    save(page, dossier, "Flat")
    toast(page, "Saved on this device.")
    page.goto("/procedures")
    assert page.evaluate("isSecureContext") and page.evaluate(
        "navigator.serviceWorker.controller.scriptURL"
    ).startswith(SITE)
    cookies = page.context.cookies()
    page.context.set_offline(True)
    page.goto("/procedures/never-seen")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no network right now")
    page.goto("/saved")
    expect(page.locator(".saved > li")).to_contain_text("Flat")
    assert all(cookie["secure"] for cookie in cookies)


def test_forms_of_the_site_are_taken_from_a_real_browser(page, dossier, clerk):
    ready(page, "/t")
    page.locator("#number").fill(dossier.number)
    page.locator("main form button").first.click()
    expect(page).to_have_url(f"{SITE}/t/{dossier.number}")
    page.goto("/sign-in")
    page.locator("#email").fill(clerk.email)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page).to_have_url(f"{SITE}/desk/account")  # a password alone opens no more
    names = {cookie["name"] for cookie in page.context.cookies()}
    assert names == {"__Host-found", "__Host-etracking", "__Host-desk", "__Host-known"}
