"""The digits of the CAPTCHA as a picture and as a recording."""

import io
import wave
from itertools import combinations

import pytest
from PIL import Image

from models.catalogue.procedure import LANGUAGES
from models.security import captcha as logic
from models.security import keys
from models.security import voices as captcha_voices
from support.captcha import fresh_code, type_code


def test_the_picture_is_drawn_once(client):
    url = f"/captcha/{fresh_code(client)[0]}.png"
    first, second = client.get(url), client.get(url)
    assert (first.status_code, first.mimetype, second.status_code) == (200, "image/png", 410)
    assert first.headers["Cache-Control"] == second.headers["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(first.data)).size == (280, 90)
    assert client.get("/captcha/forged.png").status_code == 404


def test_program_that_tests_the_link_does_not_use_the_picture_up(client):
    path = f"/captcha/{fresh_code(client)[0]}.png"
    tested = client.head(path)
    assert tested.status_code == 200 and tested.mimetype == "image/png" and not tested.data
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == client.get(path).status_code == 410


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


def frames(sound):
    with wave.open(io.BytesIO(sound)) as file:
        return file.readframes(file.getnframes())


def test_no_two_takes_share_what_a_table_could_hold(monkeypatch, voices):
    """A table of 14 hashes used to read every code."""
    monkeypatch.setattr(captcha_voices, "VOICES", voices)
    keys.initialize("a secret of at least thirty-two characters")
    takes = [frames(captcha_voices.spoken("222222", "lb", "m3", str(number))) for number in range(5)]
    runs = [{take[at : at + 24] for at in range(len(take) - 24)} for take in takes]  # 2 ms
    known = {path.stem: frames(path.read_bytes()) for path in voices.rglob("*.wav")}.values()
    pieces = {sound[at : at + 24] for sound in known for at in range(0, len(sound) - 24)}
    assert not any(run & other for run, other in combinations(runs, 2)) and not any(run & pieces for run in runs)
    assert len({len(take) for take in takes}) == 5


def test_a_take_is_that_of_its_code_and_of_the_key(monkeypatch, voices):
    monkeypatch.setattr(captcha_voices, "VOICES", voices)
    keys.initialize("a secret of at least thirty-two characters")
    first = captcha_voices.spoken("234568", "fr", "f2", "a code")
    assert captcha_voices.spoken("234568", "fr", "f2", "a code") == first
    keys.initialize("another secret of thirty-two characters")
    assert captcha_voices.spoken("234568", "fr", "f2", "a code") != first


def test_the_voice_stays_far_above_the_hiss_and_never_clips(monkeypatch, voices):
    monkeypatch.setattr(captcha_voices, "VOICES", voices)
    keys.initialize("a secret of at least thirty-two characters")
    for number in range(40):
        samples = frames(captcha_voices.spoken("889995", LANGUAGES[number % 4], "f2", str(number)))
        assert 3 < min(samples) < 80 and 176 < max(samples) < 253
        quiet = samples[: captcha_voices.RATE // 2]
        assert max(quiet) - min(quiet) <= captcha_voices.HISS


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
