"""Signing in with a second step: an authenticator app, recovery codes."""

import datetime as dt

import pyotp

from models import Staff, now
from models.staff.codes import STEP_SECONDS
from support.site import PASSWORD
from support.visitor import Page, Visitor


def set_up_app(browser: Visitor) -> str:
    """Set an authenticator app up; its secret."""
    page = browser.get("/desk/account/authenticator")
    secret = page.soup.select_one(".todo .number").get_text().replace(" ", "")
    done = browser.submit(page, "/authenticator", code=pyotp.TOTP(secret).at(now()))
    assert "is set up" in done.text
    return secret


def later(secret: str, steps: int = 1) -> str:
    """The code of a step after the present one: nothing has used it yet."""
    return pyotp.TOTP(secret).at(now() + dt.timedelta(seconds=steps * STEP_SECONDS))


def codes(browser: Visitor) -> list[str]:
    """Ten new recovery codes."""
    page = browser.submit(browser.get("/desk/account"), "/recovery-codes")
    return [code.get_text() for code in page.soup.select(".codes .number")]


def half_in(app, staff: Staff, email: str = "") -> tuple[Visitor, Page]:
    """A browser at the second step."""
    browser = Visitor(app)
    return browser, browser.submit(browser.get("/sign-in"), email=email or staff.email, password=PASSWORD)
