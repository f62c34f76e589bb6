"""The second step: a code counts once, a recovery code too, and a password alone opens no desk where one is wanted."""

import base64
import datetime as dt
import re
from pathlib import Path

import pyotp
import pytest

from models import Passkey, RecoveryCode, Staff, StaffSession, Totp, db, now
from models.security.tokens import hashed
from models.staff import accounts, credentials
from support.authenticator import Device, add_passkey, csrf, sign_in_with
from support.second_factor import codes, half_in, later, set_up_app
from support.sending import close
from support.site import PASSWORD, account, running, signed_in
from support.visitor import Visitor


@pytest.fixture
def strict(app):
    """The site as in production: a password alone is not enough."""
    app.config["STAFF_SECOND_FACTOR"] = True
    return app


def test_password_alone_leads_to_a_second_factor_and_nowhere_else(strict, clerk, dossier):
    browser = signed_in(strict, clerk)
    for address in ("/desk", f"/desk/dossiers/{dossier.number}", "/desk/scan?number=x", "/desk/staff", "/desk/nothing"):
        answer = browser.open(address)
        assert (answer.status_code, answer.headers.get("Location")) == (303, "/desk/account"), address
        assert browser.open(address, htmx=True).headers["HX-Redirect"] == "/desk/account"
    assert "Before the desk opens" in browser.get("/desk/account").text
    set_up_app(browser)
    assert browser.get("/desk").url == "/desk"


def test_other_sessions_that_a_password_alone_has_opened_end_with_the_first_factor(strict, clerk):
    thief, browser = signed_in(strict, clerk), signed_in(strict, clerk)
    add_passkey(browser, Device())
    assert thief.get("/desk/account").url == "/sign-in" and browser.get("/desk").url == "/desk"


def test_account_with_an_app_needs_its_code(strict, clerk):
    secret = set_up_app(signed_in(strict, clerk))
    browser, page = half_in(strict, clerk)
    assert page.url == "/sign-in/code" and StaffSession.select().count() == 1
    assert browser.open("/desk").headers["Location"] == "/sign-in"
    assert browser.submit(page, "/sign-in/code", code=later(secret)).url == "/desk"


def test_second_factor_is_asked_for_even_where_it_is_not_demanded(app, clerk):
    secret = set_up_app(signed_in(app, clerk))
    browser, page = half_in(app, clerk)
    assert page.url == "/sign-in/code"
    assert browser.submit(page, "/sign-in/code", code=later(secret)).url == "/desk"


@pytest.mark.parametrize("spell", [str, lambda code: f" {code[:3]} {code[3:]} "])
def test_code_counts_once(either, clerk, spell):
    secret = set_up_app(signed_in(either, clerk))
    code = spell(later(secret))
    browser, page = half_in(either, clerk)
    assert browser.submit(page, "/sign-in/code", code=code).url == "/desk"
    again, page = half_in(either, clerk)
    assert "was used before" in again.submit(page, "/sign-in/code", 422, code=code).errors["code"]
    assert again.open("/desk").status_code == 303


def test_code_that_set_the_app_up_is_used(app, clerk):
    secret = set_up_app(signed_in(app, clerk))
    browser, page = half_in(app, clerk)
    browser.submit(page, "/sign-in/code", 422, code=pyotp.TOTP(secret).at(now()))


@pytest.mark.parametrize("code", ["", "000000", "12345", "x" * 50, "ä́١٢٣٤٥٦", "1234567", "٠٠٠٠٠٠"])
def test_wrong_code_is_said_beside_the_field(app, clerk, code):
    set_up_app(signed_in(app, clerk))
    browser, page = half_in(app, clerk)
    assert set(browser.submit(page, "/sign-in/code", 422, code=code).errors) == {"code"}


def test_codes_of_the_minute_about_now_are_taken_and_no_others(app, clerk, time_machine):
    time_machine.move_to(now(), tick=False)
    secret, right = set_up_app(signed_in(app, clerk)), []
    for steps in range(-3, 4):
        Totp.update(last_step=0).execute()
        if credentials.check_code(clerk, later(secret, steps)):
            right.append(steps)
    assert right == [-1, 0, 1]


def test_second_step_is_over_after_five_minutes(app, clerk, time_machine):
    secret = set_up_app(signed_in(app, clerk))
    browser, page = half_in(app, clerk)
    time_machine.move_to(now() + dt.timedelta(seconds=301))
    assert browser.submit(page, "/sign-in/code", code=later(secret)).url == "/sign-in"


def test_second_step_is_for_who_typed_the_password(app, visitor, clerk):
    set_up_app(signed_in(app, clerk))
    assert visitor.get("/sign-in/code").url == "/sign-in"
    browser, page = half_in(app, clerk)
    accounts.disable(clerk)
    assert browser.submit(page, "/sign-in/code", code="123456").url == "/sign-in"


def test_account_with_a_passkey_alone_is_not_opened_by_its_password(app, clerk):
    device = Device()
    add_passkey(signed_in(app, clerk), device)
    browser, page = half_in(app, clerk)
    assert page.url == "/sign-in/code" and page.soup.select_one("form[data-passkey=get]")
    assert sign_in_with(Visitor(app), device).url == "/desk"


def test_recovery_codes_are_ten_shown_once_and_kept_as_hashes(app, clerk):
    browser = signed_in(app, clerk)
    set_up_app(browser)
    found = codes(browser)
    assert len(set(found)) == 10 and all(re.fullmatch("([0-9A-Z]{4}-){6}[0-9A-Z]{4}", code) for code in found)
    assert not {row.code_hash for row in RecoveryCode.select()} & set(found)
    page = browser.get("/desk/account")
    assert "10 codes are left" in page.text and not [code for code in found if code in page.html]


@pytest.mark.parametrize(
    "spell", [str, str.lower, lambda code: code.replace("-", " "), lambda code: code.replace("0", "O")]
)
def test_recovery_code_opens_once_in_any_spelling(either, clerk, spell):
    browser = signed_in(either, clerk)
    set_up_app(browser)
    code = spell(codes(browser)[3])
    other, page = half_in(either, clerk)
    asked = other.submit(page, "/sign-in/code", code=code)
    assert asked.url == "/desk/account" and "You came in by a recovery code" in asked.text
    assert "9 codes are left" in asked.text and other.get("/desk").url == "/desk"
    again, page = half_in(either, clerk)
    again.submit(page, "/sign-in/code", 422, code=code)


def test_new_recovery_codes_make_the_old_ones_worthless(app, clerk):
    browser = signed_in(app, clerk)
    set_up_app(browser)
    old, new = codes(browser), codes(browser)
    other, page = half_in(app, clerk)
    other.submit(page, "/sign-in/code", 422, code=old[0])
    assert other.submit(page, "/sign-in/code", code=new[0]).url == "/desk/account"


def test_recovery_code_alone_opens_no_account_not_even_one_without_a_password(app, clerk):
    browser = signed_in(app, clerk)
    add_passkey(browser, Device())
    mine = codes(browser)
    Staff.update(password_hash="").where(Staff.id == clerk.id).execute()
    other = Visitor(app)
    for password in (mine[0], ""):
        other.submit(other.get("/sign-in"), "", 422, email=clerk.email, password=password)
    assert RecoveryCode.select().count() == 10 and other.open("/desk").status_code != 200
    page = browser.get("/desk/account")
    assert "they open nothing" in page.text and "One passkey is all that opens your account" in page.text
    assert not page.soup.select("form[action$='/recovery-codes']")
    assert browser.post("/desk/account/recovery-codes", data={"csrf_token": csrf(page)}).url == "/desk/account/password"
    assert RecoveryCode.select().count() == 10


def test_shorter_codes_of_before_go_on_working_and_their_owner_is_asked_for_new_ones(app, clerk):
    browser = signed_in(app, clerk)
    set_up_app(browser)
    db.execute_sql(
        "INSERT INTO recovery_code (staff_id, code_hash) VALUES (?, ?)", (clerk.id, hashed("K7Q2MX4P9TRWY000"))
    )
    assert "older, shorter kind" in browser.get("/desk/account").text
    other, page = half_in(app, clerk)
    assert other.submit(page, "/sign-in/code", code="k7q2-mx4p-9trw-yooo").url == "/desk/account"
    codes(browser)
    assert "shorter" not in browser.get("/desk/account").text


def test_recovery_code_does_not_stand_in_for_a_password_that_there_is(app, clerk):
    browser = signed_in(app, clerk)
    set_up_app(browser)
    mine = codes(browser)
    other = Visitor(app)
    other.submit(other.get("/sign-in"), "", 422, email=clerk.email, password=mine[0])
    assert RecoveryCode.select().count() == 10


def test_last_passkey_or_app_stays(app, clerk):
    browser = signed_in(app, clerk)
    add_passkey(browser, Device())
    refused = browser.submit(browser.get("/desk/account"), "/remove", 409)
    assert "your only passkey or app" in refused.text and Passkey.select().count() == 1
    set_up_app(browser)
    assert "opens your account no more" in browser.submit(browser.get("/desk/account"), "/passkeys/").text
    browser.submit(browser.get("/desk/account"), "/authenticator/remove", 409)
    assert Totp.select().count() == 1


def everything(site) -> str:
    """All that a stolen copy of the database holds."""
    rows = [list(db.execute_sql(f'SELECT * FROM "{table}"')) for table in db.get_tables()]  # noqa: S608
    url = site.config["DATABASE_URL"]
    files = Path(url.removeprefix("sqlite:///")).parent.glob("etracking.db*") if url.startswith("sqlite:") else []
    return f"{rows} {[path.read_bytes() for path in files]}"


def test_secret_of_an_app_is_nowhere_in_the_database(either, clerk):
    secret = set_up_app(signed_in(either, clerk))
    stolen = everything(either)
    assert clerk.email in stolen and secret not in stolen
    assert repr(base64.b32decode(secret))[2:-1] not in stolen


def test_app_that_is_moved_to_another_account_opens_it_not(either, clerk, helpdesk):
    secret = set_up_app(signed_in(either, clerk))
    Totp.update(staff=helpdesk).execute()
    browser, page = half_in(either, helpdesk)
    browser.submit(page, "/sign-in/code", 422, code=later(secret))
    assert browser.open("/desk").status_code == 303


def with_another_secret(site):
    """The same site, started anew with another secret."""
    close()
    site = running(site.config["DATABASE_URL"], SECRET_KEY="another secret of thirty-two characters")
    db.connect(reuse_if_open=True)
    return site


def test_site_with_another_secret_says_that_the_app_is_lost_and_takes_a_recovery_code(either, clerk):
    before = signed_in(either, clerk)
    secret, mine = set_up_app(before), codes(before)
    site = with_another_secret(either)
    browser, page = half_in(site, clerk)
    assert "can no longer check the codes of your app" in page.text
    wrong = browser.submit(page, "/sign-in/code", 422, code=later(secret))
    assert wrong.errors["code"] == "This is none of your recovery codes, or it was used before."
    assert browser.submit(page, "/sign-in/code", code=mine[0]).url == "/desk/account"
    assert "then set the app up anew" in browser.get("/desk/account").text
    new = set_up_app(browser)
    again, page = half_in(site, clerk)
    assert again.submit(page, "/sign-in/code", code=later(new)).url == "/desk"


def test_site_with_another_secret_asks_for_a_recovery_code_as_the_proof(app, clerk):
    before = signed_in(app, clerk)
    secret, mine = set_up_app(before), codes(before)
    browser = signed_in(with_another_secret(app), clerk)
    page = browser.get("/desk/account/proof")
    assert "can no longer check the codes of your app" in page.text
    browser.submit(page, "/proof", 422, password=PASSWORD, code=later(secret))
    assert browser.submit(page, "/proof", password=PASSWORD, code=mine[0]).url == "/desk/account"


def test_passkey_is_the_last_way_in_beside_an_app_that_is_lost(app, clerk):
    before = signed_in(app, clerk)
    set_up_app(before)
    add_passkey(before, Device())
    browser = signed_in(with_another_secret(app), clerk)
    browser.submit(browser.get("/desk/account"), "/passkeys/", 409)
    assert "opens your account no more" in browser.submit(browser.get("/desk/account"), "/authenticator/remove").text


def test_administrator_sees_who_has_lost_the_app(app, clerk):
    set_up_app(signed_in(app, clerk))
    admin = account("admin@example.lu", "admin")
    assert "password and code" in signed_in(app, admin).get("/desk/staff").text
    site = with_another_secret(app)
    assert "an app to be set up anew" in signed_in(site, admin).get("/desk/staff").text
