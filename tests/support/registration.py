"""How a citizen registers: past the CAPTCHA, to the contact."""

import base64
import json

import altcha

from models.security import captcha
from support.visitor import Page, Visitor

START = "/track/rent-subsidy/application"
CONTACT = START + "/contact"


def digits(page: Page) -> str:
    """The six digits that the picture on this page shows."""
    return captcha.digits(captcha.code_id(page.soup.select_one("[name=captcha_token]")["value"]))


def proof(start: str = START) -> str:
    """What a browser sends that has solved the challenge of the form at `start`; this one takes no time."""
    challenge = captcha.new_challenge(start.removeprefix("/track/"), 1, 1)
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": solution.to_dict()}).encode()).decode()


def past_the_captcha(visitor: Visitor) -> Page:
    """Go to the contact step by the digits, in a browser with scripts: without them few pass in an hour."""
    page = visitor.get(START)
    return visitor.submit(page, START, captcha_code=digits(page), captcha_proof=proof())
