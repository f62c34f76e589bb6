"""The CAPTCHA step by plain HTTP: a proof of work passes once, and only for what it was made for."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from blueprints.public import captcha
from support.captcha import EASY, error_of, pack, send, solve
from support.captcha_app import challenge_url, make_app


def test_a_solved_challenge_passes_once(app, client):
    proof = pack(solve(client, app))
    assert send(client, proof=proof).status_code == 200
    again = send(client, proof=proof)
    assert (again.status_code, error_of(again)) == (422, str(captcha.SENTENCES["used"]))


def test_of_forty_parallel_replays_exactly_one_passes(app, client):
    proof = pack(solve(client, app))
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda _: send(app.test_client(), proof=proof).status_code, range(40)))
    assert sorted(answers) == [200] + [422] * 39


def test_changing_the_unsigned_parts_is_still_a_replay(app, client):
    data = solve(client, app)
    assert send(client, proof=pack(data)).status_code == 200
    data["solution"].update(time=1, counter=float(data["solution"]["counter"]), more="x")
    assert error_of(send(client, proof=pack(data))) == str(captcha.SENTENCES["used"])


def test_an_expired_challenge_says_so(app, client, later):
    proof = pack(solve(client, app))
    later(601)
    assert error_of(send(client, proof=proof)) == str(captcha.SENTENCES["expired"])


def test_a_challenge_counts_for_its_own_form_only(app, client):
    assert error_of(send(client, proof=pack(solve(client, app, "other/form")))) == str(captcha.SENTENCES["invalid"])


def tampered(data, path, value):
    *parents, last = path.split(".")
    part = data
    for name in parents:
        part = part[name]
    part[last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("challenge.parameters.cost", 1),
        ("challenge.parameters.expiresAt", None),
        ("challenge.parameters.expiresAt", 10**12),
        ("challenge.parameters.expiresAt", "soon"),
        ("challenge.parameters.data", {"scope": "x/y"}),
        ("challenge.parameters.data", None),
        ("challenge.parameters.nonce", "\ud800"),
        ("challenge.parameters", []),
        ("challenge.parameters", 7),
        ("challenge.signature", ""),
        ("challenge.signature", ["a"]),
        ("challenge.signature", "é\udfff"),
        ("challenge", None),
        ("solution.derivedKey", "00"),
        ("solution.derivedKey", None),
        ("solution", "x"),
    ],
)
def test_a_tampered_challenge_is_refused(app, client, path, value):
    response = send(client, proof=pack(tampered(solve(client, app), path, value)))
    assert (response.status_code, error_of(response)) == (422, str(captcha.SENTENCES["invalid"]))


@pytest.mark.parametrize(
    "proof",
    [
        "x",
        "é",
        "e30=",
        "W10=",
        "bnVsbA==",
        "MTIz",
        "=",
        pack("x"),
        pack([[]]),
        "A" * 9000,
        pack({"challenge": 1}),
        base64.b64encode(b"[" * 2900).decode(),
        base64.b64encode(b"\xff\xfe").decode(),
        "\x00",
    ],
)
def test_junk_is_refused(client, proof):
    assert error_of(send(client, proof=proof)) == str(captcha.SENTENCES["invalid"])


def test_a_challenge_needs_a_scope(client):
    assert client.post("/captcha/challenge").status_code == 400
    assert client.post("/captcha/challenge?scope=" + "x" * 201).status_code == 400
    assert client.get("/captcha/challenge?scope=a/b").status_code == 405


def test_a_challenge_is_not_cached_and_needs_no_csrf_token(tmp_path):
    app = make_app(tmp_path, CAPTCHA_LEVELS=EASY)
    response = app.test_client().post(challenge_url(app))
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
    assert app.test_client().post("/step").status_code == 400  # the form itself does need one
