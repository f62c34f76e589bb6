"""How a citizen registers: past the CAPTCHA, to the contact."""

from models.security import captcha
from support.site import SETTINGS
from support.visitor import Page, Visitor

START = "/track/rent-subsidy/application"
CONTACT = START + "/contact"


def digits(page: Page) -> str:
    """The six digits that the picture on this page shows."""
    token = page.soup.select_one("[name=captcha_token]")["value"]
    return captcha.digits(SETTINGS["SECRET_KEY"], captcha.code_id(SETTINGS["SECRET_KEY"], token))


def past_the_captcha(visitor: Visitor) -> Page:
    page = visitor.get(START)
    return visitor.submit(page, START, captcha_code=digits(page))
