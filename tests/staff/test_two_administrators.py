"""What makes, closes, opens or resets an administrator takes two of them."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from models import Approval, Audit, Notice, Staff, StaffSession, db, now
from models.staff import accounts
from models.staff.staff import RefusedError
from support.authenticator import csrf
from support.commands import run
from support.office import NEW, change, invite, link
from support.site import account, signed_in
from support.visitor import Page, Visitor


@pytest.fixture
def second(admin) -> Staff:
    return account("second@example.lu", "admin")


@pytest.fixture
def third(admin) -> Staff:
    return account("third@example.lu", "admin")


def reset(office: Visitor, staff: Staff, status: int = 200) -> Page:
    return office.post(f"/desk/staff/{staff.id}/reset", status, data={"csrf_token": csrf(office.get("/desk/staff"))})


def decide(browser: Visitor, action: str = "confirm", status: int = 200) -> Page:
    """What `browser` says to the one thing that waits."""
    path = f"/desk/staff/approvals/{Approval.get().id}"
    return browser.post(path, status, data={"csrf_token": csrf(browser.get("/desk/staff")), "action": action})


def told() -> list[tuple[str, str]]:
    return [(row.kind, row.staff.email) for row in Notice.select().order_by(Notice.id)]


def test_reset_of_an_administrator_waits_for_another_one_and_all_are_told(app, office, admin, second, third):
    victim = signed_in(app, second)
    asked = reset(office, second)
    assert "another one has to confirm it" in asked.text and "Make a new link: second@example.lu" in asked.text
    assert victim.open("/desk").status_code == 200
    shown = decide(signed_in(app, third))
    assert victim.open("/desk").status_code == 303
    comer = Visitor(app)
    assert comer.submit(comer.get(link(shown)), "/invitation/", password=NEW, again=NEW).url == "/desk"
    everybody = [staff.email for staff in (admin, second, third)]
    assert told()[:3] == [("second asked", email) for email in everybody]
    assert told()[3] == ("reset", second.email) and ("second confirmed", admin.email) in told()
    rows = [(row.staff, row.action) for row in Audit.select().where(Audit.action.contains("second"))]
    assert rows == [(admin.id, "second asked"), (third.id, "second confirmed")]
    done = Audit.get(Audit.action == "account reset")
    assert (done.staff, done.details) == (admin.id, {"account": second.id, "second": third.id})


def test_nobody_confirms_the_own_wish_nor_what_concerns_them(app, office, second, third):
    reset(office, second)
    page = office.get("/desk/staff")
    assert "Take back" in page.text and not page.soup.select("button[value=confirm]")
    decide(office, status=409)
    concerned = signed_in(app, second)
    assert not concerned.get("/desk/staff").soup.select("form[action*=approvals]")
    decide(concerned, status=409)
    decide(concerned, "refuse", 409)
    assert Approval.select().count() == 1 and Staff.get_by_id(second.id).password_hash


def test_no_verb_changes_an_administrator_for_one_alone(either):
    first, other = (account(f"{name}@example.lu", "admin") for name in ("a", "b"))
    for verb in (accounts.reset, accounts.disable, accounts.enable):
        for confirmed_by in (None, first):
            with pytest.raises(accounts.SecondNeededError):
                verb(other, by=first, second=confirmed_by)
    with pytest.raises(accounts.SecondNeededError):
        accounts.invite("new@example.lu", "admin", None, by=first)
    assert Staff.select().count() == 2 and not Audit.select().exists()


def test_new_administrator_is_confirmed_before_there_is_an_account(app, office, second):
    asked = invite(office, role="admin")
    assert "Make a new administrator: new@example.lu" in asked.text
    assert not Staff.select().where(Staff.email == "new@example.lu").exists()
    shown = decide(signed_in(app, second))
    comer = Visitor(app)
    assert "Administrator" in comer.get(link(shown)).text
    assert "already" in invite(office, 422, role="admin", email=second.email).errors["email"]


@pytest.mark.parametrize("action", ["disable", "enable"])
def test_administrator_is_closed_and_opened_by_two(app, office, second, third, action):
    if action == "enable":
        accounts.disable(second)
    change(office, second, action)
    assert (Staff.get_by_id(second.id).disabled_at is None) == (action == "disable")
    assert "Confirmed and carried out" in decide(signed_in(app, third)).text
    assert (Staff.get_by_id(second.id).disabled_at is None) == (action == "enable")


def test_wish_is_taken_back_or_refused(app, office, second, third):
    reset(office, second)
    assert "Nothing was changed" in decide(office, "refuse").text and not Approval.select().exists()
    reset(office, second)
    decide(signed_in(app, third), "refuse")
    assert not Approval.select().exists() and told()[-1] == ("second refused", third.email)
    assert [row.action for row in Audit.select().where(Audit.action == "second refused")] == ["second refused"] * 2


def test_wish_is_over_after_a_day_and_with_the_account_of_who_asked(app, office, admin, second, third, time_machine):
    reset(office, second)
    other, waiting = signed_in(app, third), Approval.get()
    accounts.reset(admin)
    with pytest.raises(RefusedError):
        accounts.confirm(waiting, third, "")
    again = account("fourth@example.lu", "admin")
    Approval.ask("reset", second, again, "")
    accounts.disable(again)
    assert decide(other, status=404)
    Approval.ask("reset", second, account("fifth@example.lu", "admin"), "")
    time_machine.move_to(now() + dt.timedelta(hours=24, seconds=1))
    assert not Approval.waiting()


def test_lone_administrator_is_sent_to_the_command_line(app, office, admin):
    pending = account("pending@example.lu", "admin")
    Staff.update(password_hash="").where(Staff.id == pending.id).execute()
    for page in (invite(office, 409, role="admin"), reset(office, pending, 409)):
        assert "by a command on the server" in page.text
    assert not Approval.select().exists()
    assert "/sign-in/invitation/" in run(app, "staff", "reset", admin.email).output


def test_wish_is_confirmed_once_on_both_databases(either):
    first, other, third = (account(f"{name}@example.lu", "admin") for name in ("a", "b", "c"))
    Approval.ask("disable", other, first, "")
    Approval.ask("disable", first, other, "")
    one, two = Approval.select().order_by(Approval.id)
    accounts.confirm(one, third, "")
    for late in (one, two):  # confirmed already; asked for by who is closed now
        with pytest.raises(RefusedError):
            accounts.confirm(late, third, "")
    assert Staff.select().where(Staff.disabled_at.is_null()).count() == 2


def test_wish_is_decided_after_a_fresh_proof_only(app, office, second, third):
    reset(office, second)
    browser = signed_in(app, third)
    StaffSession.update(proved_at=now() - dt.timedelta(seconds=301)).execute()
    page = browser.get("/desk/staff")
    assert "Make a new link: second@example.lu" in page.text and not page.soup.select("main form")
    answer = browser.open(f"/desk/staff/approvals/{Approval.get().id}", "POST", data={"csrf_token": csrf(page)})
    assert answer.headers["Location"] == "/desk/account/proof?to=staff"


def test_one_of_several_who_confirm_at_once_carries_it_out_while_others_close_accounts(either):
    first, target, *others = (account(f"{name}@example.lu", "admin") for name in "abcde")
    clerk = account("clerk@example.lu", "helpdesk")
    Approval.ask("disable", target, first, "")
    waiting = Approval.get()

    def outcome(do) -> str:
        with db.connection_context():
            try:
                return str(do())
            except RefusedError:
                return "refused"

    acts = [lambda second=second: accounts.confirm(waiting, second, "") for second in others]
    acts += [lambda by=by: accounts.disable(clerk, by=by) for by in others]
    db.close()
    with ThreadPoolExecutor(len(acts)) as crowd:
        outcomes = list(crowd.map(outcome, acts))
    db.connect(reuse_if_open=True)
    assert sorted(outcomes[: len(others)]) == ["None", "refused", "refused"] and set(outcomes[len(others) :]) == {
        "None"
    }
    assert Audit.select().where(Audit.action == "second confirmed").count() == 1
