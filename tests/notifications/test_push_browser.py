"""News on the device in a real Chromium. No push service can be reached from here: the browser's own part is made up."""

import json

import pytest

from models import Contact, Subscription, db
from support.app_on_phone import until
from support.living import served
from support.phone import NEEDED, comes, opened, playwright
from support.push_stand_in import Device
from support.sending import close
from support.site import running

pytestmark = NEEDED
expect = playwright.expect
OFFER = "Tell me on this device"
# What the browser would answer if it could reach its push service; `refused` as if its user had said no.
BROWSER = """
let given = null;
const subscription = {toJSON: () => (GIVEN), unsubscribe: async () => given = null};
PushManager.prototype.getSubscription = async () => given;
PushManager.prototype.subscribe = async () => {
  await new Promise(done => setTimeout(done));  // it asks another process
  if (self.refused) throw new DOMException("no");
  return given = subscription;
};
"""


@pytest.fixture
def site(sqlite_url, push_service):
    app = running(sqlite_url, **push_service.settings)
    db.connect(reuse_if_open=True)
    with served(app) as site:
        app.config["SITE_URL"] = site
        yield site
    close()


@pytest.fixture
def page(browser, site, push_service):
    with opened(browser, site, worker=True) as page:
        device = Device(push_service.device().endpoint)
        keys = {name: device.gives[name] for name in ("p256dh", "auth")}
        given = json.dumps({"endpoint": device.endpoint, "keys": keys})
        page.add_init_script(BROWSER.replace("GIVEN", given))
        yield page


def test_one_tap_tells_this_device_and_another_stops_it(page, dossier, push_service):
    page.goto(f"/t/{dossier.number}")
    page.get_by_role("button", name=OFFER).click()
    expect(page.locator("#push [role=status]")).to_have_text("This device tells you of every step.")
    assert Subscription.get().endpoint == push_service.device().endpoint
    page.get_by_role("link", name="Look again").click()  # by htmx: the device still knows
    page.get_by_role("button", name="Tell me no more on this device").click()
    expect(page.locator("#push [role=status]")).to_contain_text("forgotten")
    assert not Contact.select().exists()
    page.get_by_role("button", name=OFFER).click()
    expect(page.get_by_role("button", name="Tell me no more on this device")).to_be_visible()


def test_browser_that_does_not_allow_it_says_where_to_change_that(page, dossier):
    page.goto(f"/t/{dossier.number}")
    page.evaluate("self.refused = true")
    page.get_by_role("button", name=OFFER).click()
    expect(page.locator("#push [role=status]")).to_contain_text("does not allow it")
    assert not Contact.select().exists()


def test_browser_that_cannot_is_offered_nothing(page, dossier):
    page.add_init_script("delete self.PushManager")
    page.goto(f"/t/{dossier.number}")
    expect(page.get_by_role("heading", name="Keep it at hand")).to_be_visible()
    expect(page.locator("#push")).to_be_hidden()


def test_worker_shows_the_news(browser, page, site, dossier):
    page.context.grant_permissions(["notifications"])
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => 0)")
    protocol = page.context.new_cdp_session(page)
    found = []
    protocol.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    protocol.send("ServiceWorker.enable")
    comes(page, lambda: found)
    news = {"title": "Your papers have arrived", "body": "Today.", "lang": "en", "page": f"/t/{dossier.number}"}
    registration = found[0]["registrationId"]
    protocol.send(
        "ServiceWorker.deliverPushMessage", {"origin": site, "registrationId": registration, "data": json.dumps(news)}
    )
    shown = "navigator.serviceWorker.ready.then(registration => registration.getNotifications())"
    until(page, f"{shown}.then(all => all.length)")
    told = page.evaluate(f"{shown}.then(all => all.map(one => [one.title, one.body, one.lang, one.tag, one.data]))")
    assert told == [[news["title"], "Today.", "en", news["page"], news["page"]]]


def test_subscription_that_the_browser_replaces_is_replaced_here(browser, page, site, dossier, push_service):
    page.goto(f"/t/{dossier.number}")
    page.get_by_role("button", name=OFFER).click()
    expect(page.locator("#push [role=status]")).to_have_text("This device tells you of every step.")
    old, new = push_service.device().endpoint, Device(f"{push_service.device().endpoint}-anew")
    comes(page, lambda: page.context.service_workers)
    worker = page.context.service_workers[0]
    worker.evaluate(
        """({old, given: {endpoint, ...keys}}) => {
          let done;
          const event = new ExtendableEvent("pushsubscriptionchange");
          Object.assign(event, {oldSubscription: {endpoint: old}, waitUntil: promise => done = promise,
                                newSubscription: {toJSON: () => ({endpoint, keys})}});
          dispatchEvent(event);
          return done;
        }""",
        {"old": old, "given": new.gives},
    )
    assert Subscription.get().endpoint == new.endpoint
