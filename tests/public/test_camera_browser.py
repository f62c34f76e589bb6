"""The camera of the scan page in a real Chromium: taken away, not answered for, changed, lit, and without a picture."""

import pytest

from models import Dossier
from support.camera import DRAWN_CAMERA, SHOW, code, encoded
from support.phone import NEEDED, Held, opened, playwright

pytestmark = NEEDED
expect = playwright.expect


@pytest.fixture
def page(browser, site):
    with opened(browser, site.url) as page:
        page.goto("/scan")
        yield page


def said(page, text: str) -> None:
    expect(page.locator("[data-scan] [role=status]")).to_contain_text(text)


def press(page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_camera_that_is_taken_away_is_told_and_comes_back(page):
    page.evaluate(DRAWN_CAMERA)
    press(page, "Start the camera")
    said(page, "The camera is on. Hold")
    for event, words in (("mute", "no picture at the moment"), ("unmute", "The camera is on"), ("ended", "gone off")):
        page.evaluate("name => track.dispatchEvent(new Event(name))", event)
        said(page, words)
    page.context.grant_permissions(["camera"])
    press(page, "Start the camera")
    said(page, "The camera is on. Hold")
    for away, words in ((True, "in the background"), (False, "The camera is on. Hold")):
        page.evaluate(
            """away => {
                Object.defineProperty(document, "hidden", {value: away, configurable: true});
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            away,
        )
        said(page, words)


def test_question_for_the_camera_that_nobody_answers_is_told(page):
    page.clock.install()
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => {}) }")
    press(page, "Start the camera")
    said(page, "allow it")
    page.clock.run_for(16_000)
    said(page, "Nothing happens?")


def test_another_camera_can_be_chosen_and_the_lamp_switched_on(page):
    page.evaluate(DRAWN_CAMERA)
    page.evaluate(
        """() => {
            const media = navigator.mediaDevices, open = media.getUserMedia;
            media.enumerateDevices = async () => ["front", "back"].map(deviceId => ({kind: "videoinput", deviceId}));
            window.asked = [];
            media.getUserMedia = async ({video}) => {
                asked.push(video.deviceId?.exact ?? "any");
                const stream = await open();
                track.getSettings = () => ({deviceId: video.deviceId?.exact ?? "front"});
                track.getCapabilities = () => ({torch: true});
                track.applyConstraints = async wish => { window.lamp = wish.advanced[0].torch };
                return stream;
            };
        }"""
    )
    press(page, "Start the camera")
    press(page, "Light")
    press(page, "Other camera")
    said(page, "The camera is on. Hold")
    assert page.evaluate("[lamp, ...asked]") == [True, "any", "back"]


def test_time_in_which_the_reader_is_loaded_is_not_time_without_a_picture(page, site):
    page.clock.install()
    page.evaluate(DRAWN_CAMERA)
    held = Held(page, "**/zxing_reader*.wasm")
    press(page, "Start the camera")
    held.first()
    page.clock.run_for(30_000)
    page.evaluate(  # there is no picture the next three times that it is looked for
        """() => {
            let blind = 3;
            const get = () => blind-- > 0 ? 1 : 4;
            Object.defineProperty(document.querySelector("video"), "readyState", {get});
        }"""
    )
    held.let_go()
    said(page, "The camera is on. Hold")
    number = Dossier.get().number
    page.evaluate(SHOW, encoded(code(number)))
    page.wait_for_url(f"**/t/{number}")
