"""Scanning in a real Chromium, which on Linux reads no codes by itself: the reader that we bring really runs."""

from contextlib import ExitStack

import pytest
from PIL import Image

from models import Dossier
from models.dossiers.number import grouped, new_number
from support.camera import code, file, photo
from support.living import served
from support.phone import NEEDED, opened, playwright
from web.security_headers import DOCUMENT_HEADERS, POLICY

pytestmark = NEEDED
expect = playwright.expect
FOREIGN = [
    "https://example.org/t/{number}",
    "https://localhost.example.org/t/{number}",
    "https://localhost@example.org/t/{number}",
    "https://localhost/t/K7Q2MX4P9TRWZ",
    "javascript:alert('{number}')",
    "WIFI:T:WPA;S:home;P:{number};;",
    "Hello",
]


@pytest.fixture
def site(app):
    with served(app) as site:
        yield site


@pytest.fixture
def page(browser, site):
    """A phone without a camera."""
    with opened(browser, site) as page:
        page.goto("/scan")
        yield page


@pytest.fixture
def filming(with_camera, site):
    """Opens the page on a phone whose camera sees what the test draws."""
    with ExitStack() as stack:

        def film(picture: Image.Image):
            page = stack.enter_context(opened(with_camera(picture), site))
            page.add_init_script("navigator.vibrate = time => { window.name += time }")
            page.goto("/scan")
            return page

        yield film


def said(page, text: str) -> None:
    expect(page.locator("[data-scan] [role=status]")).to_contain_text(text)


def button(page, name: str):
    return page.get_by_role("button", name=name)


def light(page) -> bool:
    """Is the camera on?"""
    return page.evaluate("() => !!document.querySelector('video').srcObject")


def watched(page) -> None:
    """Remember what becomes of every stream of the camera."""
    page.evaluate(
        """() => {
            const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
            window.streams = [];
            media.getUserMedia = async wish => { streams.push(await ask(wish)); return streams.at(-1) };
        }"""
    )


def live(page) -> int:
    """How many streams of the camera still run."""
    return page.evaluate("() => streams.flatMap(it => it.getTracks()).filter(it => it.readyState === 'live').length")


def test_camera_finds_the_code_and_opens_the_dossier(filming, dossier):
    page = filming(code(f"HTTP://LOCALHOST/T/{dossier.number}"))
    button(page, "Start the camera").click()
    page.wait_for_url(f"**/t/{dossier.number}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not arrived yet")
    assert page.evaluate("window.name") == "80"  # it vibrated once


def test_camera_with_the_keyboard_alone(filming, dossier):
    page = filming(code(grouped(dossier.number)))
    button(page, "Start the camera").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/t/{dossier.number}")


def test_foreign_code_is_refused_and_the_camera_goes_on_until_it_is_stopped(filming):
    page = filming(code("https://example.org/a-parcel"))
    watched(page)
    button(page, "Start the camera").click()
    said(page, "not one of ours")
    expect(page.locator("video")).to_be_visible()
    assert page.url.endswith("/scan") and live(page) == 1
    button(page, "Stop the camera").click()
    said(page, "The camera is off")
    expect(page.locator("video")).to_be_hidden()
    assert live(page) == 0
    button(page, "Start the camera").click()
    said(page, "not one of ours")


def test_camera_goes_off_when_the_page_is_left(filming):
    page = filming(Image.new("L", (300, 300), 200))
    watched(page)
    button(page, "Start the camera").click()
    said(page, "The camera is on")
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", {value: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    said(page, "The camera is off")
    assert live(page) == 0


def test_camera_allowed_too_late_goes_off_again(filming):
    page = filming(Image.new("L", (300, 300), 200))
    page.evaluate(
        """() => {
            const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media);
            const allowed = new Promise(resolve => window.allow = resolve);
            media.getUserMedia = wish => window.given = allowed.then(() => ask(wish));
        }"""
    )
    button(page, "Start the camera").click()
    said(page, "allow it")
    button(page, "Stop the camera").click()
    said(page, "The camera is off")
    ended = """async () => {
        allow();
        const stream = await given;
        await new Promise(requestAnimationFrame);
        return stream.getTracks().every(it => it.readyState === "ended");
    }"""
    assert page.evaluate(ended)
    expect(button(page, "Start the camera")).to_be_visible()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "may not use the camera"),
        ("NotFoundError", "There is no camera"),
        ("NotReadableError", "another program"),
    ],
)
def test_what_keeps_the_camera_from_starting_is_said(page, error, words):
    page.evaluate(
        "name => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', name) } }", error
    )
    button(page, "Start the camera").click()
    said(page, words)
    expect(button(page, "Start the camera")).to_be_visible()


def test_device_without_a_camera_is_told(page):
    button(page, "Start the camera").click()
    said(page, "There is no camera")
    for name in ("Other camera", "Light"):  # which it does not have either
        expect(button(page, name)).to_have_count(0)


@pytest.mark.parametrize(("angle", "blur"), [(0, 0), (17, 0.8), (90, 1), (180, 1), (-62, 1.2)])
def test_photo_of_the_sheet_leads_to_the_dossier(page, visitor, dossier, angle, blur):
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.post_data))
    page.get_by_label("choose a picture").set_input_files(file(photo(visitor, dossier, angle, blur)))
    page.wait_for_url(f"**/t/{dossier.number}")
    assert sent == [f"number={dossier.number}"]  # the picture stayed on the device


@pytest.mark.parametrize("text", FOREIGN)
def test_foreign_code_in_a_picture_is_refused(page, text):
    page.get_by_label("choose a picture").set_input_files(file(code(text.format(number=new_number()))))
    said(page, "not one of ours")
    assert page.url.endswith("/scan")


def test_code_of_an_envelope_leads_to_all_of_it(page, site, dossier):
    other = Dossier.announce(dossier.form, "en", "another-key")
    path = f"/E/{dossier.number}+{other.number}"
    page.locator("#picture").set_input_files(file(code(f"HTTPS://LOCALHOST{path}")))
    page.wait_for_url(f"**{path}")


def test_own_code_beside_a_foreign_one_is_found(page, dossier):
    both = Image.new("L", (900, 450), 255)
    both.paste(code("https://example.org/"), (10, 20))
    both.paste(code(f"http://localhost/t/{dossier.number}"), (460, 20))
    page.get_by_label("choose a picture").set_input_files(file(both))
    page.wait_for_url(f"**/t/{dossier.number}")


def test_picture_without_a_code_is_told(page):
    page.get_by_label("choose a picture").set_input_files(file(Image.new("L", (300, 300), 255)))
    said(page, "no code to be found")


def test_reader_is_fetched_only_when_it_is_needed_and_from_here(page):
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/scan", wait_until="networkidle")
    assert not [url for url in fetched if "zxing" in url]
    page.get_by_label("choose a picture").set_input_files(file(code("Hello")))
    said(page, "not one of ours")
    assert [url for url in fetched if ".wasm" in url] and all(
        url.startswith(("http://127.0.0.1", "blob:")) for url in fetched
    )


def test_browser_that_reads_codes_by_itself_fetches_no_reader(page, dossier):
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.evaluate(
        """number => {
            window.BarcodeDetector = class {
                static async getSupportedFormats() { return ["qr_code"] }
                async detect() { return [{rawValue: number}] }
            };
        }""",
        dossier.number,
    )
    page.get_by_label("choose a picture").set_input_files(file(code("Hello")))
    page.wait_for_url(f"**/t/{dossier.number}")
    assert not [url for url in fetched if "zxing" in url]


def test_camera_and_webassembly_are_allowed_on_this_page_alone(visitor, dossier):
    here = visitor.open("/scan").headers
    assert "camera=(self)" in here["Permissions-Policy"]
    assert (
        here["Content-Security-Policy"].replace(" 'wasm-unsafe-eval'", "") == POLICY != here["Content-Security-Policy"]
    )
    for path in ("/", "/t", f"/t/{dossier.number}", "/sign-in", "/nothing"):
        headers = visitor.open(path).headers
        assert (
            headers["Permissions-Policy"] == DOCUMENT_HEADERS["Permissions-Policy"]
            and "camera=()" in headers["Permissions-Policy"]
        )
        assert headers["Content-Security-Policy"] == POLICY


def test_link_to_it_stands_beside_every_field_for_a_number(browser, site):
    with opened(browser, site) as page:
        for path in ("/", "/t"):
            page.goto(path)
            page.get_by_role("link", name="Scan the code with the camera").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Scan the code")


def test_without_javascript_the_number_is_typed(browser, site, dossier):
    with opened(browser, site, java_script_enabled=False) as page:
        page.goto("/scan")
        expect(button(page, "Start the camera")).to_be_hidden()
        expect(page.get_by_text("needs JavaScript")).to_be_visible()
        page.get_by_label("Your eTracking number").fill(dossier.number)
        button(page, "Look up").click()
        page.wait_for_url(f"**/t/{dossier.number}")
