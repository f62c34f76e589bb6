"""Accounts of others: an administrator invites, closes, opens again and begins anew; a link works once, for a day."""

import datetime as dt
import re
import threading

import pytest

from models import Authority, Invitation, Passkey, RecoveryCode, Staff, StaffSession, Totp, db, now
from models.staff import accounts, credentials
from models.staff.staff import RefusedError
from support.authenticator import Device, csrf, options, send, sign_in_with
from support.commands import run
from support.postgresql_server import somebody_waits
from support.second_factor import codes, set_up_app
from support.site import PASSWORD, account, signed_in
from support.visitor import Page, Visitor

ROUTES = [
    ("GET", "/desk/staff"),
    ("POST", "/desk/staff"),
    ("POST", "/desk/staff/{id}"),
    ("POST", "/desk/staff/{id}/reset"),
]
NEW = "a password of many letters"


@pytest.fixture
def admin(app) -> Staff:
    return account("admin@example.lu", "admin")


@pytest.fixture
def office(app, admin) -> Visitor:
    """The administrator's browser, signed in."""
    return signed_in(app, admin)


def invite(office: Visitor, status: int = 200, **fields: str) -> Page:
    typed = {"email": "new@example.lu", "role": "helpdesk", "authority": ""} | fields
    return office.post("/desk/staff", status, data={"csrf_token": csrf(office.get("/desk/staff"))} | typed)


def link(page: Page) -> str:
    return page.soup.select_one("#link")["value"].removeprefix("http://localhost")


def change(office: Visitor, staff: Staff, action: str, status: int = 200) -> Page:
    page = office.get("/desk/staff")
    return office.post(f"/desk/staff/{staff.id}", status, data={"csrf_token": csrf(page), "action": action})


def row(page: Page, email: str) -> str:
    rows = [" ".join(row.get_text(" ").split()) for row in page.soup.select("tbody tr")]
    return next(text for text in rows if text.startswith(email))


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


def test_invited_clerk_comes_in_with_a_password_and_has_to_set_up_a_second_step(app, office, clerk):
    app.config["STAFF_SECOND_FACTOR"] = True
    StaffSession.update(factor="totp").execute()
    shown = invite(office, email="New@Example.LU", role="clerk", authority=clerk.authority.slug)
    new = Visitor(app)
    page = new.get(link(shown))
    assert "new@example.lu · Clerk" in page.text
    assert new.submit(page, "/invitation/", password=NEW, again=NEW).url == "/desk/account"
    set_up_app(new)
    assert new.get("/desk").url == "/desk"
    assert Staff.get(Staff.email == "new@example.lu").authority == clerk.authority


def test_invited_person_comes_in_with_a_passkey_alone(app, office):
    new, device = Visitor(app), Device()
    page = new.get(link(invite(office)))
    assert send(new, page, "create", device.make(options(new, page, "create")), name="Laptop").url == "/desk"
    assert sign_in_with(Visitor(app), device).url == "/desk"
    staff = Staff.get(Staff.email == "new@example.lu")
    assert staff.password_hash == "" and "1 passkey" in row(office.get("/desk/staff"), staff.email)
    other = Visitor(app)
    for password in ("", "x", PASSWORD):
        other.submit(other.get("/sign-in"), "", 422, email=staff.email, password=password)


def over(app, address: str) -> bool:
    """Whether the link opens nothing: neither its page nor what its page sends."""
    browser = Visitor(app)
    token = csrf(browser.get("/sign-in"))
    data = {"csrf_token": token, "password": NEW, "again": NEW, "credential": "{}"}
    answers = [
        browser.open(address),
        *[browser.open(address + to, "POST", data=data) for to in ("", "/challenge", "/passkey")],
    ]
    assert len({Page(answer).title for answer in answers}) == 1
    return all(answer.status_code == 404 for answer in answers)


def test_link_works_once(app, office):
    address = link(invite(office))
    first, late = Visitor(app), Visitor(app)
    pages = [browser.get(address) for browser in (first, first, late)]
    assert first.submit(pages[0], "/invitation/", password=NEW, again=NEW).url == "/desk"
    assert late.submit(pages[2], "/invitation/", 404, password="another password!", again="another password!")
    assert over(app, address) and over(app, "/sign-in/invitation/x")
    assert not Invitation.select().exists()


def test_link_works_for_a_day(app, office, time_machine):
    address = link(invite(office))
    time_machine.move_to(now() + dt.timedelta(hours=24, seconds=-5))
    assert Visitor(app).get(address).title == "Welcome to the desk"
    time_machine.move_to(now() + dt.timedelta(seconds=6))
    assert over(app, address)


def test_link_is_kept_as_a_hash_and_a_closed_account_has_none(app, office):
    address = link(invite(office))
    assert address.rpartition("/")[2] not in Invitation.get().token_hash
    change(office, Staff.get(Staff.email == "new@example.lu"), "disable")
    assert over(app, address)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"password": "short", "again": "short"}, {"password"}),
        ({"password": NEW, "again": NEW + "x"}, {"again"}),
        ({"password": "x" * 1001, "again": "x" * 1001}, {"password"}),
        ({"password": "", "again": ""}, {"password", "again"}),
        ({"password": "new@example.lu!!", "again": "new@example.lu!!"}, {"password"}),
    ],
)
def test_password_that_cannot_be_leaves_the_link_as_it_was(app, office, fields, wrong):
    new = Visitor(app)
    page = new.get(link(invite(office)))
    assert set(new.submit(page, "/invitation/", 422, **fields).errors) == wrong
    assert new.submit(page, "/invitation/", password=NEW, again=NEW).url == "/desk"


def test_wrong_passkey_leaves_the_link_as_it_was(app, office):
    new = Visitor(app)
    page = new.get(link(invite(office)))
    send(new, page, "create", Device().make(options(new, page, "create"), origin="http://evil.example"), 422)
    assert send(new, page, "create", Device().make(options(new, page, "create"))).url == "/desk"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"email": ""}, {"email"}),
        ({"email": "nobody"}, {"email"}),
        ({"email": "admin@example.lu"}, {"email"}),
        ({"email": "x" * 250 + "@example.lu"}, {"email"}),
        ({"role": "king"}, {"role"}),
        ({"role": ""}, {"role"}),
        ({"role": "clerk"}, {"authority"}),
        ({"role": "clerk", "authority": "nowhere"}, {"authority"}),
    ],
)
def test_invitation_that_cannot_be_is_said_beside_the_field(office, fields, wrong):
    page = invite(office, 422, **fields)
    assert set(page.errors) == wrong and page.soup.select_one("#email")["value"] == fields.get(
        "email", "new@example.lu"
    )
    assert Staff.select().count() == 1


def test_invitation_works_on_both_databases(either):
    office = signed_in(either, account("admin@example.lu", "admin"))
    invite(office, 422, email="ADMIN@example.lu")
    address = link(invite(office))
    assert "A link, until" in row(office.get("/desk/staff"), "new@example.lu")
    new = Visitor(either)
    assert new.submit(new.get(address), "/invitation/", password=NEW, again=NEW).url == "/desk"
    change(office, Staff.get(Staff.email == "new@example.lu"), "disable")
    assert new.open("/desk").headers["Location"] == "/sign-in"


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


def test_new_link_makes_the_one_before_worthless(app, office):
    first = link(invite(office))
    staff = Staff.get(Staff.email == "new@example.lu")
    second = link(office.post(f"/desk/staff/{staff.id}/reset", data={"csrf_token": csrf(office.get("/desk/staff"))}))
    assert over(app, first) and Visitor(app).get(second).title == "Welcome to the desk"


def test_link_used_while_the_account_is_reset_opens_nothing_and_breaks_nothing_off(either):
    """Each would hold what the other waits for: PostgreSQL would end one of them with an error."""
    new = accounts.add("new@example.lu", "helpdesk", None, PASSWORD)
    accounts.reset(new)
    opened, begun, outcomes = threading.Event(), threading.Event(), []

    def come_in() -> None:
        with db.connection_context():
            link = Invitation.get(Invitation.staff == new)
            opened.set()
            begun.wait()
            try:
                credentials.accept_by_password(link, NEW)
            except Exception as error:
                outcomes.append(type(error))

    thread = threading.Thread(target=come_in)
    thread.start()
    opened.wait()
    with db.atomic():
        accounts.end_sessions(new)
        Staff.update(password_hash="").where(Staff.id == new.id).execute()
        begun.set()
        while db.for_update and not somebody_waits():
            pass  # until the other one waits, too
        token = accounts.reset(new)
    thread.join()
    assert outcomes == [RefusedError] and Invitation.find(token)


def test_nobody_closes_or_resets_their_own_account(office, admin):
    assert not office.get("/desk/staff").soup.select(f"form[action='/desk/staff/{admin.id}']")
    assert "one administrator always stays" in change(office, admin, "disable", 409).text
    office.post(f"/desk/staff/{admin.id}/reset", 409, data={"csrf_token": csrf(office.get("/desk/staff"))})
    assert office.get("/desk").url == "/desk"


def test_last_administrator_stays_when_two_close_each_other(either):
    first, second = (account(f"{name}@example.lu", "admin") for name in ("a", "b"))
    accounts.disable(second, by=first)
    with pytest.raises(Exception) as refused:
        accounts.disable(first, by=second)  # whose request was on its way
    assert type(refused.value).__name__ == "RefusedError"
    assert Staff.select().where(Staff.disabled_at.is_null()).count() == 1


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
    assert len(asked) <= 6, asked
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
