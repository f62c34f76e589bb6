"""The app without a network, a new release that waits, the way to the home screen; in a real Chromium."""

import json
import re
import threading
from dataclasses import replace

import pytest

from blueprints.public.pwa import Release
from models.dossiers.number import grouped
from support.app_on_phone import KEPT, ready, save, toast, until
from support.phone import NEEDED, opened, playwright
from web.state import state

pytestmark = NEEDED
expect = playwright.expect


def test_what_was_seen_is_read_without_network_and_what_was_not_leads_to_the_offline_page(page, dossier):
    ready(page, "/procedures/rent-subsidy")
    page.goto("/procedures/entry-visa")
    page.context.set_offline(True)
    for path, title in [
        ("/", "Follow your paper form"),
        ("/help", "Help"),
        ("/saved", "My dossiers"),
        ("/procedures/rent-subsidy", "Apply for a rent subsidy"),
    ]:
        assert page.goto(path).status == 200
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
    for path in ("/procedures", "/procedures?q=x", "/t", "/sign-in", "/nothing"):
        assert page.goto(path).status == 200
        expect(page.get_by_role("heading", level=1)).to_have_text("There is no network right now")
    expect(page.get_by_role("link", name="Apply for a rent subsidy")).to_be_visible()
    expect(page.get_by_role("link", name="Pension commission")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.card, h1')).fontFamily").startswith("system-ui")


def test_no_dossier_no_form_no_search_and_no_part_of_a_page_is_ever_kept(page, dossier):
    save(page, dossier)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    for path in ("/track/rent-subsidy/application", "/t", "/sign-in", "/procedures?q=rent"):
        page.goto(path)
    page.get_by_label("Language").get_by_role("link").first.click()
    page.goto("/procedures")
    until(page, "caches.match('/de/procedures')")
    kept = page.evaluate(KEPT)
    assert all(re.match(r"/static/|/offline$|/(en|de)/(saved|help|procedures)?$", path) for path in kept), kept
    assert "/en/" in kept and "/de/procedures" in kept


def test_each_language_has_its_own_pages_without_network(page):
    ready(page, "/procedures")
    page.goto("/procedures?lang=fr")
    until(page, "caches.match('/fr/help')")
    page.context.set_offline(True)
    for path in ("/help", "/procedures", "/procedures/never-seen"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.goto("/procedures?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_slow_network_shows_what_was_seen_before(app, page, monkeypatch):
    ready(page, "/help")
    arrived, slow = threading.Event(), app.view_functions["information.help_page"]
    monkeypatch.setitem(app.view_functions, "information.help_page", lambda: arrived.wait(30) and slow())
    page.goto("/help")
    expect(page.get_by_role("heading", level=1)).to_have_text("Help")
    assert not arrived.is_set()
    arrived.set()


def test_new_release_waits_says_so_and_comes_at_a_tap(app, page):
    ready(page, "/t")
    page.get_by_label("Your eTracking number").fill("K7Q2")
    old = page.evaluate("caches.keys()")
    kept = state(app)
    kept.replace(replace(kept.cache(Release), version="next"))
    page.evaluate("navigator.serviceWorker.getRegistration().then(found => found.update()).then(() => 1)")
    toast(page, "A new version is ready.")
    expect(page.get_by_label("Your eTracking number")).to_have_value("K7Q2")  # nothing was reloaded
    with page.expect_navigation():
        page.get_by_role("button", name="Reload").click()
    expect(page.locator("[data-release]")).to_be_hidden()
    until(page, "caches.keys().then(names => names.length === 1)")
    assert page.evaluate("caches.keys()") == ["etracking-next"] != old


def test_number_sent_without_network_stays_and_is_sent_later(page, dossier):
    ready(page, "/")
    page.context.set_offline(True)
    page.get_by_label("Your eTracking number").fill(dossier.number)
    page.get_by_role("button", name="Look up").click()
    toast(page, "There is no network right now.")
    page.goto("/help")
    page.goto("/")
    expect(page.get_by_label("Your eTracking number")).to_have_value(grouped(dossier.number))
    page.get_by_role("button", name="Look up").click()
    page.context.set_offline(False)
    toast(page, "The network is back.")
    page.get_by_role("button", name="Look up").click()
    page.wait_for_url(f"**/t/{dossier.number}")
    assert page.evaluate("sessionStorage.length") == 0


def test_line_that_is_cut_without_a_word_leads_to_the_offline_page_and_what_was_typed_comes_back(page, site):
    ready(page, "/t")
    page.evaluate("Object.defineProperty(Navigator.prototype, 'onLine', {get: () => true})")  # as in a lift
    page.context.set_offline(True)
    page.get_by_label("Your eTracking number").fill("K7Q2-MX4P-9TRWY")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no network right now")
    assert json.loads(page.evaluate("sessionStorage['etracking.typed']"))[1] is False
    page.context.set_offline(False)
    page.goto("/t")
    expect(page.get_by_label("Your eTracking number")).to_have_value("K7Q2-MX4P-9TRWY")


def test_contact_form_begun_without_network_is_kept_and_sent_later(page):
    ready(page, "/track/rent-subsidy/application")
    page.get_by_label("I am a human").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("By e-mail").check()
    page.get_by_label("E-mail address").fill("citizen@example.lu")
    page.context.set_offline(True)
    page.get_by_role("button", name="Get my number").click()
    toast(page, "There is no network right now.")
    typed = page.evaluate("sessionStorage['etracking.typed']")
    assert "citizen@example.lu" in typed and "csrf" not in typed
    page.context.set_offline(False)
    toast(page, "The network is back.")
    page.reload()
    expect(page.get_by_label("E-mail address")).to_have_value("citizen@example.lu")
    expect(page.get_by_label("By e-mail")).to_be_checked()
    page.get_by_role("button", name="Get my number").click()
    page.wait_for_url("**/t/*")
    assert page.evaluate("sessionStorage.length") == 0 and "citizen" not in page.evaluate(
        "JSON.stringify(localStorage)"
    )


def test_home_screen_is_offered_once_until_it_is_tapped_away(page):
    ready(page)
    hint = page.get_by_text("Put eTracking on your home screen").filter(visible=True)
    expect(hint).to_have_count(0)
    offer = "dispatchEvent(Object.assign(new Event('beforeinstallprompt', {cancelable: true}), {prompt: () => window.asked = 1}))"
    assert page.evaluate(offer) is False  # the browser's own banner is held back
    expect(hint).to_have_count(1)
    page.get_by_role("button", name="Put it there").click()
    assert page.evaluate("asked") == 1
    page.get_by_role("button", name="No, thank you").click()
    expect(hint).to_have_count(0)
    page.reload()
    page.evaluate(offer)
    expect(hint).to_have_count(0)


@pytest.mark.parametrize(("agent", "shown"), [("Safari/604.1", 1), ("CriOS/130 Safari/604.1", 0)])
def test_home_screen_is_explained_on_ios_where_nothing_offers_it(browser, site, agent, shown):
    with opened(browser, site, worker=True, user_agent=f"Mozilla/5.0 (iPhone) {agent}") as page:
        page.add_init_script("navigator.standalone = false")
        ready(page)
        expect(page.get_by_text("Add to Home Screen")).to_be_visible(visible=bool(shown))
