"""The CAPTCHA step costs more the more it is asked for, and there is an end to it."""

import datetime as dt

import pytest
import time_machine

from blueprints.public import captcha
from models.security import voices as captcha_voices
from support.captcha import ask, error_of, fresh_code, pack, send, solve, type_code
from support.captcha_app import challenge_url


@pytest.fixture(autouse=True)
def in_the_middle_of_a_window():
    """Counts begin anew at fixed times: none of them comes in the middle of a test."""
    with time_machine.travel(dt.datetime(2026, 3, 2, 10, 4, 30, tzinfo=dt.UTC), tick=False):
        yield


def test_the_price_rises_with_the_number_of_challenges(app, client):
    costs = [client.post(challenge_url(app)).json["parameters"]["cost"] for _ in range(32)]
    assert costs == [100] * 8 + [200] * 22 + [300] * 2


def test_the_price_rises_for_all_when_many_ask(app, monkeypatch):
    monkeypatch.setattr(captcha, "LEVEL_THRESHOLDS", [(8, 4), (30, 600)])
    costs = [ask(app, number).json["parameters"]["cost"] for number in range(6)]
    assert costs == [100] * 4 + [200] * 2


def test_too_many_challenges_are_answered_with_429(app, client, monkeypatch):
    monkeypatch.setitem(captcha.LIMITS, "challenge", 2)
    answers = [client.post(challenge_url(app)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 600
    assert answers[2].headers["Cache-Control"] == "no-store"
    assert ask(app, 9).status_code == 200  # another visitor is not hit


def test_too_many_pictures_and_recordings_are_answered_with_429(client, monkeypatch, voices):
    monkeypatch.setattr(captcha_voices, "VOICES", voices)
    for kind, ending in (("picture", "png"), ("recording", "wav")):
        monkeypatch.setitem(captcha.LIMITS, kind, 1)
        answers = [client.get(f"/captcha/{fresh_code(client)[0]}.{ending}") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
        assert "Retry-After" in answers[1].headers


def test_too_many_typed_codes_say_so_and_the_box_still_works(app, client, monkeypatch):
    monkeypatch.setitem(captcha.LIMITS, "code", 1)
    answers = [type_code(client) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 422]
    assert error_of(answers[1]) == str(captcha.SENTENCES["too many"])
    assert send(client, proof=pack(solve(client, app))).status_code == 200
