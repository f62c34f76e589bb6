"""What a browser, or a program in its place, sends to the CAPTCHA step."""

import base64
import json

import altcha
from bs4 import BeautifulSoup

from models.security import captcha as logic
from support.captcha_app import SCOPE, challenge_url

EASY = [[100, 5], [200, 5], [300, 5], [400, 5]]  # the levels, told apart by their cost


def solve(client, app, scope=SCOPE):
    """A challenge as the browser would answer it, as plain data."""
    challenge = client.post(challenge_url(app, scope)).json
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    return {"challenge": challenge, "solution": solution.to_dict()}


def pack(data):
    return base64.b64encode(json.dumps(data).encode()).decode()


def send(client, **fields):
    return client.post("/step", data={f"captcha_{name}": value for name, value in fields.items()})


def error_of(response):
    return BeautifulSoup(response.data, "html.parser").select_one("#captcha-error").text


def fresh_code(client):
    """The token on the page, and the digits that a person would read."""
    soup = BeautifulSoup(client.get("/step?code=1").data, "html.parser")
    token = soup.select_one("[name=captcha_token]")["value"]
    return token, logic.digits(logic.code_id(token))


def other_digits(digits):
    return digits[::-1] if digits != digits[::-1] else "999999"


def ask(app, ip):
    return app.test_client().post(challenge_url(app), environ_base={"REMOTE_ADDR": ip})


def type_code(client):
    token, digits = fresh_code(client)
    return send(client, token=token, code=digits)
