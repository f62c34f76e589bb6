"""The proof of work costs more the more a network has solved, and there is an end to it. Asking costs nobody anything."""

import datetime as dt

import pytest
import time_machine

from blueprints.public import captcha
from models.security import captcha_price
from models.security import voices as captcha_voices
from models.security.throttle import Counter, Used
from support.captcha import ask, error_of, fresh_code, pack, send, solve, type_code


@pytest.fixture(autouse=True)
def in_the_middle_of_a_window():
    """Counts begin anew at fixed times: none of them comes in the middle of a test."""
    with time_machine.travel(dt.datetime(2026, 3, 2, 10, 4, 30, tzinfo=dt.UTC), tick=False):
        yield


def cost(app, ip="192.0.2.1"):
    return ask(app, ip).json["parameters"]["cost"]


def solved(app, ip, times=1):
    """Solve the CAPTCHA from `ip`, and return the last answer."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = ip
    return [send(client, proof=pack(solve(client, app))) for _ in range(times)][-1]


def test_the_price_rises_with_what_a_visitor_has_solved(app, monkeypatch):
    monkeypatch.setattr(captcha_price, "STEPS", ((2, 3, 4, 5), (40, 150, 300), (400, 3000, 3000)))
    costs = []
    for _ in range(5):
        costs.append(cost(app))
        assert solved(app, "192.0.2.1").status_code == 200
    assert costs == [100, 100, 200, 300, 400]
    assert error_of(solved(app, "192.0.2.1")) == str(captcha.SENTENCES["too many"])
    assert cost(app, "192.0.2.2") == 100 and solved(app, "192.0.2.2").status_code == 200


def test_a_flood_of_challenges_that_nobody_solves_changes_no_price_and_writes_nothing(app):
    flood = [ask(app, f"2001:db8:{number:x}::1") for number in range(150)] + [ask(app, "192.0.2.1") for _ in range(150)]
    assert {answer.status_code for answer in flood} == {200}
    assert {answer.json["parameters"]["cost"] for answer in flood} == {100}
    assert Counter.select().count() == Used.select().count() == 0


def test_what_others_solve_costs_a_visitor_one_level_at_most(app, monkeypatch):
    monkeypatch.setattr(captcha_price, "STEPS", ((99, 99, 99), (99, 99, 99), (3, 9, 12)))
    monkeypatch.setattr(captcha_price, "BUSY", 15)
    for site in range(14):
        solved(app, f"2001:db8:{site:x}::1")  # each from another /48 of one /32; the last two are refused
    assert cost(app, "2001:db8:ffff::1") == 200  # its neighbour in the same /32
    assert cost(app, "2001:db9::1") == cost(app) == 100  # everybody else
    for number in range(20):
        solved(app, f"198.51.{number}.1")
    assert cost(app) == cost(app, "2001:db9::1") == 200


def test_the_networks_of_one_provider_have_one_bound(app, monkeypatch):
    monkeypatch.setattr(captcha_price, "STEPS", ((8, 30, 60), (40, 150, 300), (2, 9, 5)))
    answers = [solved(app, f"2001:db8:{site:x}::1") for site in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [422] * 2
    assert error_of(answers[-1]) == str(captcha.SENTENCES["too many"])
    assert solved(app, "2001:db9::1").status_code == 200


def test_a_proof_that_came_too_soon_for_its_network_can_be_sent_again(app, client, monkeypatch):
    proof = pack(solve(client, app))
    monkeypatch.setattr(captcha_price, "STEPS", ((9, 9, 0),) * 3)
    assert error_of(send(client, proof=proof)) == str(captcha.SENTENCES["too many"])
    monkeypatch.undo()
    assert send(client, proof=proof).status_code == 200


def test_easy_challenges_cannot_be_hoarded_for_when_they_get_harder(app, client, monkeypatch):
    monkeypatch.setattr(captcha_price, "STEPS", ((1, 2, 9), (99, 99, 99), (99, 99, 99)))
    hoard = [pack(solve(client, app)) for _ in range(3)]
    assert [send(client, proof=proof).status_code for proof in hoard[:2]] == [200, 200]
    assert error_of(send(client, proof=hoard[2])) == str(captcha.SENTENCES["expired"])
    assert send(client, proof=pack(solve(client, app))).status_code == 200


def test_too_many_pictures_and_recordings_are_answered_with_429(client, monkeypatch, voices):
    monkeypatch.setattr(captcha_voices, "VOICES", voices)
    for kind, ending in (("picture", "png"), ("recording", "wav")):
        monkeypatch.setitem(captcha.LIMITS, kind, (1, 9, 9))
        answers = [client.get(f"/captcha/{fresh_code(client)[0]}.{ending}") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert 0 < int(answers[1].headers["Retry-After"]) <= 600


def test_pictures_have_a_limit_for_a_whole_provider(client, monkeypatch):
    monkeypatch.setitem(captcha.LIMITS, "picture", (9, 9, 2))
    answers = []
    for site in range(4):
        url = f"/captcha/{fresh_code(client)[0]}.png"
        answers.append(client.get(url, environ_overrides={"REMOTE_ADDR": f"2001:db8:{site}::1"}).status_code)
    assert answers == [200, 200, 429, 429]


def test_too_many_typed_codes_say_so_and_the_box_still_works(app, client, monkeypatch):
    monkeypatch.setitem(captcha.LIMITS, "code", (1, 9, 9))
    answers = [type_code(client) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert error_of(answers[1]) == str(captcha.SENTENCES["too many"])
    assert send(client, proof=pack(solve(client, app))).status_code == 200
