"""Hand scanners before the page that opens the post, in a real Chromium: none of their codes is lost in silence."""

from collections.abc import Callable, Iterator

import pytest

from models import Dossier, Event, Read, today
from models.dossiers.number import new_number, parse
from support.living import served
from support.phone import NEEDED, opened, playwright
from support.post_bag_pages import answered, begun, waiting
from support.scanner import FRENCH_LOCKED, GERMAN, SCANNERS, Scanner, stopped

pytestmark = NEEDED
expect = playwright.expect
PLACES = (
    "h1",
    "#sound",
    "#postmark_on",
    "#reading summary",
    "#reading button",
    "#camera button >> nth=0",
    ".post > .buttons a >> nth=0",
)
DAY_LATER = """() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 36 * 3600 * 1000;
}"""
FULL = """() => {
    for (let size = 2 ** 22, at = 0; size >= 1; at++)
        try { localStorage["filler" + at] = "x".repeat(size) } catch { size /= 2 }
}"""
ENTER = Scanner("Enter")
SILENT = Scanner("nothing", suffix=())


@pytest.fixture
def page(app, clerk, browser):
    with served(app) as site, opened(browser, site, expected="Failed to load resource") as page:
        app.config["SITE_URL"] = site
        page.clock.install()
        yield begun(page, app, clerk)


@pytest.fixture
def new(form) -> Callable[[], str]:
    """Gives the number of a new dossier with each call."""
    numbers = (Dossier.announce(form, "en", f"key-{index}", []).number for index in range(1000))
    return lambda: next(numbers)


def url(number: str) -> str:
    return f"HTTP://A.LU/T/{number}"


def envelope(*numbers: str) -> str:
    return f"HTTP://A.LU/E/{'+'.join(numbers)}"


def spelled_otherwise(number: str) -> bool:
    """True if what a German keyboard makes of this number is another number."""
    return parse(number.translate(GERMAN)) not in (None, number)


def focus(page, place: str) -> None:
    """Put the focus there, as by a click or the Tab key; a click on text takes it away from where it was."""
    page.locator("#reading details").evaluate("part => part.open = true")
    page.locator(place).evaluate("part => part.tabIndex < 0 ? document.activeElement.blur() : part.focus()")


def places() -> Iterator[str]:
    while True:
        yield from PLACES


def test_three_envelopes_in_a_row_by_each_scanner_wherever_the_focus_is(page, new):
    stopped(page)
    recorded, anywhere = 0, places()
    for scanner in SCANNERS:
        for _envelope in range(3):
            focus(page, "#text" if scanner.whole == "input" else next(anywhere))
            scanner.scan(page, url(new()))
            recorded += 1
            expect(page.locator("#recorded"), scanner.name).to_have_text(str(recorded))
            answered(page, "Arrived")
    assert page.url.endswith("/desk/post-bag") and page.locator("#sound").is_checked()
    assert page.locator("#postmark_on").input_value() == "" and page.locator("#text").input_value() == ""
    assert Read.select().where(Read.outcome == "arrived").count() == recorded


def test_several_codes_in_one_go_are_all_recorded_and_the_same_one_once(page, new):
    stopped(page)
    first, second, third, fourth = new(), new(), new(), new()
    page.locator("#text").focus()
    for go, recorded in [
        (url(first) + url(first) + url(second), 2),
        (third + fourth, 4),
        (f"]Q1{url(new())}]Q1{url(new())}", 6),  # marks of the kind of code, that some scanners put before it
    ]:
        SILENT.scan(page, go)
        expect(page.locator("#recorded")).to_have_text(str(recorded))
    Scanner("", keyboard=FRENCH_LOCKED).scan(page, url(new()) + url(new()))
    expect(page.locator("#recorded")).to_have_text("8")
    page.keyboard.insert_text("K7Q2 and what else there is")
    page.keyboard.press("Enter")
    answered(page, "Not a whole number")
    page.keyboard.insert_text("https://example.org/parcel")  # nobody presses Enter
    page.clock.run_for(2000)
    answered(page, "Not a code of ours")
    german = Scanner("", keyboard=GERMAN)  # Y and Z swapped: another number, or whose scanner is set to German
    german.scan(page, next(filter(spelled_otherwise, iter(new_number, ""))))
    answered(page, "Two codes in one go")
    german.scan(page, next(number for number in iter(new, "") if not {*number} & {*"YZ"}))
    answered(page, "Arrived")
    expect(page.locator("#recorded")).to_have_text("9")
    assert Read.select().where(Read.outcome == "arrived").count() == 9


def test_scan_changes_no_date_and_presses_no_button(page, new):
    stopped(page)
    number = new()
    focus(page, "#postmark_on")
    page.locator("#postmark_on").fill(today().isoformat())
    number_with_digits_first = next(number for number in iter(new, "") if number[:2].isdigit())
    Scanner("", gap=5).scan(page, number_with_digits_first)
    answered(page, "Arrived")
    event = Event.select().where(Event.kind == "received").get()
    assert event.postmark_on == today()
    page.get_by_role("button", name="Undo").focus()
    ENTER.scan(page, url(number))
    expect(page.locator("#recorded")).to_have_text("2")


@pytest.mark.parametrize("gap", [0, 100])
def test_scanner_that_begins_with_enter_presses_nothing(page, new, gap):
    stopped(page)
    begins, recorded = Scanner("Enter before and after", gap=gap, prefix=("Enter",)), 0
    for place in ("button:text('Undo')", "[type=checkbox]", "[type=date]"):
        for numbers in ([new()], [new(), new()]):
            page.locator("#text").focus()
            ENTER.scan(page, envelope(*numbers))
            recorded += len(numbers)
            expect(page.locator("#recorded")).to_have_text(str(recorded))
            page.locator("#answer details").evaluate_all("parts => parts.forEach(part => part.open = true)")
            page.locator(f"#answer {place} >> nth=0").focus()
            begins.scan(page, url(new()))
            recorded += 1
            expect(page.locator("#recorded")).to_have_text(str(recorded))
            answered(page, "Arrived")
    assert {read.outcome for read in Read.select()} == {"arrived"}


def test_enter_alone_presses_the_button_that_has_the_focus(page):
    stopped(page)
    page.locator("#reading summary").press("Enter")
    page.clock.run_for(200)
    expect(page.locator("#postmark_on")).to_be_visible()


def test_enter_in_a_box_asks_for_what_is_missing_and_forwards_nothing(page, new, foreign):
    stopped(page)
    ENTER.scan(page, envelope(foreign.number, new()))
    expect(page.locator("#recorded")).to_have_text("1")
    box = page.locator("#answer [type=checkbox]").nth(1)
    box.press("Space")
    box.press("Enter")
    page.clock.run_for(200)
    expect(page.locator("#answer .outcome strong").last).to_have_text("Arrived, and asked for what is missing")
    assert {read.outcome for read in Read.select()} == {"elsewhere", "asked"}


def test_who_types_by_hand_is_not_disturbed(page, new):
    stopped(page)
    number, by_hand = new(), Scanner("", gap=60, suffix=())
    page.locator("#text").focus()
    by_hand.scan(page, number[:5])
    page.keyboard.press("Tab")
    expect(page.locator("#reading button")).to_be_focused()
    expect(page.locator("#text")).to_have_value(number[:5])
    focus(page, "#postmark_on")
    by_hand.scan(page, "02112026")
    expect(page.locator("#postmark_on")).not_to_have_value("")
    expect(page.locator("#text")).to_have_value(number[:5])
    page.clock.run_for(1000)
    expect(page.locator("#state")).to_contain_text("not recorded yet")
    page.locator("#text").press("End")
    by_hand.scan(page, number[5:])
    page.keyboard.press("Enter")
    answered(page, "Arrived")


def test_key_that_is_held_down_in_a_text_is_no_scanner(page, new):
    ENTER.scan(page, url(new()))
    answered(page, "Arrived")
    page.locator(".read details").evaluate("part => part.open = true")
    page.locator(".read textarea").focus()
    for _repeat in range(20):
        page.keyboard.down("-")
    page.keyboard.up("-")
    page.keyboard.type("page")
    expect(page.locator(".read textarea")).to_have_value("-" * 20 + "page")
    expect(page.locator("#text")).to_have_value("")


def test_address_that_an_input_method_puts_into_the_text_of_a_card_is_a_scan(page, new):
    ENTER.scan(page, url(new()))
    answered(page, "Arrived")
    page.locator(".read details").evaluate("part => part.open = true")
    page.locator(".read textarea").focus()
    page.keyboard.insert_text("Copy of the lease ")
    expect(page.locator(".read textarea")).to_have_value("Copy of the lease ")
    page.keyboard.insert_text(url(new()))
    expect(page.locator("#recorded")).to_have_text("2")
    expect(page.locator("#attention textarea")).to_have_value("Copy of the lease ")


def test_it_says_so_when_it_does_not_listen(page, new):
    stopped(page)  # what is typed here stays for a while
    state = page.locator("#state")
    expect(state).to_contain_text("without sound")
    page.locator("#text").press("a")
    expect(state).to_contain_text("Listening: scan")
    page.locator("#text").press("Backspace")
    page.evaluate("() => { document.hasFocus = () => false; dispatchEvent(new Event('blur')) }")
    expect(state).to_contain_text("Not listening")
    assert page.title().startswith("✕ Not listening")
    page.evaluate("() => { document.hasFocus = () => true; dispatchEvent(new Event('focus')) }")
    expect(state).to_contain_text("Listening: scan")
    page.clock.resume()
    other = page.context.new_page()
    other.goto("/desk/post-bag")
    expect(other.locator("#state")).to_contain_text("a second time")
    other.close()


def test_device_that_keeps_nothing_says_so_and_the_page_keeps_it(page, new):
    page.evaluate(FULL)
    page.route("**/reads", lambda route: route.abort("internetdisconnected"))
    ENTER.scan(page, url(number := new()))
    answered(page, "Read, and kept on this device")
    expect(page.locator("#answer .number")).to_have_text(f"{number[:4]}-{number[4:8]}-{number[8:]}")
    expect(page.locator("#state")).to_contain_text("keep nothing more")
    page.route("**/reads", lambda route: route.fulfill(status=204))
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#waiting")).to_contain_text("You are signed out")
    expect(page.locator("#state")).to_contain_text("keep nothing more")  # to sign in on this page would lose it
    page.unroute("**/reads")
    page.evaluate("dispatchEvent(new Event('online'))")
    answered(page, "Arrived")
    expect(page.locator("#state")).to_contain_text("Listening")


def test_clock_of_the_device_may_be_wrong_and_the_end_of_the_day_is_the_server_s(page, new):
    page.add_init_script(f"({DAY_LATER})()")
    page.reload()
    ENTER.scan(page, url(new()))
    answered(page, "Arrived")
    page.locator("[data-bag]").evaluate("part => part.dataset.until = part.dataset.now")
    expect(page.locator("#state")).to_contain_text("a new day has begun")
    ENTER.scan(page, url(late := new()))
    answered(page, "Not recorded")
    expect(page.locator("#answer")).to_contain_text(f"{late[:4]}-{late[4:8]}-{late[8:]}")
    assert waiting(page) == 0
