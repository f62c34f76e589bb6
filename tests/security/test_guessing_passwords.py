"""Guessing is slow for everybody, and keeps no clerk out, however many guess."""

import datetime as dt
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from blueprints.accounts import attempts
from models import Counter, KnownBrowser, Staff, StaffSession, Tries, db, now
from models.staff import accounts, credentials, passwords
from models.staff.session import KNOWN_BROWSER_LIFETIME
from support.authenticator import Device, add_passkey, sign_in_with
from support.second_factor import half_in, set_up_app
from support.site import PASSWORD, signed_in
from support.visitor import Page, Visitor

FREE = Tries.FREE_TRIES
WRONG = "a wrong password"


def guess(browser: Visitor, email: str, status: int = 422, password: str = WRONG) -> Page:
    return browser.submit(browser.get("/sign-in"), "/sign-in", status, email=email, password=password)


def stranger(app, index: int = 1) -> Visitor:
    return Visitor(app, address=f"203.0.{index // 250}.{index % 250}")


def strangers_guess(app, email: str) -> None:
    """As many wrong passwords as there are free, each from another part of the world."""
    for index in range(FREE):
        guess(stranger(app, index), email)


@pytest.fixture
def later(time_machine):
    """later(61) seconds."""
    start = now()
    time_machine.move_to(start, tick=False)
    return lambda seconds: time_machine.move_to(now() + dt.timedelta(seconds=seconds), tick=False)


def test_account_that_strangers_guess_at_waits_longer_and_longer(app, visitor, clerk, later):
    strangers_guess(app, clerk.email)
    for index, minutes in enumerate((1, 2, 4, 8, 15, 15)):
        page = guess(visitor, clerk.email, 429, PASSWORD)
        assert page.title == "Too many tries" and int(page.response.headers["Retry-After"]) == minutes * 60 + 1
        later(minutes * 60 - 1)
        guess(visitor, clerk.email, 429, PASSWORD)
        later(2)
        guess(stranger(app, 100 + index), clerk.email)
    assert Tries.select().count() > FREE and not StaffSession.select().exists()


def test_right_password_opens_when_the_wait_is_over(app, visitor, clerk, later):
    strangers_guess(app, clerk.email)
    later(61)
    assert guess(visitor, clerk.email, 200, PASSWORD).url == "/desk"


def test_everything_is_forgotten_after_an_hour_without_a_try(app, visitor, clerk, later):
    strangers_guess(app, clerk.email)
    later(3601)
    for _ in range(FREE):
        guess(visitor, clerk.email)


def test_address_waits_whatever_the_account(app, clerk, later):
    guesser, neighbour = Visitor(app, address="2001:db8:1:2::7"), Visitor(app, address="2001:db8:1:2:ffff::9")
    for index in range(FREE):
        guess(guesser, f"somebody-{index}@example.lu")
    for browser in (guesser, neighbour):  # one /64 is one visitor
        guess(browser, clerk.email, 429, PASSWORD)
    assert guess(Visitor(app, address="2001:db8:1:3::7"), clerk.email, 200, PASSWORD).url == "/desk"


def test_own_password_in_between_buys_a_guesser_nothing(app, clerk, helpdesk):
    guesser = stranger(app)
    for index in range(FREE):
        guess(Visitor(app, address=guesser.address), helpdesk.email, 200, PASSWORD)
        guess(guesser, f"somebody-{index}@example.lu")
    guess(guesser, clerk.email, 429)


def test_clerk_comes_in_while_the_whole_world_guesses(app, clerk, later):
    """In the browser of every day by password, and in any by passkey."""
    device, everyday = Device(), signed_in(app, clerk)
    add_passkey(everyday, device)
    everyday.post("/sign-out", data={"csrf_token": token_of(everyday)})
    looked_at = 0
    for minute in range(60):
        looked_at += attempt(stranger(app, minute), clerk.email) == 422
        later(60)
    assert looked_at == FREE + 6, "five free ones, then after 1, 2, 4, 8, 15 and 15 minutes"
    assert attempt(stranger(app, 500), clerk.email, PASSWORD) == 429
    assert guess(everyday, clerk.email, 200, PASSWORD).url == "/sign-in/code"
    assert sign_in_with(stranger(app, 501), device).url == "/desk"


def token_of(browser: Visitor) -> str:
    return browser.get("/desk").soup.header.select_one("[name=csrf_token]")["value"]


def attempt(browser: Visitor, email: str, password: str = WRONG) -> int:
    """The status of the answer to one try."""
    csrf = browser.get("/sign-in").form("/sign-in").select_one("[name=csrf_token]")["value"]
    return browser.open("/sign-in", "POST", data={"csrf_token": csrf, "email": email, "password": password}).status_code


def test_known_browser_has_a_count_of_its_own(app, clerk):
    known = signed_in(app, clerk)
    known.post("/sign-out", data={"csrf_token": token_of(known)})
    for _ in range(FREE):
        guess(known, clerk.email)
    guess(known, clerk.email, 429, PASSWORD)
    assert guess(Visitor(app), clerk.email, 200, PASSWORD).url == "/desk", "neither account nor address has heard of it"


def test_browser_is_known_for_the_accounts_that_were_used_in_it(app, clerk, helpdesk):
    browser = Visitor(app)
    guess(browser, clerk.email, 200, PASSWORD)
    cookie = browser.client.get_cookie("known")
    assert cookie.http_only and cookie.same_site == "Strict" and len(cookie.value) >= 43
    assert not KnownBrowser.knows(cookie.value, helpdesk.email)
    browser.post("/sign-out", data={"csrf_token": token_of(browser)})
    guess(browser, helpdesk.email, 200, PASSWORD)
    assert browser.client.get_cookie("known").value == cookie.value
    assert all(KnownBrowser.knows(cookie.value, staff.email) for staff in (clerk, helpdesk))
    assert cookie.value not in {row.token_hash for row in KnownBrowser.select()}


def test_invented_browser_is_no_known_one(visitor, clerk):
    visitor.client.set_cookie("known", "x" * 43)
    guess(visitor, clerk.email, 200, PASSWORD)
    assert visitor.client.get_cookie("known").value != "x" * 43


def test_browser_is_forgotten_after_a_year_and_with_a_closed_account(app, clerk, helpdesk):
    signed_in(app, clerk)
    KnownBrowser.update(seen_at=now() - KNOWN_BROWSER_LIFETIME - dt.timedelta(days=1)).execute()
    signed_in(app, helpdesk)
    assert [row.staff for row in KnownBrowser.select()] == [helpdesk]
    accounts.disable(helpdesk)
    assert not KnownBrowser.select().exists()


def test_no_account_takes_more_than_a_hundred_wrong_ones_an_hour(app, clerk, later, monkeypatch):
    monkeypatch.setattr(attempts, "MAX_WRONG_PER_HOUR", 2)
    known = signed_in(app, clerk)
    known.post("/sign-out", data={"csrf_token": token_of(known)})
    guess(known, clerk.email)
    guess(Visitor(app), clerk.email)
    for browser in (known, stranger(app)):
        assert guess(browser, clerk.email, 429, PASSWORD).response.headers["Retry-After"]
    later(3601)
    assert guess(known, clerk.email, 200, PASSWORD).url == "/desk"


def test_codes_are_guessed_as_slowly_as_passwords(app, clerk):
    set_up_app(signed_in(app, clerk))
    browser, page = half_in(app, clerk)
    for _ in range(FREE):
        browser.submit(page, "/sign-in/code", 422, code="000000")
    browser.submit(page, "/sign-in/code", 429, code="000000")


def test_proof_is_guessed_as_slowly_too(desk):
    page = desk.get("/desk/account/proof")
    for _ in range(FREE):
        desk.submit(page, "/proof", 422, password="wrong password")
    desk.submit(page, "/proof", 429, password=PASSWORD)


def test_right_ones_are_not_counted(app, clerk):
    for _ in range(FREE + 2):
        assert guess(Visitor(app), clerk.email, 200, PASSWORD).url == "/desk"


def test_stopped_account_keeps_its_open_sessions(app, desk, clerk):
    strangers_guess(app, clerk.email)
    assert desk.open("/desk").status_code == 200


def test_counters_know_no_address(app, visitor, clerk):
    guess(visitor, clerk.email)
    keys = [row.key for model in (Counter, Tries) for row in model.select()]
    assert len(keys) == 3 and all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)


def test_tries_are_taken_one_by_one_however_many_come_at_once(either):
    def take(_index: int) -> bool:
        with db.connection_context():
            return Tries.take("somebody") == 0

    db.close()
    with ThreadPoolExecutor(8) as crowd:
        allowed = list(crowd.map(take, range(40)))
    assert sum(allowed) == FREE
    db.connect(reuse_if_open=True)


def test_unknown_address_takes_as_long_as_a_wrong_password(app, clerk, monkeypatch):
    """The costly part is done once in either case."""
    done = []
    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", lambda self, *args: done.append(1) or verify(self, *args))
    accounts.add("nothing@example.lu", "helpdesk", None, PASSWORD)
    Staff.update(password_hash="").where(Staff.email == "nothing@example.lu").execute()
    for index, email in enumerate((clerk.email, "nobody@example.lu", "nothing@example.lu")):
        guess(stranger(app, index), email)
        guess(stranger(app, index + 10), email, password="x" * 1001)
        assert len(done) == 2 * (index + 1)


def test_check_takes_the_same_work_for_no_account_and_for_a_hash_of_older_parameters(app, clerk, monkeypatch):
    older = PasswordHasher(time_cost=2, memory_cost=4_864, parallelism=1).hash(PASSWORD)
    monkeypatch.setattr(passwords, "COST", {"time_cost": 3, "memory_cost": 16_384})
    Staff.create(email="old@example.lu", role="helpdesk", password_hash=older, created_at=now())
    Staff.update(password_hash=passwords.rehashed(PASSWORD)).where(Staff.id == clerk.id).execute()
    spent = {
        email: min(processor_time(lambda email=email: credentials.check_password(email, WRONG)) for _ in range(3))
        for email in (clerk.email, "old@example.lu", "nobody@example.lu")
    }
    assert max(spent.values()) < 2 * min(spent.values()), spent
    assert credentials.check_password("old@example.lu", PASSWORD)


def processor_time(do) -> float:
    begun = time.thread_time()
    do()
    return time.thread_time() - begun
