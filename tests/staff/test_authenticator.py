"""Setting an authenticator app up: its key is nowhere but on the page until its first code is right."""

import base64
import datetime as dt
import zlib
from contextlib import suppress

import pyotp

from models import Staff, Totp, db, now
from models.staff import credentials
from support.second_factor import later, set_up_app
from support.sending import close
from support.site import running, signed_in
from support.visitor import Visitor


def test_app_shows_one_key_while_it_is_being_set_up_and_needs_a_password(app, clerk):
    browser = signed_in(app, clerk)
    first, second = (browser.get("/desk/account/authenticator") for _ in range(2))
    assert first.soup.select_one(".todo .number") == second.soup.select_one(".todo .number")
    assert first.soup.select_one("svg.qr") and not Totp.select().exists()
    browser.submit(first, "/authenticator", 422, code="000000")
    Staff.update(password_hash="").execute()
    assert browser.get("/desk/account/authenticator").url == "/desk/account/password"


def test_new_app_takes_the_place_of_the_old_one(app, clerk):
    browser = signed_in(app, clerk)
    old, new = set_up_app(browser), set_up_app(browser)
    assert old != new and Totp.select().count() == 1
    assert not credentials.check_code(clerk, later(old, 1)) and credentials.check_code(clerk, later(new, 1))


def test_secret_of_an_app_is_in_no_cookie_and_the_same_in_two_tabs(app, clerk, time_machine):
    browser = signed_in(app, clerk)
    first, second = (browser.get("/desk/account/authenticator") for _ in range(2))
    secret = first.soup.select_one(".todo .number").get_text().replace(" ", "")
    assert secret == second.soup.select_one(".todo .number").get_text().replace(" ", "") and len(secret) == 32
    for cookie in browser.client._cookies.values():
        assert secret not in unpacked(cookie.value)
    assert "is set up" in browser.submit(second, "/authenticator", code=pyotp.TOTP(secret).at(now())).text
    again = browser.get("/desk/account/authenticator")
    assert again.soup.select_one(".todo .number").get_text().replace(" ", "") != secret
    time_machine.move_to(now() + dt.timedelta(seconds=301))
    assert browser.submit(again, "/authenticator", code=later(secret)).url == "/desk/account/proof"


def test_app_that_was_scanned_before_our_key_was_replaced_is_set_up_after_it(app, clerk):
    browser = signed_in(app, clerk)
    scanned = browser.get("/desk/account/authenticator").soup.select_one(".todo .number").get_text().replace(" ", "")
    old, new = app.config["SECRET_KEY"], "Jk7cYbN2dHs9-GfA4uRiE6oXwM-Vq3xW8mZ0pT5r"
    close()
    after = Visitor(running(app.config["DATABASE_URL"], KEYS=f"new:{new} old:{old}", SECRET_KEY=""))
    db.connect(reuse_if_open=True)
    after.client.set_cookie("desk", browser.client.get_cookie("desk").value)
    page = after.get("/desk/account/authenticator")
    assert page.soup.select_one(".todo .number").get_text().replace(" ", "") != scanned
    assert "is set up" in after.submit(page, "/authenticator", code=pyotp.TOTP(scanned).at(now())).text


def unpacked(cookie: str) -> str:
    """What whoever has the cookie can read in it."""
    with suppress(ValueError):
        raw = base64.urlsafe_b64decode(cookie.lstrip(".").partition(".")[0] + "===")
        return (zlib.decompress(raw) if cookie.startswith(".") else raw).decode("latin-1")
    return cookie
