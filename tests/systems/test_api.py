"""The interface for the authorities' own systems: their dossiers and no others, each move once, all of it described."""

import datetime as dt
import json

import pytest

from models import Audit, Authority, Contact, Dossier, Event, Notification, System, db, today
from models.systems.delivery import revoke
from support.systems import MOVES, SOON, Api, received
from support.visitor import Visitor


def test_system_reads_and_moves_the_dossiers_of_its_authority(api, with_mail):
    shown = api.get(f"/api/v1/dossiers/{with_mail.number}")
    assert (shown["status"], shown["moves"]) == ("announced", ["received", "lapsed", "withdrawn"])
    moved = api.post(MOVES.format(with_mail.number), received())
    assert (moved["status"], moved["version"], moved["test"]) == ("received", 2, False)
    assert [event["kind"] for event in moved["history"]] == ["announced", "received"]
    api.post(MOVES.format(with_mail.number), {"to": "incomplete", "version": 2, "missing": ["Lease"], "until": SOON})
    assert [notification.event.kind for notification in Notification.select().order_by(Notification.id)] == [
        "announced",
        "received",
        "incomplete",
    ]
    assert [(row.action, row.staff) for row in Audit.select().order_by(Audit.id)][-2:] == [
        ("received", System.get().staff.id),
        ("incomplete", System.get().staff.id),
    ]


def test_another_authority_s_dossier_looks_like_one_that_does_not_exist(api, either, dossier):
    other = Authority.select().where(Authority.id != dossier.authority.id).first()
    stranger = Api(either, System.add(other, "registry")[1].token)
    assert stranger.get("/api/v1/dossiers")["dossiers"] == []
    unknown = stranger.get("/api/v1/dossiers/K7Q2MX4P9TRWY", 404)
    assert stranger.get(f"/api/v1/dossiers/{dossier.number}", 404) == unknown
    stranger.post(MOVES.format(dossier.number), received(), 404)
    assert Dossier.get().version == 1


@pytest.mark.parametrize("token", ["", "et_live_invented", "é"])
def test_without_a_token_of_ours_nothing_opens(api, either, dossier, token):
    stranger = Api(either, token.encode().decode("latin-1"))
    for answer in (stranger.get("/api/v1/dossiers", 401), stranger.post(MOVES.format(dossier.number), received(), 401)):
        assert answer["status"] == 401 and "Bearer" in stranger.headers["WWW-Authenticate"]


def test_revoked_token_opens_nothing_and_nobody_signs_in_with_the_account(api, either):
    visitor = Visitor(either)
    revoke(System.get())
    api.get("/api/v1/dossiers", 401)
    page = visitor.submit(
        visitor.get("/sign-in"), status=422, email=System.get().staff.email, password="whatever it is"
    )
    assert "password" in page.errors


def test_test_token_answers_and_changes_nothing(either, with_mail):
    tester = Api(either, System.add(with_mail.authority, "trial", test=True)[1].token)
    answer = tester.post(MOVES.format(with_mail.number), received(), 200)
    assert (answer["test"], answer["status"], tester.token[:8]) == (True, "received", "et_test_")
    assert (Dossier.get().status, Event.select().count(), Notification.select().count()) == ("announced", 1, 1)
    tester.post(MOVES.format(with_mail.number), {"to": "closed", "version": 1}, 409)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"to": "received", "version": 1}, "arrived_on"),
        ({"to": "incomplete", "version": 1, "missing": ["Lease"]}, "until"),
        ({"to": "incomplete", "version": 1, "until": SOON}, "missing"),
        ({"to": "incomplete", "version": 1, "missing": ["Lease"], "until": "9999-12-31"}, "until"),
        ({"to": "incomplete", "version": 1, "missing": ["Lease"], "until": "2026-01-01"}, "until"),
        ({"to": "incomplete", "version": 1, "missing": ["Lease"], "until": today().isoformat()}, "until"),
        ({"to": "received", "version": 1, "arrived_on": "9999-12-31"}, "arrived_on"),
        ({"to": "transferred", "version": 1}, "authority"),
        ({"to": "decided", "version": 1, "arrived_on": "2026-01-01"}, "arrived_on"),
        ({"to": "announced", "version": 1}, "to"),
        ({"to": "decided"}, "version"),
        ({"to": "decided", "version": 1, "name": "Somebody"}, "name"),
        ({"to": "decided", "version": 1, "note": "x" * 1001}, "note"),
        ([], ""),
    ],
)
def test_wrong_request_is_told_what_is_wrong(api, dossier, body, field):
    answer = api.post(MOVES.format(dossier.number), body, 422)
    assert field in json.dumps(answer["errors"]) and Dossier.get().version == 1


def test_bodies_and_headers_that_are_none_of_ours_are_refused(api, dossier):
    path, opened = MOVES.format(dossier.number), {"Authorization": f"Bearer {api.token}"}
    keyed = opened | {"Idempotency-Key": "one-envelope"}
    assert api.client.post(path, json=received(), headers=opened).status_code == 400
    assert api.client.post(path, data="to=received", headers=keyed).status_code == 415
    keyed["Idempotency-Key"] = "two-envelopes"
    assert api.client.post(path, data="{", headers=keyed | {"Content-Type": "application/json"}).status_code == 422
    assert api.client.put(path, headers=opened).status_code == 405
    assert api.get("/api/v1/dossiers?after=-1&status=none")["dossiers"] == []


def test_list_goes_on_where_it_ended(api, form):
    for index in range(101):
        Dossier.announce(form, "en", f"key-{index}")
    page = api.get("/api/v1/dossiers")
    rest = api.get(f"/api/v1/dossiers?after={page['next']}")
    assert (len(page["dossiers"]), len(rest["dossiers"]), rest["next"]) == (100, 1, None)


def test_description_names_every_address_and_every_shape_it_uses(either):
    described = Api(either).get("/api/v1/openapi.json")
    rules = {
        rule.rule.replace("<number:number>", "{number}").removeprefix("/api/v1"): rule.methods & {"GET", "POST"}
        for rule in either.url_map.iter_rules()
        if rule.endpoint.startswith("v1.")
    }
    rules.pop("/openapi.json")
    assert {path: {verb.upper() for verb in verbs} for path, verbs in described["paths"].items()} == rules
    used = set(json.dumps(described).split('"#/components/schemas/')[1:])
    assert {name.split('"')[0] for name in used} <= set(described["components"]["schemas"])


def test_commands_make_list_and_end_a_system(app, form):
    def run(*arguments: str):
        return app.test_cli_runner().invoke(args=["systems", *arguments])

    slug = form.procedure.authority.slug
    made = run("add", slug, "registry", "--hook", "https://registry.example.lu/news")
    assert made.exit_code == 0 and "et_live_" in made.stdout
    assert run("add", slug, "registry").exit_code == run("add", "nobody", "x").exit_code == 1
    assert "https://" in run("add", slug, "other", "--hook", "http://registry.example.lu").stderr
    assert run("revoke", "1").exit_code == 0 and "revoked" in run("list").stdout and run("revoke", "9").exit_code == 1
    assert Contact.select().count() == 0 and made.stdout.split()[4] not in run("list").stdout


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"version": 10**30}, "version"),
        ({"version": 2**31 - 1}, "version"),
        ({"note": "a\0b"}, "note"),
        ({"note": "a\ud800b"}, ""),
        ({"to": "incomplete", "arrived_on": None, "missing": ["a\0"], "until": SOON}, "missing"),
        ({"to": "transferred", "arrived_on": None, "authority": "a\0"}, "authority"),
        ({"arrived_on": "2026-01-02", "postmark_on": "2026-01-03"}, "postmark_on"),
    ],
)
def test_what_no_database_takes_is_told_like_any_other_fault(api, dossier, body, field):
    answer = api.post(MOVES.format(dossier.number), received() | body, 422)
    assert field in json.dumps(answer["errors"]) and Dossier.get().version == 1


def test_paper_does_not_arrive_before_its_number_was_given_out(api, dossier):
    yesterday = (today() - dt.timedelta(days=1)).isoformat()
    answer = api.post(MOVES.format(dossier.number), received() | {"arrived_on": yesterday}, 422)
    assert "arrived_on" in answer["detail"] and Dossier.get().version == 1


def test_fault_on_our_side_is_logged_under_the_reference_that_the_answer_names(
    api, either, dossier, caplog, monkeypatch
):
    monkeypatch.setitem(either.config, "TESTING", False)
    db.execute_sql("ALTER TABLE delivery RENAME TO gone")
    answer = api.post(MOVES.format(dossier.number), received(), 500)
    assert answer["reference"] in caplog.text and dossier.number not in caplog.text
    db.execute_sql("ALTER TABLE gone RENAME TO delivery")
    api.post(MOVES.format(dossier.number), received(), key="request-1")


def test_address_that_there_is_not_is_told_to_a_program_as_one(api):
    for path in ("/api/v1/dossiers/not-a-number", "/api/v1/nothing"):
        assert api.get(path, 404)["title"] == "Not Found"
    assert api.post("/api/v1/dossiers", {}, 405)["status"] == 405
    assert {"GET", "HEAD", "OPTIONS"} == set(api.headers["Allow"].split(", "))


@pytest.mark.parametrize("query", ["after=", "after=two", "after=1&after=2", "status=a&status=b"])
def test_page_that_cannot_be_meant_is_not_the_first_one_again(api, query):
    """A program with a slip in it would read the first page for ever."""
    assert api.get(f"/api/v1/dossiers?{query}", 422)["detail"]
