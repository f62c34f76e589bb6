"""The interface for the authorities' own systems: their dossiers and no others, each move once, all of it described."""

import datetime as dt
import hashlib
import hmac
import json
import threading
import time

import pytest

from commands.systems import deliver_next
from models import (
    Audit,
    Authority,
    Conflict,
    Contact,
    Delivery,
    Dossier,
    Event,
    Notification,
    Reply,
    System,
    db,
    now,
    today,
)
from models.systems.delivery import RETRY
from senders import webhook
from support.sms_stand_in import SmsProvider
from support.visitor import Visitor

MOVES = "/api/v1/dossiers/{}/moves"
HOLD = dt.timedelta(minutes=10)
SOON = (today() + dt.timedelta(days=30)).isoformat()


class Api:
    """A program that speaks to the interface."""

    def __init__(self, app, token: str = "") -> None:
        self.client, self.token, self.asked = app.test_client(), token, 0

    def get(self, path: str, status: int = 200):
        return self._read(self.client.get(path, headers={"Authorization": f"Bearer {self.token}"}), status)

    def post(self, path: str, body, status: int = 201, key: str = "", **headers):
        self.asked += 1
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or f"request-{self.asked}"} | headers
        return self._read(self.client.post(path, json=body, headers=headers), status)

    def _read(self, answer, status: int):
        assert answer.status_code == status, answer.text
        kind = "application/problem+json" if status >= 400 else "application/json"
        assert (answer.content_type, answer.headers["Cache-Control"]) == (kind, "no-store")
        self.headers = answer.headers
        return answer.get_json()


def received(version: int = 1) -> dict:
    return {"to": "received", "version": version, "arrived_on": today().isoformat()}


@pytest.fixture
def api(either, form) -> Api:
    """The system of the authority that receives the rent subsidy's form."""
    return Api(either, System.add(form.procedure.authority, "registry")[1].token)


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
    System.get().revoke()
    api.get("/api/v1/dossiers", 401)
    page = visitor.submit(
        visitor.get("/sign-in"), status=422, email=System.get().staff.email, password="whatever it is"
    )
    assert "password" in page.errors


def test_same_request_sent_twice_happens_once_and_is_answered_alike(api, with_mail):
    first = api.post(MOVES.format(with_mail.number), received(), key="one-envelope")
    assert api.post(MOVES.format(with_mail.number), received(), key="one-envelope") == first
    assert (Event.select().count(), Reply.select().count()) == (2, 1)
    refused = api.post(MOVES.format(with_mail.number), received(), 409, key="another-one")
    assert refused["dossier"]["version"] == 2
    assert api.post(MOVES.format(with_mail.number), received(), 409, key="another-one") == refused


def test_key_of_another_request_is_refused(api, dossier):
    api.post(MOVES.format(dossier.number), received(), key="one-envelope")
    api.post(MOVES.format(dossier.number), {"to": "examination", "version": 2}, 422, key="one-envelope")


def test_request_that_is_still_being_answered_is_not_begun_again(api, dossier):
    system = System.get()
    Reply.begin(system, "one-envelope", "x")
    with pytest.raises(Conflict):
        Reply.begin(system, "one-envelope", "x")


def test_request_that_meets_the_end_of_one_that_failed_is_begun_or_told_to_wait(api, dossier):
    system, errors, barrier = System.get(), [], threading.Barrier(3)

    def begin_and_fail() -> None:
        with db.connection_context():
            barrier.wait()
            for _turn in range(60):
                try:
                    Reply.begin(system, "one-envelope", "x")[0].forget()
                except Conflict:
                    continue
                except Exception as error:
                    errors.append(error)

    threads = [threading.Thread(target=begin_and_fail) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_same_request_from_many_threads_happens_once(api, either, dossier):
    answers, barrier = [], threading.Barrier(4)

    def ask() -> None:
        client = Api(either, api.token).client
        barrier.wait()
        headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": "one-envelope"}
        answers.append(client.post(MOVES.format(dossier.number), json=received(), headers=headers).status_code)
        db.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert set(answers) <= {201, 409} and 201 in answers and Event.select().count() == 2


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
        if rule.endpoint.startswith("api.")
    }
    rules.pop("/openapi.json")
    assert {path: {verb.upper() for verb in verbs} for path, verbs in described["paths"].items()} == rules
    used = set(json.dumps(described).split('"#/components/schemas/')[1:])
    assert {name.split('"')[0] for name in used} <= set(described["components"]["schemas"])


@pytest.fixture
def hook(either, form, certificate, monkeypatch):
    """The authority's system with a hook on this machine, and the server behind it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    either.config["HOOK_PRIVATE"] = True
    with either.app_context(), SmsProvider(certificate) as server:
        server.keys = System.add(form.procedure.authority, "registry", f"https://127.0.0.1:{server.server_port}/news")[
            1
        ]
        yield server


def tell_all() -> None:
    db.close()
    while deliver_next():
        pass
    db.connect(reuse_if_open=True)


def test_every_event_is_told_to_the_hook_signed_and_without_a_person(hook, form, clerk):
    dossier = Dossier.announce(form, "en", "key", [("email", "somebody@example.org")])
    dossier.move("received", by=clerk, version=1, arrived_on=today())
    tell_all()
    assert [body["event"]["kind"] for _, _, body in hook.posts] == ["announced", "received"]
    path, headers, body = hook.posts[1]
    at = int(headers["eTracking-Signature"].split(",")[0][2:])
    raw = json.dumps(body, separators=(",", ":")).encode()
    expected = hmac.new(hook.keys.secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
    assert headers["eTracking-Signature"] == f"t={at},v1={expected}" == webhook.signature(hook.keys.secret, raw, at)
    assert "somebody" not in json.dumps(body) and clerk.email not in json.dumps(body) and path == "/news"


def test_hook_out_of_order_is_tried_again_and_given_up_after_a_day_and_a_half(hook, dossier):
    hook.answer = 503
    for attempt in range(len(RETRY) + 1):
        Delivery.update(run_at=now()).execute()
        tell_all()
        assert Delivery.get().attempts == attempt + 1
    assert (Delivery.get().state, Delivery.get().error) == ("failed", "hook answered with HTTP 503")
    assert len(hook.posts) == len(RETRY) + 1


@pytest.mark.parametrize("answer", ["drop", 301, 404])
def test_hook_that_fails_in_any_way_is_asked_once_an_attempt(hook, dossier, answer):
    hook.answer = answer
    tell_all()
    assert (Delivery.get().state, len(hook.posts)) == ("queued", 1)


def test_news_that_cannot_be_written_are_given_up_like_any_other(hook, dossier, caplog):
    Event.update(details=["of another shape"]).execute()
    for _attempt in range(len(RETRY) + 1):
        Delivery.update(run_at=now()).execute()
        tell_all()
    assert (Delivery.get().state, Delivery.get().error) == ("failed", "a fault on our side")
    assert hook.posts == [] and "ValidationError" in caplog.text


def test_what_was_undone_in_time_is_never_told_to_the_hook(hook, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    event = dossier.move("received", by=clerk, version=1, arrived_on=today(), hold=HOLD)
    dossier.undo(event, by=clerk, version=2)
    Delivery.update(run_at=now()).execute()
    tell_all()
    assert [body["event"]["kind"] for _, _, body in hook.posts] == ["announced"]


def test_former_authority_hears_of_the_hand_over_and_of_nothing_later(hook, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    other = Authority.select().where(Authority.id != dossier.authority.id).first()
    dossier.move("received", by=clerk, version=1, arrived_on=today())
    dossier.transfer(other, by=clerk, version=2)
    dossier.move("examination", by=clerk, version=3)
    tell_all()
    assert [body["event"]["kind"] for _, _, body in hook.posts] == ["announced", "received", "transferred"]


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


def test_hook_that_never_ends_its_answer_keeps_nobody_waiting(hook, dossier):
    hook.answer = "endless"
    tell_all()
    assert (Delivery.get().state, len(hook.posts)) == ("sent", 1)


def test_hook_that_answers_byte_by_byte_is_left_when_its_time_is_over(hook, dossier, monkeypatch):
    monkeypatch.setattr(webhook, "LONGEST", 0.2)
    hook.answer, began = "hold", time.monotonic()
    tell_all()
    assert (Delivery.get().state, len(hook.posts)) == ("queued", 1) and time.monotonic() - began < 5


def test_hook_that_leads_into_our_own_network_is_told_nothing(hook, either, dossier):
    either.config["HOOK_PRIVATE"] = False
    tell_all()
    assert (Delivery.get().error, hook.posts) == ("hook leads into a private network", [])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("158.64.1.1", True),
        ("2001:41d0::1", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("::ffff:192.168.1.1", False),
        ("fe80::1%eth0", False),
        ("127.0.0.1", False),
    ],
)
def test_private_addresses_are_known_however_they_are_written(address, public):
    assert webhook._is_public(address) == public


def test_deliveries_that_were_given_up_are_sent_again_when_the_operator_says_so(hook, either, dossier):
    hook.answer = 503
    Delivery.update(attempts=len(RETRY)).execute()
    tell_all()
    assert Delivery.get().state == "failed"
    hook.answer = "ok"
    number = System.get().id
    db.close()
    assert (
        either.test_cli_runner().invoke(args=["systems", "repeat", str(number)]).output == "1 delivery to send again\n"
    )
    assert either.test_cli_runner().invoke(args=["systems", "repeat", "99"]).exit_code == 1
    tell_all()
    assert Delivery.get().state == "sent"


def test_hook_of_a_revoked_system_is_told_nothing_more(hook, dossier):
    System.get().revoke()
    tell_all()
    assert (Delivery.get().state, hook.posts) == ("cancelled", [])


def test_hook_that_is_away_costs_one_attempt_and_not_one_for_each_event(hook, form):
    for index in range(3):
        Dossier.announce(form, "en", f"key-{index}")
    hook.answer = "drop"
    tell_all()
    assert len(hook.posts) == 1
    hook.answer = "ok"
    Delivery.update(run_at=now()).execute()
    tell_all()
    assert len(hook.posts) == 4 and {delivery.state for delivery in Delivery.select()} == {"sent"}


def test_what_a_hook_may_have_heard_is_not_undone(hook, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    tell_all()
    event = dossier.move("received", by=clerk, version=1, arrived_on=today())
    hook.answer = "drop"
    tell_all()
    with pytest.raises(Conflict):
        dossier.undo(event, by=clerk, version=2)
    assert Dossier.get().status == "received"


def test_request_whose_process_was_lost_is_answered_when_it_is_sent_again(api, dossier):
    Reply.begin(System.get(), "one-envelope", f"{MOVES.format(dossier.number)}\n{json.dumps(received())}")
    raw = {"data": json.dumps(received()), "content_type": "application/json"}
    headers = {"Authorization": f"Bearer {api.token}", "Idempotency-Key": "one-envelope"}
    assert api.client.post(MOVES.format(dossier.number), headers=headers, **raw).status_code == 409
    Reply.update(at=now() - dt.timedelta(minutes=3)).execute()
    answers = [api.client.post(MOVES.format(dossier.number), headers=headers, **raw).status_code for _ in range(2)]
    assert answers == [201, 201] and Event.select().count() == 2


def test_address_that_there_is_not_is_told_to_a_program_as_one(api):
    for path in ("/api/v1/dossiers/not-a-number", "/api/v1/nothing"):
        assert api.get(path, 404)["title"] == "Not Found"
    assert api.post("/api/v1/dossiers", {}, 405)["status"] == 405
