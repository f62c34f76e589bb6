"""More of support/attacks.py: on numbers, the CAPTCHA, limits and what is stored."""

import re
import threading

from blueprints.api import v1
from blueprints.desk import helpdesk
from blueprints.public import captcha as pages
from blueprints.public import contact_limits, push
from models import Dossier, System, db
from models.notifications import consent
from models.security import captcha, captcha_price, captcha_waiting, lookups
from models.staff import passwords
from support.attacks import MAIL, NUMBER, SECRET_WORD, TOKEN, UNKNOWN, Act, World, attack
from support.push import HOSTS
from support.push_stand_in import Device
from support.registration import START, digits, proof
from support.visitor import values


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


@attack("limit-reached", "lookups-visitor", "lookups-network", "lookups-everybody")
def guessed_on(world: World, detail: str) -> Act:
    limit = {"visitor": "PER_VISITOR", "network": "PER_NETWORK"}.get(detail.removeprefix("lookups-"))
    world.patch.setattr(lookups, limit, 1) if limit else world.patch.setitem(lookups.PER_MINUTE, lookups.FREE, 1)
    world.browser().get(UNKNOWN, 404)
    world.browser().get(UNKNOWN, 429)
    return lambda: world.browser().get(UNKNOWN, 429)


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


@attack("limit-reached", "hashes")
def many_sign_in_at_once(world: World) -> Act:
    staff, browser = world.staff(), world.browser()
    page = browser.get("/sign-in")
    world.patch.setattr(passwords, "_inside", threading.BoundedSemaphore(1))
    passwords._inside.acquire()
    return lambda: browser.submit(page, status=503, email=staff.email, password=SECRET_WORD)


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


@attack("key-problem", "unknown-key", "unreadable")
def value_of_another_row(world: World, detail: str) -> Act:
    contacts = [
        Dossier.announce(world.form, "en", f"key-{index}", [("email", f"{index}.{MAIL}")]).contacts.get()
        for index in (1, 2)
    ]
    (sealed,) = db.execute_sql("SELECT encrypted_address FROM contact WHERE id = ?", (contacts[0].id,)).fetchone()
    wrong = sealed if detail == "unreadable" else re.sub(r"\.\w+\.", ".00000000.", sealed, count=1)
    db.execute_sql("UPDATE contact SET encrypted_address = ? WHERE id = ?", (wrong, contacts[1].id))
    world.app.config["PROPAGATE_EXCEPTIONS"] = False
    return lambda: world.browser().open(f"/c/{contacts[1].token}")


# Events that come with another one: the verdict on the CAPTCHA whose limit was reached.
BESIDE = {
    ("limit-reached", "captcha-proof"): ("captcha", "proof-too-many"),
    ("limit-reached", "captcha-budget"): ("captcha", "code-waiting"),
    ("limit-reached", "captcha-code"): ("captcha", "code-too-many"),
}
