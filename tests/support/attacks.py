"""Each security event, provoked over HTTP by who would: `ATTACKS` has one for each kind and detail that a request can cause.

Each prepares what it needs and returns the act that is watched. What is typed and sent has canaries in it.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from flask import Flask

from blueprints.accounts.attempts import HOUR, MAX_WRONG_PER_HOUR
from blueprints.api import v1
from blueprints.desk import helpdesk
from blueprints.public import captcha as pages
from blueprints.public import contact_limits, push
from models import Counter, Dossier, Staff, System
from models.notifications import consent
from models.security import captcha, captcha_price, captcha_waiting
from models.security.tries import Tries
from support import webhooks
from support.push import HOSTS
from support.push_stand_in import Device
from support.registration import START, digits, proof
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


# Numbers, CAPTCHA and limits


@attack("lookup-missed", "number")
def guessed_number(world: World) -> Act:
    return lambda: world.browser().get(UNKNOWN, 404)


@attack("lookup-missed", "seal")
def guessed_seal(world: World) -> Act:
    number = Dossier.announce(world.form, "en", "key-of-the-receipt").number
    return lambda: world.browser().get(f"/r/{number}/K7Q2MX4P9TRWY", 404)


@attack("captcha", "proof-passed", "proof-unticked", "proof-invalid")
def ticked(world: World, detail: str) -> Act:
    browser = world.browser()
    page = browser.get(START)
    answer = {"proof-passed": proof(), "proof-unticked": None, "proof-invalid": TOKEN}[detail]
    fields = values(page.form(START)) | {"captcha_code": None, "captcha_proof": answer}
    data = {name: value for name, value in fields.items() if value is not None}
    return lambda: browser.open(START, "POST", data=data)


@attack("captcha", "both-passed", "code-wrong", "code-untyped")
def typed(world: World, detail: str) -> Act:
    browser = world.browser()
    page = browser.get(f"{START}?code=1")
    right = digits(page)
    answers = {
        "both-passed": {"captcha_code": right, "captcha_proof": proof()},
        "code-wrong": {"captcha_code": "".join("3" if each != "3" else "4" for each in right)},
        "code-untyped": {"captcha_code": " "},
    }
    data = {"captcha_token": page.soup.select_one("[name=captcha_token]")["value"]} | answers[detail]
    return lambda: browser.open(START, "POST", data=values(page.form(START)) | data)


@attack("limit-reached", "api")
def system_in_a_loop(world: World) -> Act:
    keys = System.add(world.form.procedure.authority, "registry")[1]
    headers = {"Authorization": f"Bearer {keys.token}"}
    world.patch.setattr(v1, "MAX_REQUESTS_PER_MINUTE", 0)
    return lambda: world.browser().open(f"/api/v1/dossiers?after={NUMBER}", headers=headers)


@attack("limit-reached", "helpdesk")
def helpdesk_in_a_loop(world: World) -> Act:
    desk = world.desk("helpdesk")
    page = desk.get("/desk/helpdesk")
    world.patch.setattr(helpdesk, "MAX_LOOK_UPS", 0)
    return lambda: desk.submit(page, "/helpdesk", 429, address=MAIL, reason="status")


@attack("limit-reached", "push")
def device_in_a_loop(world: World) -> Act:
    world.patch.setattr(push, "MAX_CHANGES_PER_HOUR", 0)
    world.app.config |= {"PUSH_PUBLIC_KEY": TOKEN, "PUSH_HOSTS": HOSTS}
    data = Device(f"https://{HOSTS[0]}/{TOKEN}").gives | {"old": f"https://{HOSTS[0]}/{TOKEN}"}
    return lambda: world.browser().open("/push", "POST", data=data)


@attack("limit-reached", "captcha-proof")
def too_many_solved(world: World) -> Act:
    world.patch.setattr(captcha_price, "STEPS", ((99, 99, 0),) * 3)
    return ticked(world, "proof-passed")


@attack("limit-reached", "captcha-budget")
def too_many_typed(world: World) -> Act:
    world.patch.setattr(captcha_waiting, "MAX_PASSES", -captcha_waiting.RESERVED)
    browser = world.browser()
    page = browser.get(f"{START}?code=1")
    return lambda: browser.open(START, "POST", data=values(page.form(START)) | {"captcha_code": digits(page)})


@attack("limit-reached", "captcha-picture", "captcha-recording")
def looked_at_often(world: World, detail: str) -> Act:
    kind = detail.removeprefix("captcha-")
    world.patch.setitem(pages.LIMITS, kind, (0, 0, 0))
    ending = {"picture": "png", "recording": "wav"}[kind]
    return lambda: world.browser().open(f"/captcha/{captcha.new_code('rent-subsidy/application')}.{ending}")


@attack("limit-reached", "captcha-code")
def typed_often(world: World) -> Act:
    world.patch.setitem(pages.LIMITS, "code", (0, 0, 0))
    return typed(world, "code-wrong")


@attack("limit-reached", "given")
def many_given(world: World) -> Act:
    world.patch.setattr(contact_limits, "MAX_GIVEN_PER_CONTACT", 0)
    contact = Dossier.announce(world.form, "en", "key-of-a-giver", [("email", MAIL)]).contacts.get()
    consent.confirm(contact)
    browser = world.browser()
    page = browser.get(f"/c/{contact.token}")
    address = {"add-email-address": f"other.{MAIL}"}
    return lambda: browser.submit(page, "/add/email", 422, **address)


# Events that come with another one: the verdict on the CAPTCHA whose limit was reached.
BESIDE = {
    ("limit-reached", "captcha-proof"): ("captcha", "proof-too-many"),
    ("limit-reached", "captcha-budget"): ("captcha", "code-waiting"),
    ("limit-reached", "captcha-code"): ("captcha", "code-too-many"),
}
