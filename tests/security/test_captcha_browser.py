"""The CAPTCHA step in a real Chromium: solved by mouse and keyboard, after htmx swaps, without JavaScript."""

import json

import pytest

from models.base import db
from models.security import captcha as logic
from models.security import voices as captcha_voices
from paths import ROOT
from support.captcha_app import SCOPE, make_app, make_voices
from support.living import CHROMIUM, served

playwright = pytest.importorskip("playwright.sync_api")
WORKER = ROOT / "static" / "vendor" / "pbkdf2.js"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"),
    pytest.mark.skipif(not WORKER.exists(), reason="`make install` has not copied the worker"),
]
HARD = [[5000, 3000]] * 4  # long enough to press the button in the meantime


@pytest.fixture
def app(tmp_path):
    return make_app(tmp_path)


@pytest.fixture
def site(app):
    with served(app) as address:
        yield address
    db.close()


@pytest.fixture
def page(browser, site):
    """A phone. Whatever the console complains about fails the test, the policy's violations first."""
    context = browser.new_context(base_url=site, viewport={"width": 390, "height": 844})
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert [text for text in complaints if "422" not in text and "429" not in text and "ERR_" not in text] == []


def status(page, text):
    playwright.expect(page.get_by_role("status")).to_contain_text(text)


def passed(page):
    playwright.expect(page.get_by_role("heading")).to_have_text("Passed")


def read_digits(page):
    token = page.locator("[name=captcha_token]").get_attribute("value")
    return logic.digits(logic.code_id(token))


@pytest.mark.parametrize("address", ["/step", "/step?hx=1"])
def test_ticked_solved_sent(page, address):
    page.goto(address)
    page.get_by_label("I am a human").check()
    status(page, "Check passed")
    page.get_by_role("button", name="Continue").click()
    passed(page)


def test_with_the_keyboard_alone(page):
    page.goto("/step")
    page.keyboard.press("Tab")
    playwright.expect(page.get_by_label("I am a human")).to_be_focused()
    page.keyboard.press("Space")
    status(page, "Check passed")
    page.keyboard.press("Tab")
    playwright.expect(page.get_by_role("link", name="six digits")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    passed(page)


def test_after_an_htmx_swap_it_still_works(page):
    page.goto("/start")
    page.get_by_role("link", name="Go").click()
    page.get_by_label("I am a human").check()
    status(page, "Check passed")
    page.get_by_role("button", name="Continue").click()
    passed(page)


@pytest.mark.parametrize("address", ["/step", "/step?hx=1"])
def test_pressed_before_the_box_is_ticked(page, address):
    page.goto(address)
    page.get_by_role("button", name="Continue").click()
    status(page, "Please tick this box first.")
    box = page.get_by_label("I am a human")
    playwright.expect(box).to_be_focused()
    playwright.expect(box).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Space")
    status(page, "Check passed")
    playwright.expect(box).to_have_attribute("aria-invalid", "false")


@pytest.mark.parametrize("address", ["/step", "/step?hx=1"])
def test_pressed_during_the_work_it_goes_on_by_itself(page, app, address):
    app.config["CAPTCHA_LEVELS"] = HARD
    page.goto(address)
    page.get_by_label("I am a human").check()
    page.get_by_role("button", name="Continue").click()
    passed(page)


def test_pressed_during_the_work_it_says_so(page, app):
    page.route("**/captcha/challenge**", lambda _route: None)  # never answered
    page.goto("/step")
    page.get_by_label("I am a human").check()
    status(page, "small calculation")
    page.get_by_role("button", name="Continue").click()
    status(page, "goes on by itself")


def test_pressed_twice_a_proof_is_sent_once(page):
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.goto("/step?hx=1")
    page.get_by_label("I am a human").check()
    status(page, "Check passed")
    page.get_by_role("button", name="Continue").dblclick()
    passed(page)
    assert len([url for url in sent if url.endswith("/step")]) == 1


def test_a_failure_offers_the_digits(page, app):
    page.route("**/captcha/challenge**", lambda route: route.abort())
    page.goto("/step")
    box = page.get_by_label("I am a human")
    box.click()
    status(page, "did not work")
    playwright.expect(box).not_to_be_checked()
    page.unroute("**/captcha/challenge**")
    box.check()
    status(page, "Check passed")


def test_too_many_checks_offer_the_digits(page):
    page.route("**/captcha/challenge**", lambda route: route.fulfill(status=429))  # a proxy may limit them
    page.goto("/step")
    page.get_by_label("I am a human").click()
    status(page, "too many checks")
    page.get_by_role("link", name="six digits").click()
    page.get_by_role("textbox", name="Six digits").fill(read_digits(page))
    page.get_by_role("button", name="Continue").click()
    passed(page)


def test_an_old_check_asks_for_another_tick(page):
    page.clock.install()
    page.goto("/step")
    page.get_by_label("I am a human").check()
    status(page, "Check passed")
    page.clock.fast_forward(600_000)
    status(page, "has expired")
    playwright.expect(page.get_by_label("I am a human")).not_to_be_checked()
    assert page.locator("[name=captcha_proof]").input_value() == ""


def test_a_refused_form_comes_back_with_a_working_box(page):
    page.goto("/step?hx=1")
    page.get_by_label("I am a human").check()
    status(page, "Check passed")
    page.locator("[name=captcha_proof]").evaluate("field => field.value = 'junk'")
    page.get_by_role("button", name="Continue").click()
    playwright.expect(page.locator("#captcha-error")).to_contain_text("not accepted")
    page.get_by_label("I am a human").check()
    status(page, "Check passed")
    page.get_by_role("button", name="Continue").click()
    passed(page)


def test_the_picture_is_not_fetched_where_the_box_is(page):
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/step", wait_until="networkidle")
    page.goto("/start")
    page.get_by_role("link", name="Go").click()
    playwright.expect(page.get_by_label("I am a human")).to_be_visible()
    assert not [url for url in fetched if ".png" in url or ".wav" in url]


def test_by_choice_the_digits_pass(page):
    page.goto("/step")
    page.get_by_role("link", name="six digits").click()
    playwright.expect(page.get_by_role("img")).to_have_js_property("naturalWidth", 280)
    page.get_by_role("textbox", name="Six digits").fill(read_digits(page))
    page.get_by_role("button", name="Continue").click()
    passed(page)


def test_the_recording_plays(page, monkeypatch, tmp_path):
    monkeypatch.setattr(captcha_voices, "VOICES", make_voices(tmp_path / "voices"))
    page.goto("/step?code=1")
    player = page.locator("audio")
    player.evaluate("player => { player.muted = true; player.play() }")
    playwright.expect(player).to_have_js_property("readyState", 4)
    assert player.evaluate("player => player.duration") > 6


def test_digits_come_with_a_proof_that_is_made_while_they_are_typed(page):
    """Nothing is told of it, unless somebody is quicker than the proof."""
    page.goto("/step?code=1")
    page.get_by_role("textbox", name="Six digits").press_sequentially(read_digits(page))
    playwright.expect(page.locator("[name=captcha_proof]")).not_to_have_value("")
    playwright.expect(page.get_by_role("status")).to_be_empty()
    page.get_by_role("button", name="Continue").click()
    passed(page)


def test_digits_count_without_a_proof_where_the_device_cannot_make_one(page):
    page.route("**/captcha/challenge**", lambda route: route.abort())
    page.goto("/step?code=1")
    page.get_by_role("textbox", name="Six digits").fill(read_digits(page))
    page.get_by_role("button", name="Continue").click()
    passed(page)


def test_without_javascript(browser, site):
    context = browser.new_context(base_url=site, java_script_enabled=False)
    page = context.new_page()
    page.goto("/step")
    playwright.expect(page.get_by_label("I am a human")).to_be_hidden()
    page.get_by_role("textbox", name="Six digits").fill(read_digits(page))
    page.get_by_role("button", name="Continue").click()
    passed(page)
    context.close()


def test_the_challenge_in_the_page_is_for_its_form(page):
    page.goto("/step")
    with page.expect_response("**/captcha/challenge**") as answer:
        page.get_by_label("I am a human").check()
    assert json.loads(answer.value.text())["parameters"]["data"]["scope"] == SCOPE
    status(page, "Check passed")
