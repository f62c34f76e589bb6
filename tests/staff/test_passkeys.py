"""Passkeys by HTTP: what a true device says opens the desk, and nothing else does."""

import datetime as dt
import json

import pytest

from blueprints.accounts.passkeys import site
from models import Passkey, StaffSession, now
from models.staff import accounts
from support.authenticator import PRESENT, Device, add_passkey, csrf, options, send, sign_in_with
from support.site import signed_in
from support.visitor import Visitor


@pytest.fixture
def device(desk) -> Device:
    """The clerk's device, with a passkey that was set up at the desk."""
    device = Device()
    assert "is set up" in add_passkey(desk, device, name="Work laptop").text
    return device


def test_passkey_opens_the_desk_without_an_address(app, device, clerk):
    browser = Visitor(app)
    assert sign_in_with(browser, device).url == "/desk"
    assert StaffSession.get(StaffSession.factor == "passkey", StaffSession.token_hash != "").staff == clerk
    assert "Work laptop" in browser.get("/desk/account").text


def test_passkeys_work_on_both_databases(either, clerk):
    device = Device()
    add_passkey(signed_in(either, clerk), device)
    assert sign_in_with(Visitor(either), device).url == "/desk"
    assert sign_in_with(Visitor(either), device).url == "/desk"


def test_passkey_made_in_production_opens_the_desk_there(production, clerk):
    device = Device(origin=production.config["SITE_URL"])
    add_passkey(signed_in(production, clerk), device)
    assert sign_in_with(Visitor(production), device).url == "/desk"


def test_options_ask_for_the_person_and_name_no_account(visitor, clerk):
    asked = options(visitor, visitor.get("/sign-in"), "get")
    assert asked["userVerification"] == "required" and asked["rpId"] == "localhost" and asked["allowCredentials"] == []


def test_options_of_a_new_passkey_exclude_the_device_that_has_one(desk, device, clerk):
    asked = options(desk, desk.get("/desk/account"), "create")
    chosen = asked["authenticatorSelection"]
    assert chosen["userVerification"] == "required" and chosen["residentKey"] == "required"
    assert len(asked["excludeCredentials"]) == 1 and asked["rp"]["id"] == "localhost"


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://localhost"},
        {"origin": "http://localhost:81"},
        {"origin": "http://evil.example"},
        {"host": "evil.example"},
        {"flags": PRESENT},
        {"flags": 0x04},
    ],
    ids=["scheme", "port", "site", "host", "person not verified", "person not present"],
)
def test_wrong_answer_opens_nothing_and_sets_nothing_up(app, desk, device, wrong):
    page = sign_in_with(Visitor(app), device, 422, **wrong)
    assert "does not open an account" in page.text
    page = desk.get("/desk/account")
    refused = send(desk, page, "create", Device().make(options(desk, page, "create"), **wrong), 422)
    assert "not accepted" in refused.text and Passkey.select().count() == 1


def test_answer_counts_once_even_with_the_session_cookie_of_before(app, device):
    browser = Visitor(app)
    page = browser.get("/sign-in")
    asked = options(browser, page, "get")
    kept = browser.client.get_cookie("etracking").value
    answer, second = device.show(asked), device.show(asked)
    assert send(browser, page, "get", answer).url == "/desk"
    for again in (answer, second):
        thief = Visitor(app)
        thief.client.set_cookie("etracking", kept)
        send(thief, page, "get", again, 422)


def test_challenge_belongs_to_the_browser_that_asked_for_it(app, device):
    browser, other = Visitor(app), Visitor(app)
    answer = device.show(options(browser, browser.get("/sign-in"), "get"))
    page = other.get("/sign-in")
    options(other, page, "get")
    send(other, page, "get", answer, 422)


def test_challenge_is_over_after_five_minutes(visitor, device, time_machine):
    page = visitor.get("/sign-in")
    answer = device.show(options(visitor, page, "get"))
    time_machine.move_to(now() + dt.timedelta(seconds=301))
    send(visitor, page, "get", answer, 422)


def test_challenge_for_showing_makes_no_passkey(desk, device):
    page = desk.get("/desk/account")
    asked = options(desk, page, "create")
    other = desk.open("/sign-in/challenge", "POST", data={"csrf_token": csrf(page)}).json
    send(desk, page, "create", Device().make(asked | {"challenge": other["challenge"]}), 422)


def test_counter_that_goes_back_is_a_copy_and_opens_nothing(app, device):
    sign_in_with(Visitor(app), device)
    device.count -= 1
    sign_in_with(Visitor(app), device, 422)
    assert sign_in_with(Visitor(app), device).url == "/desk", "the true device goes on"


def test_device_without_a_counter_opens_again_and_again(app, desk):
    device = Device(count=0)
    for work in (lambda: add_passkey(desk, device), *[lambda: sign_in_with(Visitor(app), device)] * 2):
        device.count = 0
        work()
    assert Passkey.get().sign_count == 0


def test_removed_passkey_and_closed_account_open_nothing(app, desk, device, clerk):
    second = Device()
    add_passkey(desk, second, name="Telephone")
    desk.submit(desk.get("/desk/account"), f"/passkeys/{Passkey.get(Passkey.name == 'Work laptop').id}/remove")
    sign_in_with(Visitor(app), device, 422)
    accounts.disable(clerk)
    sign_in_with(Visitor(app), second, 422)


def test_passkey_opens_one_account_only(app, desk, device, helpdesk):
    other = signed_in(app, helpdesk)
    page = other.get("/desk/account")
    send(other, page, "create", device.make(options(other, page, "create")), 422)
    assert Passkey.get().staff != helpdesk


def test_answer_that_names_another_account_opens_nothing(app, device):
    device.user = b"999"
    sign_in_with(Visitor(app), device, 422)


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "x",
        "[]",
        "{}",
        "null",
        '{"id": 1}',
        json.dumps({"id": "x", "rawId": "x", "type": "public-key", "response": {}}),
        json.dumps(
            {
                "id": "é",
                "rawId": "é",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "!",
                    "authenticatorData": "!",
                    "signature": "!",
                    "attestationObject": "!",
                },
            }
        ),
        "[" * 10_000,
    ],
)
def test_nonsense_is_refused_in_words(desk, credential):
    visitor = Visitor(desk.client.application)
    page = visitor.get("/sign-in")
    options(visitor, page, "get")
    send(visitor, page, "get", credential, 422)
    page = desk.get("/desk/account")
    options(desk, page, "create")
    send(desk, page, "create", credential, 422)


def test_answer_without_a_challenge_opens_nothing(visitor, device):
    page = visitor.get("/sign-in")
    send(visitor, page, "get", device.show({"challenge": ""}), 422)


@pytest.mark.parametrize(
    ("address", "host", "origin"),
    [
        ("https://Desk.Example.lu", "desk.example.lu", "https://desk.example.lu"),
        ("https://example.lu:443", "example.lu", "https://example.lu"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_site_is_the_one_of_the_settings(app, address, host, origin):
    with app.test_request_context(headers={"Host": "evil.example"}):
        app.config["SITE_URL"] = address
        assert site() == (host, origin)


def test_address_in_digits_offers_no_passkeys(app, visitor, desk):
    app.config["SITE_URL"] = "http://127.0.0.1:8000"
    for page in (desk.get("/desk/account"), visitor.get("/sign-in")):
        assert not page.soup.select("[data-passkey], [src*=passkey]")


def test_database_keeps_no_private_key(device):
    row = Passkey.get()
    assert row.created_at <= now() and device.key.private_numbers().private_value.to_bytes(32, "big") not in bytes(
        row.public_key
    )


@pytest.mark.parametrize("key", ["\ud800", "\0", "é", ""])
def test_passkey_with_a_name_that_no_database_takes_is_one_that_is_not_known(either, key):
    browser = Visitor(either)
    page = browser.get("/sign-in")
    options(browser, page, "get")
    parts = dict.fromkeys(("clientDataJSON", "authenticatorData", "signature"), "YQ")
    credential = {"id": key, "rawId": "YQ", "type": "public-key", "response": parts}
    assert "does not open an account" in send(browser, page, "get", json.dumps(credential), 422).text
