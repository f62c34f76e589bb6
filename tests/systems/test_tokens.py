"""Tokens of the authorities' systems: several for each, with a name, an end and their last use; made and revoked by administrators."""

import datetime as dt
import re

import pytest

from models import ApiToken, Audit, StaffSession, System, db, now, today
from models.monitoring import conditions
from models.monitoring.conditions import Watch
from models.systems.system import end_of
from support.commands import run
from support.site import account, signed_in
from support.systems import Api
from support.visitor import Visitor

LIST = "/api/v1/dossiers"


@pytest.fixture
def office(app) -> Visitor:
    """The browser of an administrator."""
    return signed_in(app, account("admin@example.lu", "admin"))


@pytest.fixture
def system(app, form) -> System:
    return System.add(form.procedure.authority, "registry")[0]


def alarms() -> set[str]:
    watch = Watch(db.obj, dt.timedelta(), frozenset())
    return {condition.name for condition in conditions.ringing(watch)} & {"token-ending"}


def test_token_is_replaced_without_a_gap(either, form):
    system, keys = System.add(form.procedure.authority, "registry")
    old = Api(either, keys.token)
    new = Api(either, ApiToken.add(system, "2027")[1])
    for api in (old, new):
        assert api.get(LIST)["next"] is None
    ApiToken.get(ApiToken.name == "first").revoke()
    old.get(LIST, 401)
    assert new.get(LIST)["next"] is None


def test_token_opens_until_its_last_day_is_over_and_says_so_before(either, form, time_machine):
    system, keys = System.add(form.procedure.authority, "registry", expires_at=end_of(today() + dt.timedelta(days=20)))
    api = Api(either, keys.token)
    api.get(LIST)
    ends = ApiToken.get().expires_at
    assert api.headers["eTracking-Token-Expires"] == ends.isoformat() and ApiToken.get().ends_soon
    with either.app_context():
        assert alarms() == set()
        time_machine.move_to(ends - dt.timedelta(days=6))
        assert alarms() == {"token-ending"}
        time_machine.move_to(ends - dt.timedelta(seconds=1))
        api.get(LIST)
        time_machine.move_to(ends)
        assert "is over" in api.get(LIST, 401)["detail"]
        assert alarms() == {"token-ending"}
        ApiToken.add(system, "next", end_of(today() + dt.timedelta(days=365)))
        assert alarms() == set()


def test_use_is_noted_every_few_minutes_and_not_of_a_token_that_is_over(either, form, time_machine):
    api = Api(either, System.add(form.procedure.authority, "registry")[1].token)
    start = now()
    for minutes, noted in ((0, 0), (4, 0), (6, 6)):
        time_machine.move_to(start + dt.timedelta(minutes=minutes), tick=False)
        api.get(LIST)
        assert round((ApiToken.get().used_at - start).total_seconds() / 60) == noted
    ApiToken.update(expires_at=now()).execute()
    time_machine.move_to(start + dt.timedelta(hours=1))
    api.get(LIST, 401)
    assert ApiToken.get().used_at < now() - dt.timedelta(minutes=50)


def test_administrator_adds_a_system_and_sees_its_token_once(app, office, form):
    page = office.get("/desk/systems")
    authority = form.procedure.authority.slug
    shown = office.submit(
        page, "/desk/systems", authority=authority, name="Cases", hook_url="https://cases.example.lu/x", test=None
    )
    token, secret = (shown.soup.select_one(f"#{name}")["value"] for name in ("token", "secret"))
    Api(app, token).get(LIST)
    assert ApiToken.get().last_day == today() + dt.timedelta(days=365)
    for path in ("/desk/systems", "/desk/systems/1"):
        seen = office.get(path)
        assert token not in seen.html and secret not in seen.html and ApiToken.get().token_hash not in seen.html
        assert "Cases" in seen.text and "first" in seen.text and seen.soup.select_one("tbody time")
    assert [(row.action, row.staff is None) for row in Audit.select()][-1] == ("system added", False)


def test_administrator_gives_a_further_token_and_revokes_one_after_a_question(app, office, system):
    page = office.get(f"/desk/systems/{system.id}")
    shown = office.submit(page, "/tokens", name="2027", expires_on=(today() + dt.timedelta(days=9)).isoformat())
    text = shown.soup.select_one("#token")["value"]
    assert not shown.soup.select_one("#secret")
    token = ApiToken.get(ApiToken.name == "2027")
    listed = office.get(f"/desk/systems/{system.id}")
    assert "Ends soon" in listed.text and "Without an end" in listed.text
    question = office.get(listed.soup.find("a", href=re.compile(f"/tokens/{token.id}/revoke"))["href"])
    assert question.title == "Revoke the token 2027?" and not ApiToken.get_by_id(token.id).revoked_at
    done = office.submit(question, "/revoke")
    assert "is revoked" in done.text
    Api(app, text).get(LIST, 401)
    assert [row.action for row in Audit.select()][-2:] == ["token added", "token revoked"]


def test_administrator_revokes_a_system_with_all_its_tokens_after_a_question(app, office, form):
    system, keys = System.add(form.procedure.authority, "registry")
    question = office.get(f"/desk/systems/{system.id}/revoke")
    assert question.title == "Revoke the system registry?"
    assert "Revoked" in office.submit(question, "/revoke").text
    Api(app, keys.token).get(LIST, 401)
    office.get(f"/desk/systems/{system.id}", 404)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, {"name"}),
        ({"name": "registry"}, {"name"}),
        ({"name": "x" * 61}, {"name"}),
        ({"authority": ""}, {"authority"}),
        ({"authority": "nobody"}, {"authority"}),
        ({"hook_url": "http://cases.example.lu"}, {"hook_url"}),
        ({"expires_on": today().isoformat()}, {"expires_on"}),
        ({"expires_on": "soon"}, {"expires_on"}),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(office, system, form, fields, wrong):
    page = office.get("/desk/systems")
    typed = {"authority": form.procedure.authority.slug, "name": "Cases", "test": None} | fields
    assert set(office.submit(page, "/desk/systems", 422, **typed).errors) == wrong
    assert System.select().count() == 1


def test_second_token_of_a_name_is_refused_and_a_day_need_not_be_chosen(office, system):
    page = office.get(f"/desk/systems/{system.id}")
    assert set(office.submit(page, "/tokens", 422, name="first").errors) == {"name"}
    office.submit(page, "/tokens", name="for ever", expires_on="")
    assert ApiToken.get(ApiToken.name == "for ever").expires_at is None


def test_changes_need_a_recent_proof(office, system):
    StaffSession.update(proved_at=now() - dt.timedelta(minutes=6)).execute()
    page = office.get("/desk/systems")
    assert not page.soup.select("main form[method=post]")
    token = page.soup.select_one("[name=csrf_token]")["value"]
    answer = office.open(f"/desk/systems/{system.id}/revoke", "POST", data={"csrf_token": token})
    assert answer.location == "/desk/account/proof?to=systems" and not System.get().revoked_at


def test_commands_take_a_last_day_and_list_each_token(app, form):
    slug = form.procedure.authority.slug
    run(app, "systems", "add", slug, "registry", "--expires", "2099-12-31")
    run(app, "systems", "token", "1", "2027")
    assert run(app, "systems", "token", "1", "2027").exit_code == 1
    assert run(app, "systems", "add", slug, "other", "--expires", "2020-01-01").exit_code == 1
    assert (
        run(app, "systems", "revoke-token", "2").exit_code == 0
        and run(app, "systems", "revoke-token", "9").exit_code == 1
    )
    listed = run(app, "systems", "list").output
    assert "token 1  first  until 2099-12-31  used never" in listed and "token 2  2027  revoked  used never" in listed
