"""The CAPTCHA step by its six digits, with and without JavaScript."""

import gzip
import re

import pytest
from bs4 import BeautifulSoup

from blueprints.public import captcha
from models.security import captcha as logic
from models.security import captcha_waiting, keys
from paths import ROOT
from support.captcha import error_of, fresh_code, other_digits, pack, send, solve
from support.captcha_app import SECRET


def test_the_right_digits_pass_once_with_spaces_or_without(client):
    token, digits = fresh_code(client)
    assert send(client, token=token, code=f" {digits[:3]} {digits[3:]}-").status_code == 200
    assert error_of(send(client, token=token, code=digits)) == str(captcha.SENTENCES["used"])


def test_wrong_digits_use_the_code_up_and_a_new_one_is_offered(client):
    token, digits = fresh_code(client)
    wrong = send(client, token=token, code=other_digits(digits))
    assert error_of(wrong) == str(captcha.SENTENCES["wrong"])
    field = BeautifulSoup(wrong.data, "html.parser").select_one("#captcha-code")
    assert field["aria-invalid"] == "true" and "captcha-error" in field["aria-describedby"]
    assert field.find_parent("noscript") is None  # who typed digits stays with them
    assert token.encode() not in wrong.data
    assert error_of(send(client, token=token, code=digits)) == str(captcha.SENTENCES["used"])


def test_a_code_counts_for_its_own_form_only(app, client):
    with app.test_request_context():
        token = logic.new_code("other/form")
    response = send(client, token=token, code=logic.digits(logic.code_id(token)))
    assert error_of(response) == str(captcha.SENTENCES["invalid"])


def test_digits_faster_than_a_person_are_refused_without_using_the_code_up(app, client):
    token, digits = fresh_code(client)
    app.config["CAPTCHA_MIN_SECONDS"] = 2
    assert error_of(send(client, token=token, code=digits)) == str(captcha.SENTENCES["too fast"])
    app.config["CAPTCHA_MIN_SECONDS"] = 0
    assert send(client, token=token, code=digits).status_code == 200


def test_an_expired_code_says_so(client, later):
    token, digits = fresh_code(client)
    later(1202)
    assert error_of(send(client, token=token, code=digits)) == str(captcha.SENTENCES["expired"])
    assert client.get(f"/captcha/{token}.png").status_code == 410
    assert client.get(f"/captcha/{token}.wav").status_code == 410


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "\x00", "." * 50])
def test_a_forged_token_is_refused(client, token):
    assert error_of(send(client, token=token, code="234568")) == str(captcha.SENTENCES["invalid"])


def test_nothing_ticked_and_nothing_typed_say_different_things(client):
    assert error_of(send(client)) == str(captcha.SENTENCES["unticked"])
    assert error_of(send(client, token="x", code="  ")) == str(captcha.SENTENCES["untyped"])
    assert len(set(map(str, captcha.SENTENCES.values()))) == len(logic.Verdict) - 2  # PASSED, and WAITING says a time


def test_a_code_cannot_be_read_without_the_key_and_outlives_its_rotation(app, client):
    token, shown = fresh_code(client)
    assert re.fullmatch(f"[{logic.ALPHABET}]{{6}}", shown)
    keys.initialize("another secret of thirty-two characters", SECRET)
    assert logic.digits(logic.code_id(token)) != shown
    assert send(client, token=token, code=shown).status_code == 200
    keys.initialize("another secret of thirty-two characters")
    assert error_of(send(client, token=fresh_code(client)[0], code=shown)) == str(captcha.SENTENCES["wrong"])


def test_digits_with_a_proof_pass_however_many_came_without(app, client, monkeypatch):
    monkeypatch.setattr(captcha_waiting, "QUEUES", ((0, captcha_waiting.HOUR),) * 3)
    token, typed = fresh_code(client)
    assert send(client, token=token, code=typed, proof=pack(solve(client, app))).status_code == 200
    token, typed = fresh_code(client)
    refused = send(client, token=token, code=typed, proof="junk")
    assert BeautifulSoup(refused.data, "html.parser").select_one("[name=captcha_ticket]")


# The page


def test_the_digits_of_a_plain_page_are_for_those_without_javascript(client):
    soup = BeautifulSoup(client.get("/step").data, "html.parser")
    assert soup.select_one("noscript #captcha-code") and soup.select_one("[data-captcha] [type=checkbox]")
    assert soup.select_one("a[href='?code=1']")


@pytest.mark.parametrize("header", ["HX-Request", "HX-History-Restore-Request"])
def test_htmx_gets_no_noscript(client, header):
    assert b"<noscript" not in client.get("/step", headers={header: "true"}).data


def test_by_choice_the_digits_stand_open(client):
    soup = BeautifulSoup(client.get("/step?code=1").data, "html.parser")
    assert soup.select_one("#captcha-code") and not soup.select("noscript, [type=checkbox]")


def test_the_player_speaks_the_language_of_the_page(client):
    assert b".wav?lang=lb" in client.get("/step?code=1&lang=lb").data
    assert b".wav?lang=de" in client.get("/step?code=1&lang=de_LU").data


def test_a_round_trip_without_javascript(client):
    soup = BeautifulSoup(client.get("/step").data, "html.parser")
    assert client.get(soup.select_one("noscript img")["src"]).status_code == 200
    fields = {field["name"]: field.get("value", "") for field in soup.select("form input[name]")}
    code = logic.code_id(fields["captcha_token"])
    assert client.post("/step", data=fields | {"captcha_code": logic.digits(code)}).status_code == 200


def test_the_script_stays_small():
    assert len(gzip.compress((ROOT / "static" / "captcha.js").read_bytes())) <= 1450
