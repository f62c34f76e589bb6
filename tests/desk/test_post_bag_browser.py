"""Opening the post in a real Chromium: camera, hand scanner, keyboard; and a network that fails."""

from contextlib import suppress

import pytest

from models import Batch, Dossier, Event, Notification, Read, today
from models.dossiers.moves import Move
from models.dossiers.number import grouped
from support.camera import code
from support.living import served
from support.phone import NEEDED, Held, opened, playwright
from support.post_bag_pages import QUEUE, answered, begun, listening, scan, signed_in, waiting

pytestmark = NEEDED
expect = playwright.expect
MOVED = """bag => {   // the first reading that waits, to another bag; answers the one that it was of
    const key = QUEUE;
    return navigator.locks.request(key, () => {   // not while the page tries to send them
        const readings = JSON.parse(localStorage[key]), before = readings[0].bag;
        readings[0].bag = bag;
        localStorage[key] = JSON.stringify(readings);
        return before;
    });
}""".replace("QUEUE", QUEUE)


@pytest.fixture
def site(app, clerk):
    with served(app) as site:
        app.config["SITE_URL"] = site
        yield site


@pytest.fixture
def page(browser, app, site, clerk):
    with opened(browser, site, expected="Failed to load resource") as page:
        yield begun(page, app, clerk)


@pytest.fixture
def dossiers(form) -> list[Dossier]:
    return [Dossier.announce(form, "en", f"key-{index}", [("email", "a@example.org")]) for index in range(5)]


def cut(page) -> None:
    page.route("**/reads", lambda route: route.abort("internetdisconnected"))


def restored(page) -> None:
    page.unroute("**/reads")
    page.evaluate("dispatchEvent(new Event('online'))")


def test_reading_is_heard_felt_seen_and_said_and_the_field_is_ready(page, dossiers):
    scan(page, dossiers[0].number)
    answered(page, "Arrived")
    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#recorded")).to_have_text("1")
    assert page.evaluate("[heard > 0, felt.at(-1)]") == [True, "60"]  # while it is slow, it is announced
    scan(page, "K7Q2")
    answered(page, "Not a whole number")
    assert page.evaluate("[heard > 1, felt.at(-1)]") == [True, "350"]


def test_sound_can_be_switched_off(page, dossiers):
    page.get_by_label("Sound").uncheck()
    page.locator("#text").focus()
    scan(page, dossiers[0].number)
    answered(page, "Arrived")
    assert page.evaluate("[heard, felt.at(-1)]") == [0, "60"]


def test_next_step_by_the_keyboard_alone(page, dossiers, clerk):
    dossiers[0].move(Move("received", by=clerk, version=1, arrived_on=today()))
    scan(page, dossiers[0].number)
    answered(page, "Already here")
    page.get_by_role("button", name="Record further papers").focus()
    page.keyboard.press("Enter")
    answered(page, "Further papers recorded")
    expect(page.locator("#text")).to_be_focused()


def test_what_is_missing_is_asked_for_by_the_keyboard_and_what_was_not_sent_stays(page, dossiers):
    scan(page, dossiers[0].number)
    answered(page, "Arrived")
    box = page.locator("#answer fieldset [type=checkbox]").nth(1)
    box.press("Space")
    page.locator("#answer .envelope button").first.press("Enter")
    answered(page, "Arrived, and asked for what is missing")
    expect(page.locator("#text")).to_be_focused()
    assert Dossier.get_by_id(dossiers[0].id).status == "incomplete"
    scan(page, dossiers[1].number)
    expect(page.locator("#attention .read")).to_have_count(0)
    expect(page.locator("#answer .number").first).to_have_text(grouped(dossiers[1].number))
    box.press("Space")
    scan(page, dossiers[2].number)
    expect(page.locator("#attention .read")).to_have_count(1)
    waits = page.locator("#attention .read")
    expect(waits.locator("fieldset [type=checkbox]").nth(1)).not_to_be_checked()
    expect(page.locator("#attention [role=alert]")).to_contain_text("was not asked for")
    page.wait_for_function("() => felt.at(-1) === '60,60,60'")  # look at the screen
    waits.get_by_label("To arrive by").evaluate("day => day.value = ''")
    waits.locator(".envelope button").first.press("Enter")
    expect(page.get_by_label("To arrive by").last).to_be_focused()
    assert Dossier.get_by_id(dossiers[1].id).status == "received"


def test_what_is_still_to_look_at_comes_back_after_a_reload_until_it_is_ticked_off(page, dossiers):
    scan(page, "K7Q2")
    answered(page, "Not a whole number")
    scan(page, dossiers[0].number)
    answered(page, "Arrived")
    page.locator("#answer fieldset [type=checkbox]").nth(1).uncheck()
    scan(page, dossiers[1].number)
    answered(page, "Arrived")
    scan(page, "where is it")
    answered(page, "Not a whole number")
    open_ones = page.locator("#attention .read")
    expect(open_ones).to_have_count(2)
    page.reload()
    expect(open_ones).to_have_count(3)  # the latest answer, too
    expect(page.locator("#attention [role=alert]")).to_have_count(1)
    arrived = page.locator("#attention .attended", has_text=grouped(dossiers[0].number))
    arrived.locator("fieldset [type=checkbox]").nth(1).uncheck()
    arrived.get_by_role("button", name="Ask for what is missing").click()
    expect(arrived).to_contain_text("Arrived, and asked for what is missing")
    expect(page.locator("#attention [role=alert]")).to_have_count(0)
    expect(page.locator("#answer .read")).to_have_count(0)
    page.locator("#attention .attended", has_text="Not a whole number").first.get_by_role("button", name="Done").click()
    expect(open_ones).to_have_count(2)
    page.reload()
    expect(open_ones).to_have_count(1)
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#attention")).to_be_hidden()
    assert page.evaluate("Object.keys(localStorage).map(key => localStorage[key]).join()").count("-") == 0


def test_network_fails_in_the_middle_and_nothing_is_lost_or_doubled(page, dossiers):
    scan(page, dossiers[0].number)
    answered(page, "Arrived")
    cut(page)
    for dossier in dossiers[1:3]:
        scan(page, dossier.number)
        answered(page, "Read, and kept on this device")
    expect(page.locator("#waiting")).to_contain_text("Waiting on this device: 2")
    page.wait_for_function("() => felt.length >= 3")  # each was felt, and one that is slow twice
    page.reload()
    expect(page.locator("#waiting")).to_contain_text("2")
    scan(page, dossiers[3].number)
    expect(page.locator("#waiting")).to_contain_text("3")
    restored(page)
    expect(page.locator("#waiting")).to_be_hidden()
    expect(page.locator("#recorded")).to_have_text("4")
    assert waiting(page) == 0 and Read.select().count() == 4
    received = Event.select().where(Event.kind == "received")
    assert received.count() == Notification.select().where(Notification.event.in_(received)).count() == 4


def test_page_without_network_says_what_waits_on_the_device(page, dossiers):
    page.goto("/offline")
    expect(page.locator("[data-scanned]")).to_be_hidden()
    page.goto("/desk/post-bag")
    listening(page)
    cut(page)
    for dossier in dossiers[:2]:
        scan(page, dossier.number)
        answered(page, "Read, and kept on this device")
    page.goto("/offline")
    expect(page.locator("[data-scanned]")).to_contain_text("Waiting on this device: 2. What was scanned")
    page.unroute("**/reads")
    page.goto("/desk/post-bag")
    answered(page, "Arrived")
    expect(page.locator("#recorded")).to_have_text("2")


def test_answer_that_is_slow_is_not_taken_for_a_network_that_is_not_there(page, dossiers):
    held = Held(page, "**/reads")
    scan(page, dossiers[0].number)
    answered(page, "Read, and kept on this device")
    expect(page.locator("#answer")).not_to_contain_text("There is no connection")
    held.let_go()
    answered(page, "Arrived")


def test_answer_that_has_come_is_not_hidden_by_the_word_that_it_is_late(page, dossiers):
    page.evaluate(
        """() => {
            const ask = LockManager.prototype.request;
            LockManager.prototype.request = async function (...wish) {
                await ask.apply(this, wish);
                await new Promise(() => {});   // the browser is slow to tell that all is sent
            };
        }"""
    )
    scan(page, dossiers[0].number)
    answered(page, "Arrived")
    page.evaluate("new Promise(done => setTimeout(done, 150))")  # not before what the page itself has timed
    assert page.locator("#answer .outcome strong").all_inner_texts() == ["Arrived"]


def test_answer_that_is_lost_on_its_way_does_not_double_the_reading(page, dossiers):
    def lose(route):
        route.fetch()
        with suppress(playwright.Error):  # "already handled": the page has given up waiting, on a slow machine
            route.abort("connectionreset")

    page.route("**/reads", lose)
    scan(page, dossiers[0].number)
    answered(page, "Read, and kept on this device")
    restored(page)
    answered(page, "Arrived")
    assert Read.select().count() == 1 and Dossier.get_by_id(dossiers[0].id).version == 2


def test_signed_out_in_the_meantime_keeps_what_was_scanned(page, dossiers):
    page.context.clear_cookies(name="desk")
    scan(page, dossiers[0].number)
    expect(page.locator("#waiting")).to_contain_text("You are signed out")
    assert waiting(page) == 1
    signed_in(page, then="**/desk/post-bag")  # it is led back
    answered(page, "Arrived")
    assert Read.select().count() == 1 and waiting(page) == 0


def test_what_the_server_refuses_stays_and_does_not_hold_the_others_up(page, dossiers):
    cut(page)
    for dossier in dossiers[:2]:
        scan(page, dossier.number)
        answered(page, "Read, and kept on this device")
    bag = page.evaluate(MOVED, "999")
    page.unroute("**/reads")
    with page.expect_event("console", lambda notification: "404" in notification.text):
        page.evaluate("dispatchEvent(new Event('online'))")
    answered(page, "Arrived")
    expect(page.locator("#waiting")).to_contain_text("Waiting on this device: 1")
    assert Dossier.get_by_id(dossiers[1].id).status == "received"
    expect(page.locator("#attention .read")).to_have_count(1)
    page.evaluate(MOVED, bag)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#attention")).to_be_hidden()
    assert Dossier.get_by_id(dossiers[0].id).status == "received" and waiting(page) == 0


def test_camera_reads_one_code_once(with_camera, app, site, clerk, dossiers):
    picture = code(f"HTTP://LOCALHOST/T/{dossiers[0].number}")
    with opened(with_camera(picture), site) as page:
        begun(page, app, clerk)
        page.get_by_role("button", name="Start the camera").click()
        answered(page, "Arrived")
        expect(page.locator("#answer")).to_be_in_viewport()
        page.get_by_role("button", name="Stop the camera").click()
        assert Read.select().count() == 1


def test_foreign_code_before_the_camera_is_ignored_with_a_word(with_camera, app, site, clerk):
    with opened(with_camera(code("https://example.org/a-parcel")), site) as page:
        begun(page, app, clerk)
        page.get_by_role("button", name="Start the camera").click()
        expect(page.locator("#camera [role=status]")).to_contain_text("not one of ours")
        assert not Read.select().count() and Batch.select().count() == 1


def test_without_javascript_it_is_a_form(browser, app, site, clerk, dossiers):
    with opened(browser, site, java_script_enabled=False) as page:
        begun(page, app, clerk, scripted=False)
        expect(page.locator("#text")).to_be_focused()
        scan(page, dossiers[0].number)
        answered(page, "Arrived")
        expect(page.locator("#text")).to_be_focused()
        expect(page.get_by_role("button", name="Start the camera")).to_be_hidden()
