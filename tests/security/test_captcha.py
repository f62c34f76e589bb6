"""The CAPTCHA step by plain HTTP: what passes, what does not, and that nothing counts twice."""

import base64
import gzip
import io
import json
import re
import time
import wave
from concurrent.futures import ThreadPoolExecutor

import altcha
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from blueprints.public import captcha
from models.base import db
from models.catalogue.procedure import LANGUAGES
from models.security import captcha as logic
from models.security import voices as captcha_voices
from paths import ROOT
from support.captcha_app import SCOPE, SECRET, challenge_url, make_app, make_voices

EASY = [[100, 5], [200, 5], [300, 5]]  # the levels, told apart by their cost


@pytest.fixture
def app(tmp_path):
    app = make_app(tmp_path, CAPTCHA_LEVELS=EASY, WTF_CSRF_ENABLED=False)
    yield app
    db.close()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture(scope="session")
def voices(tmp_path_factory):
    return make_voices(tmp_path_factory.mktemp("voices"))


@pytest.fixture
def later(monkeypatch):
    """Move the clock of the signatures."""
    real = time.time

    def move(seconds):
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return move


def solve(client, app, scope=SCOPE):
    """A challenge as the browser would answer it, as plain data."""
    challenge = client.post(challenge_url(app, scope)).json
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    return {"challenge": challenge, "solution": solution.to_dict()}


def pack(data):
    return base64.b64encode(json.dumps(data).encode()).decode()


def send(client, **fields):
    return client.post("/step", data={f"captcha_{name}": value for name, value in fields.items()})


def error_of(response):
    return BeautifulSoup(response.data, "html.parser").select_one("#captcha-error").text


def fresh_code(client):
    """The token on the page, and the digits that a person would read."""
    soup = BeautifulSoup(client.get("/step?code=1").data, "html.parser")
    token = soup.select_one("[name=captcha_token]")["value"]
    return token, logic.digits(SECRET, logic.code_id(SECRET, token))


def other_digits(digits):
    return digits[::-1] if digits != digits[::-1] else "999999"


# The proof of work


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


# Limits


def test_the_price_rises_with_the_number_of_challenges(app, client):
    costs = [client.post(challenge_url(app)).json["parameters"]["cost"] for _ in range(32)]
    assert costs == [100] * 8 + [200] * 22 + [300] * 2


def test_the_price_rises_for_all_when_many_ask(app, monkeypatch):
    monkeypatch.setattr(captcha, "RISES", [(8, 4), (30, 600)])
    costs = [ask(app, number).json["parameters"]["cost"] for number in range(6)]
    assert costs == [100] * 4 + [200] * 2


def ask(app, number):
    return app.test_client().post(challenge_url(app), environ_base={"REMOTE_ADDR": f"192.0.2.{number}"})


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


def type_code(client):
    token, digits = fresh_code(client)
    return send(client, token=token, code=digits)


# The six digits


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
        token = logic.new_code(SECRET, "other/form")
    response = send(client, token=token, code=logic.digits(SECRET, logic.code_id(SECRET, token)))
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
    assert len(set(map(str, captcha.SENTENCES.values()))) == len(logic.Verdict) - 1


def test_a_code_cannot_be_read_without_the_secret():
    code = logic.code_id(SECRET, logic.new_code(SECRET, SCOPE))
    assert re.fullmatch(f"[{logic.ALPHABET}]{{6}}", logic.digits(SECRET, code))
    assert logic.digits(SECRET, code) != logic.digits(SECRET + "x", code)


# The picture


def test_the_picture_is_drawn_once(client):
    url = f"/captcha/{fresh_code(client)[0]}.png"
    first, second = client.get(url), client.get(url)
    assert (first.status_code, first.mimetype, second.status_code) == (200, "image/png", 410)
    assert first.headers["Cache-Control"] == second.headers["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(first.data)).size == (280, 90)
    assert client.get("/captcha/forged.png").status_code == 404


def test_every_ink_stands_out_from_every_ground(monkeypatch):
    reach = []
    monkeypatch.setattr(logic, "random_color", lambda low, high: reach.append((low, high)) or (low,) * 3)
    logic.colours()
    (_, lightest_ink), (darkest_ground, _) = reach
    assert contrast(lightest_ink, darkest_ground) >= 4.5


def test_ink_and_ground_are_as_far_apart_in_the_picture_itself():
    shades = sorted(Image.open(io.BytesIO(logic.picture("888888"))).convert("L").tobytes())
    assert contrast(shades[len(shades) // 20], shades[len(shades) // 2]) >= 4.5


def contrast(dark, light):
    return (luminance(light) + 0.05) / (luminance(dark) + 0.05)


def luminance(grey):
    share = grey / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


# The recording


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_digits_are_spoken_in_every_language(client, monkeypatch, voices, language):
    monkeypatch.setattr(captcha_voices, "VOICES", voices)
    url = f"/captcha/{fresh_code(client)[0]}.wav?lang={language}"
    response = client.get(url)
    assert (response.status_code, response.mimetype) == (200, "audio/wav")
    assert response.headers["Cache-Control"] == "no-store"
    with wave.open(io.BytesIO(response.data)) as file:
        assert 6 < file.getnframes() / file.getframerate() < 15
        assert max(file.readframes(file.getnframes())) > 200  # loud enough
    part = client.get(url, headers={"Range": "bytes=0-1"})
    assert (part.status_code, part.data) == (206, response.data[:2])


def test_languages_and_digits_sound_different(voices):
    recordings = [path.read_bytes() for path in voices.rglob("*.wav")]
    assert len(set(recordings)) == len(recordings) == 4 * len(logic.ALPHABET) * len(captcha_voices.VARIANTS)


def test_an_unknown_language_or_token_has_no_recording(client):
    assert client.get(f"/captcha/{fresh_code(client)[0]}.wav?lang=xx").status_code == 404
    assert client.get("/captcha/forged.wav?lang=de").status_code == 404


def test_without_recordings_the_page_still_works_and_the_log_names_the_command(client, monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(captcha_voices, "VOICES", tmp_path / "none")
    assert client.get(f"/captcha/{fresh_code(client)[0]}.wav").status_code == 503
    assert "captcha voices" in caplog.text
    assert type_code(client).status_code == 200


def test_the_command_makes_what_is_missing_and_nothing_else(app, monkeypatch, voices):
    monkeypatch.setattr(captcha_voices, "VOICES", voices)
    lost, kept = voices / "lb" / "2-f2.wav", voices / "lb" / "3-f2.wav"
    before = kept.stat().st_mtime_ns
    lost.unlink()
    assert "1 recordings made" in app.test_cli_runner().invoke(args=["captcha", "voices"]).output
    assert lost.exists() and kept.stat().st_mtime_ns == before
    assert "0 recordings made" in app.test_cli_runner().invoke(args=["captcha", "voices"]).output


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
    assert soup.select_one("#captcha-code") and not soup.select("noscript, [data-captcha]")


def test_the_player_speaks_the_language_of_the_page(client):
    assert b".wav?lang=lb" in client.get("/step?code=1&lang=lb").data
    assert b".wav?lang=de" in client.get("/step?code=1&lang=de_LU").data


def test_a_round_trip_without_javascript(client):
    soup = BeautifulSoup(client.get("/step").data, "html.parser")
    assert client.get(soup.select_one("noscript img")["src"]).status_code == 200
    fields = {field["name"]: field.get("value", "") for field in soup.select("form input[name]")}
    code = logic.code_id(SECRET, fields["captcha_token"])
    assert client.post("/step", data=fields | {"captcha_code": logic.digits(SECRET, code)}).status_code == 200


def test_the_script_stays_small():
    assert len(gzip.compress((ROOT / "static" / "captcha.js").read_bytes())) <= 1250
