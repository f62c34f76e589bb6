"""Signing in to the desk: nobody learns who has an account, nobody guesses on, and a session ends when it should."""

import datetime as dt
import re
import runpy
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from itertools import islice

import pytest
from argon2 import PasswordHasher

from models import Staff, StaffSession, db, now
from models.staff import credentials, passwords
from paths import ROOT
from support.site import COSTLY, PASSWORD, running, signed_in
from support.visitor import Page, Visitor

MINUTE = dt.timedelta(minutes=1)


def sign_in(browser: Visitor, email: str, password: str = PASSWORD, status: int = 200) -> Page:
    return browser.submit(browser.get("/sign-in"), "/sign-in", status, email=email, password=password)


def is_open(browser: Visitor) -> bool:
    """Whether the desk lets this browser in."""
    return browser.open("/desk").status_code == 200


def set_cookie(browser: Visitor, email: str, **kwargs) -> str:
    """The header that sets the cookie of the session after signing in."""
    page = Page(browser.open("/sign-in", **kwargs))
    data = {"csrf_token": page.soup.select_one("[name=csrf_token]")["value"], "email": email, "password": PASSWORD}
    answer = browser.open("/sign-in", "POST", data=data, **kwargs)
    return next(header for header in answer.headers.getlist("Set-Cookie") if "desk=" in header)


@pytest.mark.parametrize("spell", [str, str.upper, lambda email: f"  {email} "])
def test_clerk_signs_in_with_the_address_in_any_case(visitor, clerk, spell):
    assert sign_in(visitor, spell(clerk.email)).url == "/desk"
    assert visitor.get("/sign-in").url == "/desk", "signed in already"


def test_signing_out_ends_the_session_in_the_database_too(desk):
    token = desk.client.get_cookie("desk").value
    page = desk.get("/desk")
    csrf = page.soup.header.select_one("[name=csrf_token]")["value"]
    assert desk.post("/sign-out", data={"csrf_token": csrf}).url == "/sign-in"
    assert desk.client.get_cookie("desk") is None and StaffSession.select().count() == 0
    desk.client.set_cookie("desk", token)
    assert not is_open(desk), "a kept cookie opens nothing"


def test_nobody_is_signed_out_by_a_link_or_a_foreign_page(desk):
    assert desk.open("/sign-out").status_code == 405
    assert desk.open("/sign-out", "POST").status_code == 400
    assert is_open(desk)


def test_wrong_password_and_unknown_address_look_the_same(visitor, clerk):
    pages = [sign_in(visitor, email, "wrong password", 422) for email in (clerk.email, "nobody@example.lu")]
    words = [re.sub(r'(value|content)="[^"]*"', "", page.html) for page in pages]
    assert words[0] == words[1]
    assert pages[0].errors == {"password": "This e-mail address and password do not belong together."}
    assert pages[0].soup.select_one("#email")["value"] == clerk.email
    assert not pages[0].soup.select_one("#password").get("value")


def test_disabled_account_looks_like_a_wrong_password(visitor, clerk):
    Staff.update(disabled_at=now()).execute()
    assert "do not belong together" in sign_in(visitor, clerk.email, PASSWORD, 422).errors["password"]


@pytest.mark.parametrize(
    ("email", "password", "wrong"),
    [
        ("", "x", ["email"]),
        ("clerk@example.lu", "", ["password"]),
        ("", "", ["email", "password"]),
        ("x" * 300, "x", ["email"]),
        ("clerk@example.lu", "x" * 2000, ["password"]),
        ("clerk@example.lu", PASSWORD + "x" * 1000, ["password"]),
        ("clerk@example.lu", PASSWORD.upper(), ["password"]),
        ("clerk@example.lu", PASSWORD + " ", ["password"]),
        ("' OR 1=1 --", "x", ["email", "password"]),
    ],
)
def test_what_cannot_be_right_is_said_beside_the_field(visitor, clerk, email, password, wrong):
    page = sign_in(visitor, email, password, 422)
    assert set(page.errors) <= set(wrong) and page.errors and not is_open(visitor)


def test_page_is_not_kept_and_found_by_no_search_engine(visitor):
    page = visitor.get("/sign-in")
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "noindex" in page.soup.select_one("meta[name=robots]")["content"]


def test_password_cannot_be_read_over_the_shoulder_and_is_named_for_managers(visitor):
    field = visitor.get("/sign-in").soup.select_one("[name=password]")
    assert (field["type"], field["autocomplete"]) == ("password", "current-password")


@pytest.mark.parametrize(
    "end",
    [
        lambda staff: Staff.update(disabled_at=now()).execute(),
        lambda staff: credentials.set_password(staff, "another horse battery"),
        lambda staff: StaffSession.update(seen_at=now() - 31 * MINUTE).execute(),
        lambda staff: StaffSession.update(created_at=now() - 481 * MINUTE).execute(),
        lambda staff: staff.delete_instance(),
    ],
    ids=["disabled", "new password", "idle for half an hour", "open for eight hours", "deleted"],
)
def test_session_ends(desk, clerk, end):
    assert is_open(desk)
    end(clerk)
    assert not is_open(desk)


def test_session_goes_on_while_it_is_used(desk):
    for _ in range(3):
        StaffSession.update(seen_at=now() - 29 * MINUTE).execute()
        assert is_open(desk)
        assert now() - StaffSession.get().seen_at < MINUTE
    StaffSession.update(created_at=now() - 479 * MINUTE).execute()
    assert is_open(desk)


def test_new_password_opens_and_the_old_one_does_not(visitor, clerk):
    credentials.set_password(clerk, "another horse battery")
    sign_in(visitor, clerk.email, PASSWORD, 422)
    assert sign_in(visitor, clerk.email, "another horse battery").url == "/desk"


def test_each_browser_has_its_own_session(app, clerk):
    first, second = signed_in(app, clerk), signed_in(app, clerk)
    csrf = first.get("/desk").soup.header.select_one("[name=csrf_token]")["value"]
    first.post("/sign-out", data={"csrf_token": csrf})
    assert not is_open(first) and is_open(second)


def test_database_gives_away_neither_session_nor_password(desk, clerk, monkeypatch):
    monkeypatch.setattr(passwords, "COST", COSTLY)
    token, session, staff = desk.client.get_cookie("desk").value, StaffSession.get(), Staff.get_by_id(clerk.id)
    assert len(token) >= 43 and token not in session.token_hash and re.fullmatch("[0-9a-f]{64}", session.token_hash)
    credentials.set_password(staff, PASSWORD)
    stored = Staff.get_by_id(staff.id).password_hash
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$") and PASSWORD not in stored


def test_hash_of_older_parameters_opens_and_is_made_anew(app, visitor, clerk, monkeypatch):
    monkeypatch.setattr(passwords, "COST", passwords.COST | {"time_cost": 2})
    sign_in(visitor, clerk.email, "wrong password", 422)
    assert ",t=1," in Staff.get_by_id(clerk.id).password_hash
    assert sign_in(visitor, clerk.email).url == "/desk"
    renewed = Staff.get_by_id(clerk.id).password_hash
    assert ",t=2," in renewed and sign_in(Visitor(app), clerk.email).url == "/desk"
    assert Staff.get_by_id(clerk.id).password_hash == renewed


def test_sign_in_that_finds_no_room_is_told_to_come_back_and_costs_no_try(app, clerk, monkeypatch):
    monkeypatch.setattr(passwords, "MAX_WAIT_SECONDS", 0.01)
    with ExitStack() as full:
        for _ in range(passwords.MAX_PARALLEL_HASHES):
            full.enter_context(passwords._one_of_few())
        for _ in range(6):
            page = sign_in(Visitor(app), clerk.email, PASSWORD, 503)
    assert page.title == "Too many at once" and page.response.headers["Retry-After"] == "5"
    assert PASSWORD not in page.html and sign_in(Visitor(app), clerk.email).url == "/desk"


def test_flood_of_sign_ins_leaves_a_thread_for_everybody_else(monkeypatch):
    over, threads = threading.Event(), runpy.run_path(str(ROOT / "deploy" / "gunicorn.conf.py"))["threads"]
    hash_ = PasswordHasher.hash
    monkeypatch.setattr(PasswordHasher, "hash", lambda *args: over.wait(10) and hash_(*args))
    monkeypatch.setattr(passwords, "MAX_WAIT_SECONDS", 10)
    with ThreadPoolExecutor(20) as crowd:
        asked = [crowd.submit(passwords.rehashed, PASSWORD) for _ in range(20)]
        refused = list(islice(as_completed(asked), 20 - (threads - 1)))  # while the others are still at it
        assert all(isinstance(one.exception(), passwords.BusyError) for one in refused)
        over.set()
    assert sum(one.exception() is None for one in asked) == threads - 1


@pytest.mark.parametrize("token", ["", "x", "x" * 3000, "é", "../..", "' OR 1=1"])
def test_invented_session_opens_nothing(visitor, clerk, token):
    visitor.client.set_cookie("desk", token)
    assert not is_open(visitor)


def test_cookie_without_https_is_as_strict_as_it_can_be(visitor, clerk):
    header = set_cookie(visitor, clerk.email)
    parts = header.split("; ")
    assert parts[0].startswith("desk=") and {"HttpOnly", "Path=/", "SameSite=Strict", "Max-Age=28800"} <= set(parts)
    assert "Secure" not in parts and "Domain" not in header


def test_cookie_over_https_is_bound_to_the_host(production, clerk):
    secure = Visitor(production)
    header = set_cookie(secure, clerk.email)
    assert header.startswith("__Host-desk=") and {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(
        header.split("; ")
    )
    assert secure.open("/sign-in").headers["Location"] == "/desk"


@pytest.mark.parametrize("query", ["next=//evil.example", "next=https://evil.example", "return_to=/procedures"])
def test_signing_in_leads_to_the_desk_and_nowhere_else(visitor, clerk, query):
    page = visitor.get(f"/sign-in?{query}")
    assert "evil" not in page.html
    data = {"csrf_token": page.soup.select_one("[name=csrf_token]")["value"], "email": clerk.email}
    answer = visitor.open(f"/sign-in?{query}", "POST", data=data | {"password": PASSWORD, "next": "//evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk")


def test_session_works_in_another_process(sqlite_url, desk):
    elsewhere = Visitor(running(sqlite_url))
    assert not is_open(elsewhere)
    elsewhere.client.set_cookie("desk", desk.client.get_cookie("desk").value)
    assert is_open(elsewhere)
    db.close()


def test_sign_in_works_on_both_databases(either, clerk):
    browser = Visitor(either)
    sign_in(browser, clerk.email, "wrong password", 422)
    assert sign_in(browser, clerk.email).url == "/desk"
    sign_in(Visitor(either), "💌@example.lu", "💌", 422)
    sign_in(Visitor(either), "a\0b@example.lu", "x\0", 400)
