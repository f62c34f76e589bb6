"""Each security event, provoked over HTTP by who would: `ATTACKS` has one for each kind and detail that a request can cause.

Each prepares what it needs and returns the act that is watched. What is typed and sent has canaries in it.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from flask import Flask

from blueprints.accounts.attempts import HOUR, MAX_WRONG_PER_HOUR
from models import Counter, Staff
from models.security.tries import Tries
from support import webhooks
from support.second_factor import half_in, set_up_app
from support.site import PASSWORD, account, signed_in
from support.visitor import Visitor, values

NUMBER, UNKNOWN = "K7Q2-MX4P-9TRWY", "/t/K7Q2MX4P9TRWY"
MAIL, MOBILE, TOKEN, SECRET_WORD = (
    "canary.miller@example.org",
    "+352691234567",
    "canarytoken" * 4,
    "canary in the mine 77",
)
CANARIES = ("canary", "miller", "K7Q2", "MX4P", "691234567", "192.0.2.", "@example", PASSWORD)
Act = Callable[[], Any]


class World(SimpleNamespace):
    """The site of one attack, with its parties."""

    app: Flask

    def browser(self) -> Visitor:
        return Visitor(self.app)

    def staff(self, role: str = "admin", name: str = "canary.admin") -> Staff:
        return account(f"{name}@example.lu", role)

    def desk(self, role: str = "admin") -> Visitor:
        return signed_in(self.app, self.staff(role))


ATTACKS: dict[tuple[str, str], Callable[[World], Act]] = {}


def attack(kind: str, *details: str) -> Callable[[Callable[..., Act]], Callable[..., Act]]:
    """Decorator: enter a function for each detail; it is given the detail if there are several."""

    def enter(function: Callable[..., Act]) -> Callable[..., Act]:
        for detail in details:
            ATTACKS[kind, detail] = (
                (lambda world, detail=detail: function(world, detail)) if len(details) > 1 else function
            )
        return function

    return enter


# Accounts of the staff


@attack("signed-in", "password")
def right_password(world: World) -> Act:
    staff, browser = world.staff(), world.browser()
    page = browser.get("/sign-in")
    return lambda: browser.submit(page, email=staff.email, password=PASSWORD)


@attack("sign-in-failed", "password")
def wrong_password(world: World) -> Act:
    staff, browser = world.staff(), world.browser()
    page = browser.get("/sign-in")
    return lambda: browser.submit(page, status=422, email=staff.email, password=SECRET_WORD)


@attack("sign-in-failed", "code")
def wrong_code(world: World) -> Act:
    staff = world.staff()
    set_up_app(signed_in(world.app, staff))
    browser, page = half_in(world.app, staff)
    return lambda: browser.submit(page, status=422, code="000000")


@attack("sign-in-failed", "passkey")
def wrong_passkey(world: World) -> Act:
    browser = world.browser()
    token = values(browser.get("/sign-in").form("/sign-in"))["csrf_token"]
    data = {"csrf_token": token, "credential": TOKEN}
    return lambda: browser.post("/sign-in/passkey", 422, data=data)


@attack("sign-in-locked", "wait")
def locked(world: World) -> Act:
    staff, browser = world.staff(), world.browser()
    for _ in range(5):
        Tries.take(f"account|{staff.email}")
    page = browser.get("/sign-in")
    return lambda: browser.submit(page, status=429, email=staff.email, password=SECRET_WORD)


@attack("sign-in-locked", "hour")
def locked_for_an_hour(world: World) -> Act:
    staff, browser = world.staff(), world.browser()
    for _ in range(MAX_WRONG_PER_HOUR):
        Counter.hit(f"wrong|{staff.email}", HOUR)
    page = browser.get("/sign-in")
    return lambda: browser.submit(page, status=429, email=staff.email, password=SECRET_WORD)


# What a visitor may not do


@attack("route-denied", "session")
def page_without_a_session(world: World) -> Act:
    return lambda: world.browser().open(f"/desk/dossiers/{NUMBER}")


@attack("route-denied", "right")
def page_of_another_role(world: World) -> Act:
    desk = world.desk("helpdesk")
    return lambda: desk.get("/desk/audit?who=canary", 403)


@attack("route-denied", "factor")
def page_before_the_second_factor(world: World) -> Act:
    desk = world.desk()
    world.app.config["STAFF_SECOND_FACTOR"] = True
    return lambda: desk.open("/desk")


@attack("csrf-refused", "missing", "wrong")
def form_of_another_site(world: World, detail: str) -> Act:
    desk = world.desk()
    desk.get("/desk")
    data = {"csrf_token": TOKEN} if detail == "wrong" else {}
    return lambda: desk.post("/desk/staff", 400, data=data | {"email": MAIL})


@attack("request-refused", "method")
def method_of_no_page(world: World) -> Act:
    return lambda: world.browser().open(f"{UNKNOWN}?email={MAIL}", "PUT")


@attack("request-refused", "body")
def endless_body(world: World) -> Act:
    return lambda: world.browser().open("/t", "POST", data={"number": f"{MAIL} " * 9000})


@attack("request-refused", "malformed")
def impossible_character(world: World) -> Act:
    return lambda: world.browser().open(f"/procedures?q={MAIL}%00")


@attack("request-refused", "host")
def name_of_another_site(world: World) -> Act:
    world.app.config["TRUSTED_HOSTS"] = ["localhost"]
    return lambda: world.browser().open("/", base_url="http://canary.example")


@attack("token-refused", "contact")
def link_of_nobody(world: World) -> Act:
    return lambda: world.browser().get(f"/c/{TOKEN}", 404)


@attack("token-refused", "invitation")
def invitation_of_nobody(world: World) -> Act:
    return lambda: world.browser().get(f"/sign-in/invitation/{TOKEN}", 404)


@attack("token-refused", "api")
def token_of_no_system(world: World) -> Act:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return lambda: world.browser().open(f"/api/v1/dossiers/{NUMBER}", headers=headers)


@attack("token-refused", "metrics")
def token_of_no_monitor(world: World) -> Act:
    return lambda: world.browser().open("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})


@attack("token-refused", "captcha")
def picture_of_no_code(world: World) -> Act:
    return lambda: world.browser().open(f"/captcha/{TOKEN}.png")


@attack("webhook-refused", "signature", "stale", "replayed", "malformed")
def report_of_another(world: World, detail: str) -> Act:
    def sign(body: bytes) -> str:
        options = {"signature": {"secret": TOKEN}, "stale": {"iat": 1_000_000_000}, "replayed": {"jti": TOKEN}}
        return webhooks.token(body, **options.get(detail, {}))

    notice = TOKEN.encode() if detail == "malformed" else {"text": TOKEN, "from": MOBILE}
    if detail == "replayed":
        webhooks.send(world.app, webhooks.INBOUND, notice, sign)
    return lambda: webhooks.send(world.app, webhooks.INBOUND, notice, sign)
