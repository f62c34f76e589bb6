"""Accounts of others: an administrator invites, closes, opens again and begins anew; a link works once, for a day."""

import datetime as dt
import re

import pytest

from models import Authority, Passkey, RecoveryCode, Staff, StaffSession, Totp, db, now
from support.authenticator import csrf
from support.commands import run
from support.office import NEW, change, link, row
from support.second_factor import codes, set_up_app
from support.site import PASSWORD, signed_in
from support.visitor import Visitor

ROUTES = [
    ("GET", "/desk/staff"),
    ("POST", "/desk/staff"),
    ("POST", "/desk/staff/{id}"),
    ("POST", "/desk/staff/{id}/reset"),
]


@pytest.mark.parametrize("role", ["nobody", "clerk", "helpdesk", "admin"])
@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_only_administrators_see_and_change_accounts(app, visitor, clerk, helpdesk, admin, role, method, route):
    person = {"clerk": clerk, "helpdesk": helpdesk, "admin": admin}.get(role)
    browser = signed_in(app, person) if person else visitor
    data = {"csrf_token": csrf(browser.get("/sign-in" if person is None else "/desk/account"))}
    answer = browser.open(route.format(id=clerk.id), method, data=data if method == "POST" else None)
    assert (answer.status_code == 403) == (role in ("clerk", "helpdesk"))
    assert (answer.headers.get("Location") == "/sign-in") == (role == "nobody")
    assert Staff.get_by_id(clerk.id).disabled_at is None


@pytest.mark.parametrize("role", ["clerk", "helpdesk", "admin"])
def test_everybody_has_the_pages_of_the_own_account(app, clerk, helpdesk, admin, role):
    browser = signed_in(app, {"clerk": clerk, "helpdesk": helpdesk, "admin": admin}[role])
    for page in ("", "/proof", "/password", "/authenticator"):
        assert browser.open(f"/desk/account{page}").status_code == 200
    links = browser.get("/desk/account").soup.select("main a[href='/desk/staff']")
    assert bool(links) == (role == "admin")


def test_closed_account_is_signed_out_at_once_and_can_be_opened_again(app, office, clerk):
    browser = signed_in(app, clerk)
    assert "is closed" in change(office, clerk, "disable").text
    assert browser.open("/desk").headers["Location"] == "/sign-in"
    assert "Closed" in row(office.get("/desk/staff"), clerk.email)
    assert "open again" in change(office, clerk, "enable").text
    assert signed_in(app, clerk).get("/desk").url == "/desk"


def test_account_is_signed_out_everywhere(app, office, clerk):
    browsers = [signed_in(app, clerk) for _ in range(2)]
    change(office, clerk, "sign-out")
    assert [browser.open("/desk").status_code for browser in browsers] == [303, 303]
    assert office.open("/desk").status_code == 200


def test_reset_forgets_all_that_opened_the_account(app, office, clerk):
    browser = signed_in(app, clerk)
    set_up_app(browser)
    codes(browser)
    page = office.get("/desk/staff")
    address = link(office.post(f"/desk/staff/{clerk.id}/reset", data={"csrf_token": csrf(page)}))
    assert not [model for model in (Totp, Passkey, RecoveryCode) if model.select().exists()]
    assert browser.open("/desk").status_code == 303
    other = Visitor(app)
    other.submit(other.get("/sign-in"), "", 422, email=clerk.email, password=PASSWORD)
    assert other.submit(other.get(address), "/invitation/", password=NEW, again=NEW).url == "/desk"


def test_nobody_closes_or_resets_their_own_account(office, admin):
    assert not office.get("/desk/staff").soup.select(f"form[action='/desk/staff/{admin.id}']")
    assert "one administrator always stays" in change(office, admin, "disable", 409).text
    office.post(f"/desk/staff/{admin.id}/reset", 409, data={"csrf_token": csrf(office.get("/desk/staff"))})
    assert office.get("/desk").url == "/desk"


def test_account_of_an_authoritys_own_system_is_none_of_theirs(office, clerk):
    account = {"email": "files@vat", "role": "system", "authority": clerk.authority, "password_hash": ""}
    system = Staff.create(**account, created_at=now())
    page = office.get("/desk/staff")
    assert system.email not in page.text
    for path in (str(system.id), f"{system.id}/reset"):
        data = {"csrf_token": csrf(page), "action": "enable"}
        assert office.open(f"/desk/staff/{path}", "POST", data=data).status_code == 404


@pytest.mark.parametrize(
    ("address", "action", "status"),
    [
        ("/desk/staff/999", "disable", 404),
        ("/desk/staff/{id}", "x", 400),
        ("/desk/staff/{id}", "", 400),
        ("/desk/staff/999/reset", "", 404),
        ("/desk/staff/x", "disable", 404),
    ],
)
def test_unknown_account_and_unknown_action(office, clerk, address, action, status):
    data = {"csrf_token": csrf(office.get("/desk/staff")), "action": action}
    assert office.open(address.format(id=clerk.id), "POST", data=data).status_code == status
    assert office.open("/desk/staff/1").status_code == 405


def test_accounts_are_changed_only_after_a_fresh_proof(office, clerk):
    StaffSession.update(proved_at=now() - dt.timedelta(seconds=301)).execute()
    page = office.get("/desk/staff")
    assert not page.soup.select("main form") and "first show once more that it is you" in page.text
    data = {"csrf_token": csrf(page), "action": "disable", "email": "new@example.lu", "role": "helpdesk"}
    for address in ("/desk/staff", f"/desk/staff/{clerk.id}", f"/desk/staff/{clerk.id}/reset"):
        assert office.open(address, "POST", data=data).headers["Location"] == "/desk/account/proof?to=staff"
    assert (Staff.select().count(), Staff.get_by_id(clerk.id).disabled_at) == (2, None)
    proved = office.submit(office.get("/desk/account/proof?to=staff"), "/proof", password=PASSWORD)
    assert proved.url == "/desk/staff" and proved.soup.select("main form")


def test_many_accounts_stand_on_pages_and_cost_few_queries(app, office, clerk, monkeypatch):
    for index in range(30):
        Staff.create(
            email=f"s{index:02}@example.lu", role="clerk", authority=clerk.authority, password_hash="", created_at=now()
        )
    asked = []
    execute = type(db.obj).execute_sql
    monkeypatch.setattr(
        type(db.obj),
        "execute_sql",
        lambda self, sql, *rest, **more: asked.append(sql) or execute(self, sql, *rest, **more),
    )
    first = office.get("/desk/staff")
    assert len(asked) <= 7, asked
    second = office.get(first.soup.select_one("[rel=next]")["href"])
    assert len(first.soup.select("tbody tr")) == 25 and len(second.soup.select("tbody tr")) == 7
    assert office.get("/desk/staff?page=x").status == office.get("/desk/staff?page=-1").status == 200


def test_command_prints_a_link_that_opens_a_new_account(app, visitor):
    slug = Authority.select().first().slug
    said = run(app, "staff", "invite", "new@example.lu", "--role", "clerk", "--authority", slug)
    assert said.exit_code == 0 and re.fullmatch(r"http://localhost/sign-in/invitation/[\w-]{43}\n", said.stdout)
    db.connect(reuse_if_open=True)
    page = visitor.get(said.stdout.strip().removeprefix("http://localhost"))
    assert visitor.submit(page, "/invitation/", password=NEW, again=NEW).url == "/desk"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("invite", "clerk@example.lu", "--role", "helpdesk"), "there is an account"),
        (("invite", "new@example.lu", "--role", "clerk"), "a clerk belongs to one authority"),
        (("reset", "new@example.lu"), "there is no such account"),
    ],
)
def test_command_refuses_in_a_sentence(app, clerk, arguments, why):
    refused = run(app, "staff", *arguments)
    assert refused.exit_code == 1 and why in refused.stderr


def test_command_resets_an_account_that_nobody_opens_any_more(app, visitor, admin):
    said = run(app, "staff", "reset", admin.email)
    db.connect(reuse_if_open=True)
    assert visitor.get(said.stdout.strip().removeprefix("http://localhost")).title == "Welcome to the desk"


@pytest.mark.parametrize("key", [0, 10**9, 10**20])
@pytest.mark.parametrize("verb", ["", "/reset"])
def test_account_that_there_is_not_is_not_found(office, key, verb):
    data = {"csrf_token": csrf(office.get("/desk/staff")), "action": "disable"}
    assert office.open(f"/desk/staff/{key}{verb}", "POST", data=data).status_code == 404
