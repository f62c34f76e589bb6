"""One's own account: what opens it is changed after a fresh proof only, and every session can be seen and ended."""

import datetime as dt

import pytest

from models import Passkey, RecoveryCode, Staff, StaffSession, now
from models.staff import accounts, credentials
from models.staff.passwords import EasyPasswordError
from support.authenticator import Device, add_passkey, csrf, options, send
from support.second_factor import codes, later, set_up_app
from support.site import PASSWORD, signed_in
from support.visitor import Visitor

NEW = "a password of many letters"
AGENTS = {
    "Firefox, Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Safari, iPhone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.4 Mobile/15E148 Safari/604.1",
    "Chrome, Android": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Edge, Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    "Another kind": "curl/8",
}
GUARDED = [
    ("GET", "/password"),
    ("POST", "/password"),
    ("GET", "/authenticator"),
    ("POST", "/authenticator"),
    ("POST", "/authenticator/remove"),
    ("POST", "/passkeys"),
    ("POST", "/passkeys/challenge"),
    ("POST", "/passkeys/1/remove"),
    ("POST", "/recovery-codes"),
]


def grow_old() -> None:
    """Let the five minutes pass for which a proof is good."""
    StaffSession.update(proved_at=now() - dt.timedelta(seconds=301)).execute()


def token(browser: Visitor) -> str:
    return browser.client.get_cookie("desk").value


def signed_in_with(app, staff: Staff, agent: str) -> Visitor:
    browser = Visitor(app)
    page = browser.get("/sign-in")
    data = {"csrf_token": csrf(page), "email": staff.email, "password": PASSWORD}
    assert browser.open("/sign-in", "POST", data=data, headers={"User-Agent": agent}).status_code == 303
    return browser


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_what_opens_the_account_is_changed_after_a_fresh_proof_only(desk, method, path):
    add_passkey(desk, Device())
    grow_old()
    page = desk.get("/desk/account")
    assert not page.soup.select("main form[data-passkey], main a[href$=password], main form[action*=passkeys]")
    data = {"csrf_token": csrf(page), "password": NEW, "again": NEW}
    answer = desk.open(f"/desk/account{path}", method, data=data if method == "POST" else None)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/account/proof")
    assert Passkey.select().count() == 1 and not RecoveryCode.select().exists()


def test_proof_by_password_and_code_is_good_for_five_minutes(desk, time_machine):
    secret = set_up_app(desk)
    grow_old()
    before = token(desk)
    page = desk.get("/desk/account/proof")
    assert set(desk.submit(page, "/proof", 422, password=PASSWORD, code="").errors) == {"code"}
    assert set(desk.submit(page, "/proof", 422, password="wrong", code=later(secret)).errors) == {"password"}
    assert desk.submit(page, "/proof", password=PASSWORD, code=later(secret)).url == "/desk/account"
    assert token(desk) != before and StaffSession.select().count() == 1
    assert desk.get("/desk/account/password").url == "/desk/account/password"
    time_machine.move_to(now() + dt.timedelta(seconds=301))
    assert desk.get("/desk/account/password").url == "/desk/account/proof"


def test_proof_by_passkey_has_to_be_of_this_account(app, desk, helpdesk):
    mine, foreign = Device(), Device()
    add_passkey(desk, mine)
    add_passkey(signed_in(app, helpdesk), foreign)
    grow_old()
    page = desk.get("/desk/account/proof")
    assert "not one of your account" in send(desk, page, "get", foreign.show(options(desk, page, "get")), 422).text
    assert "not one of your account" in send(desk, page, "get", "{}", 422).text
    assert send(desk, page, "get", mine.show(options(desk, page, "get"))).url == "/desk/account"
    assert desk.get("/desk/account/password").url == "/desk/account/password"


def test_account_without_a_password_is_proved_by_its_passkey_alone(desk):
    device = Device()
    add_passkey(desk, device)
    mine = codes(desk)
    Staff.update(password_hash="").execute()
    grow_old()
    page = desk.get("/desk/account/proof")
    assert not page.soup.select("input[type=password]")
    token = csrf(page)
    desk.post("/desk/account/proof", 422, data={"csrf_token": token, "password": mine[0], "code": mine[0]})
    assert send(desk, page, "get", device.show(options(desk, page, "get"))).url == "/desk/account"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/desk", "account", ""])
def test_proof_leads_to_the_account_and_nowhere_else(desk, to):
    page = desk.get("/desk/account/proof")
    assert desk.submit(page, "/proof", password=PASSWORD, to=to).url == "/desk/account"


def test_new_password_ends_the_other_sessions(app, clerk):
    browser, other = signed_in(app, clerk), signed_in(app, clerk)
    done = browser.submit(browser.get("/desk/account/password"), "/password", password=NEW, again=NEW)
    assert done.url == "/desk/account" and other.open("/desk").status_code == 303
    again = Visitor(app)
    again.submit(again.get("/sign-in"), "", 422, email=clerk.email, password=PASSWORD)
    assert again.submit(again.get("/sign-in"), email=clerk.email, password=NEW).url == "/desk"


@pytest.mark.parametrize("length", [14, 1001])
def test_password_is_neither_short_nor_endless(desk, clerk, length):
    page = desk.get("/desk/account/password")
    assert set(desk.submit(page, "/password", 422, password="x" * length, again="x" * length).errors) == {"password"}
    with pytest.raises(ValueError, match="characters"):
        credentials.set_password(clerk, "x" * length)
    with pytest.raises(ValueError, match="characters"):
        accounts.add("new@example.lu", "helpdesk", None, "x" * length)


def test_longest_password_opens(app, visitor, clerk):
    longest = ("drei blaue Säcke " * 59)[:1000]
    credentials.set_password(clerk, longest)
    assert visitor.submit(visitor.get("/sign-in"), email=clerk.email, password=longest).url == "/desk"


@pytest.mark.parametrize(
    "easy",
    [
        "aaaaaaaaaaaaaaa",
        "111222333444555",
        "123456789012345",
        "987654321098765",
        "password1234567",
        "PasswordPassword",
        "qwertzuiopasdfghj",
        "1qaz2wsx3edc4rfv",
        "q1w2e3r4t5y6u7i8",
        "clerk@example.lu",
        "Clerk.Example.2026",
        "eTrackingETracking",
        "Luxembourg2026!!",
        "éèéèéèéèéèéèéèéè",
        "(((((((((((((((",
        " " * 15,
        "azertyuiopqsdfgh",
        "Wëllkomm2026!!!",
        "20.05.1985 21.06.1990",
    ],
)
def test_password_that_is_easy_to_guess_is_refused_beside_the_field(app, desk, clerk, easy):
    page = desk.submit(desk.get("/desk/account/password"), "/password", 422, password=easy, again=easy)
    assert set(page.errors) == {"password"} and "easy to guess" in page.errors["password"]
    with pytest.raises(EasyPasswordError):
        accounts.add(clerk.email, "helpdesk", None, easy)
    assert signed_in_with(app, clerk, AGENTS["Another kind"]).open("/desk").status_code == 200, (
        "the old one still opens"
    )


@pytest.mark.parametrize(
    "good", ["drei blaue wagen", "the cat sat on the mat", "d'Kaz, de Schwäin, 7", "7T3zelasivcHD1n"]
)
def test_password_of_a_few_words_or_by_chance_is_taken(desk, good):
    assert (
        desk.submit(desk.get("/desk/account/password"), "/password", password=good, again=good).url == "/desk/account"
    )


def test_removing_a_factor_ends_the_other_sessions(app, clerk):
    browser, other = signed_in(app, clerk), signed_in(app, clerk)
    add_passkey(browser, Device())
    other = signed_in(app, clerk) if other.open("/desk").status_code != 200 else other
    set_up_app(browser)
    browser.submit(browser.get("/desk/account"), "/authenticator/remove")
    assert [row.factor for row in StaffSession.select()] == ["totp"]


def test_passkey_of_somebody_else_is_not_there(app, desk, helpdesk):
    add_passkey(signed_in(app, helpdesk), Device())
    data = {"csrf_token": csrf(desk.get("/desk/account"))}
    for key in (Passkey.get().id, 999, "x"):
        assert desk.open(f"/desk/account/passkeys/{key}/remove", "POST", data=data).status_code == 404
    assert desk.open("/desk/account/authenticator/remove", "POST", data=data).status_code == 404


def test_sessions_are_listed_by_browser_and_time(app, clerk, helpdesk):
    browsers = {kind: signed_in_with(app, clerk, agent) for kind, agent in AGENTS.items()}
    signed_in(app, helpdesk)
    page = browsers["Another kind"].get("/desk/account")
    rows = {row.th.get_text(): row.get_text(" ") for row in page.soup.select("tbody tr")}
    assert set(rows) == set(AGENTS) and "by password" in rows["Firefox, Windows"]
    assert [kind for kind, text in rows.items() if "This one" in text] == ["Another kind"]
    assert "192.0.2.1" not in page.html


def test_one_session_is_ended_and_the_others_stay(app, clerk):
    phone, desk = signed_in_with(app, clerk, AGENTS["Safari, iPhone"]), signed_in(app, clerk)
    third = signed_in(app, clerk)
    page = desk.get("/desk/account")
    row = next(row for row in page.soup.select("tbody tr") if "iPhone" in row.get_text())
    session = row.select_one("[name=session]")["value"]
    desk.post("/desk/account/sessions/end", data={"csrf_token": csrf(page), "session": session})
    assert phone.open("/desk").status_code == 303 and third.open("/desk").status_code == 200


def test_all_other_sessions_are_ended_at_once(app, clerk, helpdesk):
    others, foreign, desk = [signed_in(app, clerk) for _ in range(2)], signed_in(app, helpdesk), signed_in(app, clerk)
    desk.post("/desk/account/sessions/end", data={"csrf_token": csrf(desk.get("/desk/account"))})
    assert [browser.open("/desk").status_code for browser in (*others, foreign, desk)] == [303, 303, 200, 200]


def test_session_of_somebody_else_is_not_ended(app, desk, helpdesk):
    foreign = signed_in(app, helpdesk)
    key = StaffSession.get(StaffSession.staff == helpdesk).token_hash
    for session in (key, "x", key[:10]):
        desk.post(
            "/desk/account/sessions/end", data={"csrf_token": csrf(desk.get("/desk/account")), "session": session}
        )
    assert foreign.open("/desk").status_code == 200


def test_signing_in_again_ends_the_session_that_the_browser_had(app, desk, clerk):
    before = token(desk)
    page = Visitor(app).get("/sign-in")
    other = Visitor(app)
    page = other.get("/sign-in")
    other.client.set_cookie("desk", before)
    data = {"csrf_token": csrf(page), "email": clerk.email, "password": PASSWORD}
    assert other.open("/sign-in", "POST", data=data).headers["Location"] == "/desk"
    assert token(other) != before and StaffSession.select().count() == 1 and desk.open("/desk").status_code == 303


def test_old_sessions_are_not_listed(app, desk, clerk):
    signed_in(app, clerk)
    StaffSession.update(seen_at=now() - dt.timedelta(minutes=31)).where(
        StaffSession.token_hash != StaffSession.find(token(desk)).token_hash
    ).execute()
    assert len(desk.get("/desk/account").soup.select("tbody tr")) == 1


@pytest.mark.parametrize("path", ["", "/proof", "/password", "/authenticator"])
def test_pages_of_the_account_are_kept_nowhere_and_closed_to_strangers(desk, visitor, path):
    assert desk.open(f"/desk/account{path}").headers["Cache-Control"] == "no-store"
    assert visitor.open(f"/desk/account{path}").headers["Location"] == "/sign-in"
    assert visitor.open(f"/desk/account{path}", htmx=True).headers["HX-Redirect"] == "/sign-in"


def test_key_for_an_app_that_one_has_seen_is_not_the_next_one_s_at_the_same_computer(desk, helpdesk):
    path = "/desk/account/authenticator"
    seen = desk.get(path).soup.select_one(".todo .number").get_text()
    page = desk.post("/sign-out", data={"csrf_token": csrf(desk.get("/desk/account"))})
    desk.submit(page, email=helpdesk.email, password=PASSWORD)
    assert desk.get(path).soup.select_one(".todo .number").get_text() != seen


@pytest.mark.parametrize("key", [0, 10**9, 10**20])
def test_passkey_that_there_is_not_is_not_found(desk, key):
    data = {"csrf_token": csrf(desk.get("/desk/account"))}
    assert desk.open(f"/desk/account/passkeys/{key}/remove", "POST", data=data).status_code == 404
