"""Who is invited comes in by a link, which works once, for a day."""

import datetime as dt
import threading

import pytest

from models import Invitation, Staff, StaffSession, db, now
from models.staff import accounts, credentials
from models.staff.staff import RefusedError
from support.authenticator import Device, csrf, options, send, sign_in_with
from support.office import NEW, change, invite, link, over, row
from support.postgresql_server import somebody_waits
from support.second_factor import set_up_app
from support.site import PASSWORD, account, signed_in
from support.visitor import Visitor


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
                credentials.accept_by_password(link, NEW, "")
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
