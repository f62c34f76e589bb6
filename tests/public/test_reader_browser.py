"""The reader of codes in a real Chromium: browsers whose own reader fails or lies, hard pictures, PDF files."""

import io
import urllib.request
from collections.abc import Iterator

import pytest
import zxingcpp
from PIL import Image

from bench import damage, photographs
from bench.photograph import middle_of_code
from models import Dossier
from models.dossiers.number import grouped
from paper.forms import render
from support.camera import DRAWN_CAMERA, SHOW, code, encoded, file
from support.phone import NEEDED, Held, opened, playwright

pytestmark = NEEDED
expect = playwright.expect
NUMBER, HARD, POOR = "K7Q2MX4P9TRWY", ("12", "53"), "1984 hard 17"  # seeds
NO_ANSWER = "new Promise(() => {})"
DETECTORS = {  # what a browser's own reader does: its formats, its construction, its findings
    "no formats": ('["ean_13"]', "", "[]"),
    "formats refused": ("Promise.reject(new DOMException('', 'NotSupportedError'))", "", "[]"),
    "formats for ever": (NO_ANSWER, "", "[]"),
    "not to be made": ('["qr_code"]', "throw new TypeError('Unsupported')", "[]"),
    "service unavailable": ('["qr_code"]', "", "Promise.reject(new DOMException('service unavailable'))"),
    "no answer": ('["qr_code"]', "", NO_ANSWER),
    "nothing for ever": ('["qr_code"]', "", "[]"),
    "empty texts": ('["qr_code"]', "", "[{rawValue: ''}]"),
    "garbage": ('["qr_code"]', "", "[null, {rawValue: 5}, {rawValue: {}}]"),
    "somebody else's": ('["qr_code"]', "", "[{rawValue: 'ûþ'}]"),
}

SLOW_NETWORK = """() => {   // window.more() lets a third of the reader through
    const {fetch} = window;
    window.fetch = async (...asked) => {
        const bytes = new Uint8Array(await (await fetch(...asked)).arrayBuffer()), third = Math.ceil(bytes.length / 3);
        let at = 0;
        return new Response(new ReadableStream({start(stream) {
            window.more = () => {
                stream.enqueue(bytes.subarray(at, at += third));
                if (at >= bytes.length) stream.close();
            };
        }}));
    };
}"""


@pytest.fixture(scope="module")
def dossier(site) -> Dossier:
    """Its number is always the same, and so is its code."""
    dossier = Dossier.get(number=site.numbers["announced"])
    dossier.number = NUMBER
    dossier.save()
    return dossier


@pytest.fixture(scope="module")
def printed(site, dossier) -> bytes:
    with urllib.request.urlopen(f"{site.url}/t/{dossier.number}/sheet.pdf") as answer:
        return answer.read()


@pytest.fixture(scope="module")
def sheet(printed) -> damage.Paper:
    with render.opened(printed) as document:
        drawn = render.draw(document, 0, damage.DPI).convert("L")
    return damage.Paper(drawn, middle_of_code(drawn, damage.DPI))


@pytest.fixture(scope="module")
def photograph(sheet) -> dict:
    """It shows a small and spoilt code, which only a close look reads."""
    picture, type_ = photographs.saved(*photographs.hard(sheet, damage.Chance(POOR)))
    assert not zxingcpp.read_barcodes(Image.open(io.BytesIO(picture))), "this one is too easy for these tests"
    return {"name": "IMG_2.jpg", "mimeType": type_, "buffer": picture}


@pytest.fixture
def page(browser, site):
    with opened(browser, site.url, expected="") as page:
        page.goto("/scan")
        yield page


def choose(page, picture: dict) -> None:
    page.locator("#picture").set_input_files(picture)


def said(page, text: str) -> None:
    expect(page.locator("[data-scan] [role=status]")).to_contain_text(text)


def press(page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def hard_scans(sheet: damage.Paper) -> Iterator[bytes]:
    """Scans that the first look fails at."""
    for seed in HARD:
        picture, quality = photographs.office(sheet, damage.Chance(seed))
        yield photographs.saved(picture, quality)[0]


def detector(formats: str, made: str, found: str) -> str:
    """A script that gives the browser this reader of its own."""
    methods = f"static async getSupportedFormats() {{ return {formats} }} constructor() {{ {made} }}"
    return f"() => {{ window.BarcodeDetector = class {{ {methods} async detect() {{ return {found} }} }} }}"


def test_browsers_own_reader_that_fails_or_lies_hands_over(page, dossier):
    for answers in DETECTORS.values():
        page.goto("/scan")
        page.evaluate(detector(*answers))
        choose(page, file(code(dossier.number)))
        page.wait_for_url(f"**/t/{dossier.number}")


def test_film_is_read_too_by_the_reader_that_we_bring(page, dossier):
    for kind in ("service unavailable", "nothing for ever", "garbage"):
        page.goto("/scan")
        page.evaluate(detector(*DETECTORS[kind]))
        page.evaluate(DRAWN_CAMERA)
        press(page, "Start the camera")
        said(page, "The camera is on")
        page.evaluate(SHOW, encoded(code(dossier.number)))
        page.wait_for_url(f"**/t/{dossier.number}")


def test_without_our_reader_the_browsers_own_is_enough_and_without_any_it_is_said(page, dossier):
    page.route("**/*.wasm", lambda route: route.abort())
    choose(page, file(code(dossier.number)))
    said(page, "could not be loaded")
    page.evaluate(DRAWN_CAMERA)
    press(page, "Start the camera")
    said(page, "could not be loaded")
    expect(page.get_by_role("button", name="Start the camera")).to_be_visible()
    page.unroute("**/*.wasm")
    choose(page, file(code(dossier.number)))  # there is a connection again
    page.wait_for_url(f"**/t/{dossier.number}")
    page.goto("/scan")
    page.route("**/*.wasm", lambda route: route.abort())
    page.evaluate(detector('["qr_code"]', "", f"[{{rawValue: '{dossier.number}'}}]"))
    choose(page, file(code("Hello")))
    page.wait_for_url(f"**/t/{dossier.number}")


def test_office_scans_and_faxes_that_one_look_does_not_read(page, dossier, sheet):
    for number, picture in enumerate(hard_scans(sheet)):
        grey = Image.open(io.BytesIO(picture)).convert("L")
        assert not zxingcpp.read_barcodes(grey), f"picture {number} is too easy for this test"
        page.goto("/scan")
        choose(page, {"name": "scan.png", "mimeType": "image/png", "buffer": picture})
        page.wait_for_url(f"**/t/{dossier.number}")


def test_photograph_that_shows_a_small_and_spoilt_code_is_looked_at_closely(page, dossier, photograph):
    choose(page, photograph)
    page.wait_for_url(f"**/t/{dossier.number}")


@pytest.mark.parametrize("download", ["zxing_reader*.wasm", "closeups*.js"])
def test_slow_download_takes_nothing_from_the_time_for_the_search(page, dossier, photograph, download):
    page.clock.install()
    held = Held(page, f"**/{download}")
    choose(page, photograph)
    held.first()
    page.clock.run_for(30_000)  # longer than any search
    held.let_go()
    page.wait_for_url(f"**/t/{dossier.number}")


def test_download_that_is_slow_but_goes_on_is_not_given_up(page, dossier):
    page.clock.install()
    page.evaluate(SLOW_NETWORK)
    choose(page, file(code(dossier.number)))
    page.wait_for_function("() => window.more")
    for _ in range(3):
        page.clock.run_for(50_000)
        page.evaluate("more()")
    page.wait_for_url(f"**/t/{dossier.number}")


@pytest.mark.parametrize("download", ["reader*.js", "zxing_reader*.wasm"])
def test_page_says_that_the_reader_is_being_loaded_and_then_that_it_searches(page, download):
    page.clock.install()
    held, closeups = Held(page, f"**/{download}"), Held(page, "**/closeups*.js")
    choose(page, file(Image.effect_noise((1200, 1600), 90)))
    held.first()
    said(page, "Looking for a code")
    page.clock.run_for(2_000)
    said(page, "The reader is being loaded")
    held.let_go()
    said(page, "Still trying")
    closeups.let_go()
    said(page, "no code to be found")


def test_script_that_does_not_come_is_told(page):
    for script in ("camera*.js", "reader*.js"):
        page.route(f"**/{script}", lambda route: route.abort())
        page.reload()
        choose(page, file(code("Hello")))
        said(page, "could not be loaded")
        page.unroute(f"**/{script}")


def test_download_that_stands_still_ends_and_is_told(page):
    held = []
    page.clock.install()
    page.route("**/*.wasm", lambda route: held.append(route))
    with page.expect_request("**/*.wasm"):
        choose(page, file(code("Hello")))
    page.clock.run_for(61_000)
    said(page, "could not be loaded")
    page.unroute("**/*.wasm")
    choose(page, file(code("Hello")))  # there is a connection again
    said(page, "not one of ours")


def test_pdf_of_a_scanner_is_read_and_what_cannot_be_opened_is_told(page, printed, dossier, sheet):
    pdf = {"name": "a.pdf", "mimeType": "application/pdf"}
    choose(page, pdf | {"buffer": printed})
    said(page, "In this PDF there is no picture")
    choose(page, {"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": b"\0\0\0\x18ftypheic"})
    said(page, "cannot be opened here")
    scan = io.BytesIO()
    sheet.drawn.resize((827, 1170)).save(scan, "PDF", resolution=100)
    choose(page, pdf | {"buffer": scan.getvalue()})
    page.wait_for_url(f"**/t/{dossier.number}")


def test_two_of_our_codes_in_one_picture_are_asked_about(page, dossier):
    other = Dossier.announce(dossier.form, "en", "another-key")
    both = Image.new("L", (900, 450), 255)
    both.paste(code(dossier.number), (10, 20))
    both.paste(code(other.number), (460, 20))
    choose(page, file(both))
    said(page, "Which one do you mean?")
    press(page, grouped(other.number))
    page.wait_for_url(f"**/t/{other.number}")
