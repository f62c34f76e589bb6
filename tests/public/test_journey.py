"""The main job, end to end, with nothing replaced but the far end of mail and SMS: once in Chromium at the size of a
phone, once by plain HTTP without JavaScript."""

import io
import re
from queue import Queue

import pytest
import zxingcpp
from PIL import Image

from models.security import captcha, keys
from support.camera import drawn
from support.living import CHROMIUM, PATIENCE, SECRET, Service, service
from support.paper_reading import codes
from support.wire import Browser

PASSWORD = "correct horse battery"
START = "/track/rent-subsidy/application"


@pytest.fixture
def living(tmp_path, stocked_sqlite, certificate, mail_server, sms_provider) -> Service:
    """The service, sending to the two servers of this test, with one clerk."""
    settings = {"MAIL_CA_FILE": str(certificate), **mail_server.settings, **sms_provider.settings}
    with service(tmp_path, stocked_sqlite, **settings) as running:
        add = ("staff", "add", "clerk@example.lu", "--role", "clerk", "--authority", "housing-aid-service")
        running.flask(*add, text=PASSWORD)
        yield running


def arrived(queue: Queue, count: int) -> list:
    """The next messages that the far end receives."""
    return [queue.get(timeout=2 * PATIENCE) for _ in range(count)]


@pytest.mark.long
def test_whole_journey_without_javascript(living, mail_server, sms_provider):
    citizen = Browser(living.url)
    citizen.send("/procedures", q="rent subsidy")
    citizen.follow("Apply for a rent subsidy")
    citizen.follow("Take this specimen with eTracking")
    token = citizen.soup.select_one("[name=captcha_token]")["value"]
    keys.initialize(SECRET)
    citizen.send(START, captcha_code=captcha.digits(captcha.code_id(token)))
    citizen.send("/contact", by_email="y", email="citizen@example.lu", by_sms="y", mobile="621 123 456")
    number = citizen.soup.select_one(".ticket .number").get_text(strip=True)

    on_page = zxingcpp.read_barcode(drawn(citizen.picture("img.qr"))).text
    on_sheet = codes(citizen.file("Sheet (PDF)"))[0][0].text
    on_form = codes(citizen.file("Specimen with my number (PDF)"))[0][0].text
    assert on_page == on_sheet == on_form == f"{living.url}/T/{number.replace('-', '')}".upper()
    phone = Browser(on_sheet)
    assert phone.title == "Not arrived yet"

    mail, sms = arrived(mail_server.arrivals, 1)[0], arrived(sms_provider.arrivals, 1)[0]
    assert number in mail.get_body().get_content() and number in mail.get_body(("html",)).get_content()
    sheet = next(mail.iter_attachments())
    assert codes(sheet.get_content())[0][0].text == on_sheet
    assert number in sms["text"] and sms["to"] == "352621123456" and len(sms["text"]) <= 160

    desk = Browser(living.url + "/sign-in")
    desk.send("/sign-in", email="clerk@example.lu", password=PASSWORD)
    desk.send("/desk/scan", number=on_sheet)
    desk.send("/status", note="Thank you.")
    phone.go(on_sheet)
    assert phone.title == "Arrived" and "Thank you." in phone.soup.main.get_text()
    mail, sms = arrived(mail_server.arrivals, 1)[0], arrived(sms_provider.arrivals, 1)[0]
    assert "Thank you." in mail.get_body(("plain",)).get_content()
    linked = Browser(re.search(r"http\S+/c/\w+", sms["text"])[0])
    assert number in linked.soup.main.get_text() and "Arrived" in linked.soup.main.get_text()


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")
def test_whole_journey_on_a_phone(browser, living, mail_server, sms_provider):
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="en", has_touch=True, is_mobile=True)
    page, complaints, foreign = phone.new_page(), [], []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: request.url.startswith(living.url) or foreign.append(request.url))
    walk(page, living, mail_server, sms_provider)
    assert not foreign and not complaints
    phone.close()


def walk(page, living: Service, mail_server, sms_provider) -> None:
    page.goto(living.url + "/procedures")
    page.get_by_label("What do you want to get done?").fill("rent subs")
    page.get_by_text("1 procedure", exact=True).wait_for()  # live, without a button
    page.wait_for_url("**q=rent*")
    page.get_by_role("link", name="Apply for a rent subsidy").tap()
    page.get_by_role("link", name="Take this specimen with eTracking").tap()
    page.get_by_label("I am a human").check()
    page.get_by_role("button", name="Continue").tap()  # goes on by itself when the work is done
    page.wait_for_url("**/contact")
    page.get_by_label("By e-mail").check()
    page.get_by_label("E-mail address").fill("citizen@example.lu")
    page.get_by_label("By SMS").check()
    page.get_by_label("Mobile number").fill("621 123 456")
    page.get_by_role("button", name="Get my number").dblclick()
    page.wait_for_url("**/t/*")
    number = page.locator(".ticket .number").inner_text()

    picture = page.locator("img.qr")
    picture.scroll_into_view_if_needed()
    picture.evaluate("image => image.decode()")  # it is fetched when it comes into view
    shown = Image.open(io.BytesIO(picture.screenshot(scale="css")))
    on_page = zxingcpp.read_barcode(shown.resize((shown.width * 3, shown.height * 3))).text
    on_sheet = codes(page.request.get(f"{living.url}/t/{number}/sheet.pdf").body())[0][0].text
    assert on_page == on_sheet == f"{living.url}/T/{number.replace('-', '')}".upper()
    assert number in arrived(mail_server.arrivals, 1)[0].get_body().get_content()
    assert number in arrived(sms_provider.arrivals, 1)[0]["text"]

    desk = page.context.browser.new_context(viewport={"width": 390, "height": 844}, locale="en").new_page()
    desk.goto(living.url + "/sign-in")
    desk.get_by_label("E-mail address").fill("clerk@example.lu")
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Sign in").click()
    desk.wait_for_url("**/desk")
    desk.locator("input:focus").wait_for()
    desk.keyboard.type(on_sheet)  # a hand scanner: keys into the field that has the focus, then Enter
    desk.keyboard.press("Enter")
    desk.get_by_role("button", name="Mark as arrived").click()
    desk.locator(".pill.received").wait_for()

    page.goto(on_page)
    assert page.locator("h1").inner_text() == "Arrived"
    assert "arrived" in arrived(mail_server.arrivals, 1)[0]["Subject"].lower()
    assert arrived(sms_provider.arrivals, 1)
    assert mail_server.arrivals.empty() and sms_provider.arrivals.empty(), "a double tap made one dossier"
