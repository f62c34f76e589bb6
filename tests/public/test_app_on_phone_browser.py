"""The app in a real Chromium: dossiers kept on the device, pages without a network, a new release that waits."""

import json
import re
import threading
from dataclasses import replace

import pytest

from blueprints.public.pwa import Release
from models import Dossier, today
from models.dossiers.number import grouped
from support.living import served
from support.phone import NEEDED, chromium, opened, playwright
from support.site import signed_in
from web.state import state

pytestmark = NEEDED
expect = playwright.expect
CUT = "ERR_INTERNET_DISCONNECTED"  # the console's only complaint while the network is cut
SAVED = "JSON.parse(localStorage['etracking.saved'] ?? '{}')"
KEPT = """async () => {
  const all = await Promise.all((await caches.keys()).map(async name => (await caches.open(name)).keys()));
  return all.flat().map(({url}) => new URL(url).pathname);
}"""


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as starter, chromium(starter) as browser:
        yield browser


@pytest.fixture
def site(app):
    with served(app) as site:
        app.config["SITE_URL"] = site
        yield site


@pytest.fixture
def page(browser, site):
    with opened(browser, site, CUT) as page:
        yield page


UNTIL = """async () => {
  for (const start = performance.now(); !(await (CONDITION)); await new Promise(done => setTimeout(done, 20)))
    if (performance.now() - start > 15000) throw "never: CONDITION";
}"""


def until(page, condition: str) -> None:
    """Wait for what JavaScript says; `wait_for_function` may not, under our policy."""
    page.evaluate(UNTIL.replace("CONDITION", condition))


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


def test_dossier_is_saved_with_an_own_name_and_nothing_else_is_kept(page, dossier):
    ready(page, f"/t/{dossier.number}")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    save(page, dossier, "Mum’s visa")
    toast(page, "Saved on this device.")
    expect(page.get_by_text("This dossier is saved on this device")).to_be_visible()
    kept = page.evaluate(SAVED)
    assert set(kept) == {dossier.number} and kept[dossier.number]["name"] == "Mum’s visa"
    assert set(kept[dossier.number]) == {"name", "label", "status", "version", "seen", "at"}
    assert page.evaluate("Object.keys(localStorage)") == ["etracking.saved"] and not page.context.cookies()


def test_without_an_own_name_it_has_that_of_the_procedure(page, dossier):
    save(page, dossier)
    page.goto("/saved")
    expect(item(page).get_by_role("link")).to_have_text(dossier.form.procedure.title["en"])


def test_saved_dossiers_stand_on_top_of_the_home_page_and_can_be_renamed_without_network(page, dossier):
    save(page, dossier, "Flat")
    page.goto("/")
    expect(item(page)).to_contain_text("Flat")
    page.context.set_offline(True)
    page.goto("/saved")
    page.get_by_text("Rename, share or remove").click()
    page.get_by_label("Your own name for it").fill("Flat in Esch")
    page.get_by_role("button", name="Rename").click()
    expect(item(page).get_by_role("link")).to_have_text("Flat in Esch")
    assert page.evaluate(SAVED)[dossier.number]["label"] == "Not arrived yet"


def test_saved_dossiers_are_read_without_network_with_their_time(page, dossier):
    save(page, dossier, "Flat")
    page.context.set_offline(True)
    page.goto("/saved")
    expect(item(page)).to_contain_text("Not arrived yet")
    expect(item(page)).to_contain_text(re.compile(rf"{grouped(dossier.number)}\s+as of \d\d? \w+ 20\d\d, \d\d:\d\d"))
    page.goto(f"/t/{dossier.number}")  # the page itself is kept nowhere: the list stands in for it
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no network right now")
    expect(item(page)).to_contain_text("Not arrived yet")


def test_change_is_fetched_shown_as_new_counted_on_the_icon_and_seen_once(browser, app, site, dossier, clerk):
    with opened(browser, site, CUT) as page:
        page.add_init_script("navigator.setAppBadge = async count => { window.badge = count }")
        save(page, dossier, "Flat")
        page.goto("/saved")
        expect(item(page).get_by_text("New")).to_be_hidden()
        assert page.evaluate("badge") == 0
        signed_in(app, clerk)
        dossier.move("received", by=clerk, version=1, arrived_on=today())
        page.goto("/")
        expect(item(page)).to_contain_text("Arrived")
        expect(item(page).get_by_text("New")).to_be_visible()
        until(page, "window.badge === 1")
        item(page).get_by_role("link").click()
        until(page, "window.badge === 0")
        page.goto("/saved")
        expect(item(page).get_by_text("New")).to_be_hidden()


def test_one_or_all_are_removed(page, dossier, with_mail):
    save(page, dossier, "One")
    save(page, with_mail, "Two")
    page.goto("/saved")
    item(page).first.get_by_text("Rename, share or remove").click()
    item(page).first.get_by_role("button", name="Remove from this device").click()
    toast(page, "Removed from this device.")
    expect(item(page)).to_have_count(1)
    expect(page.locator("main")).to_be_focused()
    page.get_by_text("Remove all", exact=True).click()
    page.get_by_role("button", name="Remove all from this device").click()
    expect(page.get_by_text("Nothing is saved on this device yet")).to_be_visible()
    page.reload()
    assert page.evaluate(f"Object.keys({SAVED}).length") == 0


def test_removed_on_the_status_page_it_can_be_saved_again(page, dossier):
    save(page, dossier)
    page.get_by_role("button", name="Remove from this device").click()
    expect(page.get_by_role("button", name="Save on this device")).to_be_visible()
    page.get_by_role("link", name="Look again").click()  # and after htmx has changed the page
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("button", name="Save on this device").click()
    expect(page.get_by_text("This dossier is saved on this device")).to_be_visible()


def test_link_takes_the_dossiers_to_another_phone_and_the_server_never_sees_it(browser, site, page, dossier):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    save(page, dossier, "Mum’s visa & flat")
    page.goto("/saved")
    page.get_by_text("Move to another phone").click()
    page.get_by_role("button", name="Send or copy the link").click()
    toast(page, "Copied.")
    link = page.evaluate("navigator.clipboard.readText()")
    with opened(browser, site) as other:
        asked = []
        other.on("request", lambda request: asked.append(request.url))
        other.goto(link)
        expect(other.get_by_text("Save these dossiers on this device?")).to_be_visible()
        assert other.evaluate(f"Object.keys({SAVED}).length") == 0  # not before it is asked for
        other.get_by_role("button", name="Save on this device").click()
        expect(item(other)).to_contain_text("Mum’s visa & flat")
        expect(item(other)).to_contain_text("Not arrived yet")
        assert other.url == f"{site}/saved" and not [url for url in asked if "Mum" in url]


def test_link_with_anything_else_in_it_offers_nothing(page):
    ready(page, "/saved#javascript=alert&<b>=x&" + "Z" * 14 + "=y")
    expect(page.get_by_text("Nothing is saved on this device yet")).to_be_visible()
    expect(page.get_by_text("Save these dossiers on this device?")).to_be_hidden()


def test_code_for_the_other_phone_is_shown_in_the_page(page, dossier):
    save(page, dossier, "Flat")
    page.goto("/saved")
    page.get_by_text("Move to another phone").click()
    page.get_by_role("button", name="Show the code").click()
    expect(page.locator("#moving svg")).to_be_visible()
    assert page.url.endswith("/saved")


def test_one_dossier_is_shared_by_its_link(page, dossier):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    save(page, dossier)
    page.goto("/saved")
    page.get_by_text("Rename, share or remove").click()
    page.get_by_role("button", name="Share this dossier").click()
    toast(page, "Copied.")
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"/t/{dossier.number}")


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


def test_slow_network_shows_what_was_seen_before(app, page):
    ready(page, "/help")
    arrived, slow = threading.Event(), app.view_functions["site.help_page"]
    app.view_functions["site.help_page"] = lambda: arrived.wait(30) and slow()
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
    with opened(browser, site, user_agent=f"Mozilla/5.0 (iPhone) {agent}") as page:
        page.add_init_script("navigator.standalone = false")
        ready(page)
        expect(page.get_by_text("Add to Home Screen")).to_be_visible(visible=bool(shown))
