"""The settings: a wrong one refuses to start and says its name, the right one arrives as it was typed."""

import pytest

from app import create_app
from support.site import SETTINGS
from web.settings import DEFAULTS, BadSettingError

TEXTS = sorted(name for name, default in DEFAULTS.items() if isinstance(default, str))
DIGITS = "12345678901234567890123456789012"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start with these texts in the environment; the other settings are right."""

    def start(**environment):
        given = SETTINGS | {"DATABASE_URL": f"sqlite:///{tmp_path}/etracking.db"}
        for name, text in environment.items():
            monkeypatch.setenv(f"ETRACKING_{name}", text)
        return create_app({name: value for name, value in given.items() if name not in environment}).config

    return start


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SITE_URL", ""),
        ("SITE_URL", "etracking.example.lu"),
        ("SITE_URL", "ftp://etracking.example.lu"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "https://example.lu/etracking"),
        ("DATABASE_URL", "mysql://localhost/etracking"),
        ("DATABASE_URL", "etracking.db"),
        ("DATABASE_URL", ""),
        ("PROXY_HOPS", "one"),
        ("PROXY_HOPS", "-1"),
        ("PROXY_HOPS", "true"),
        ("UNDO_SECONDS", "ten"),
        ("UNDO_SECONDS", "1.5"),
        ("INBOX", "False"),  # read as text, it would count as yes
        ("INBOX", "1"),
        ("MAIL_SERVER", ""),
        ("MAIL_SENDER", ""),
        ("MAIL_PORT", "smtp"),
        ("MAIL_BOUNCE_ADDRESS", "bounces"),
        ("MAIL_USE_TLS", "yes"),
        ("MAIL_USE_SSL", "no"),
        ("MAIL_TIMEOUT", ""),
        ("SMS_SENDER", ""),
        ("SMS_SENDER", "eTracking.lu"),
        ("SMS_REGIONS", "LU"),
        ("SMS_REGIONS", "[352]"),
        ("CAPTCHA_MIN_SECONDS", "[]"),
        ("PUSH_PUBLIC_KEY", "x" * 87),
        ("PUSH_PRIVATE_KEY", "x" * 43),
        ("PUSH_HOSTS", "fcm.googleapis.com"),
    ],
)
def test_bad_setting_refuses_to_start_and_says_its_name(start, name, text):
    with pytest.raises(BadSettingError, match=f"ETRACKING_{name}"):
        start(**{name: text})


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "MAIL_SERVER", "MAIL_SENDER"])
def test_nothing_stands_in_for_a_setting_that_is_missing(tmp_path, name):
    given = {key: value for key, value in SETTINGS.items() if key != name}
    with pytest.raises(BadSettingError, match=f"ETRACKING_{name}"):
        create_app(given | {"DATABASE_URL": f"sqlite:///{tmp_path}/etracking.db"})


def test_development_inbox_is_refused_on_a_real_site(start):
    with pytest.raises(BadSettingError, match="ETRACKING_INBOX"):
        start(INBOX="true", SITE_URL="https://etracking.example.lu")


def test_address_that_no_sms_has_room_for_is_refused_where_sms_are_sent(start):
    site = "https://" + "e" * 28 + ".lu"
    assert start(SITE_URL=site, VONAGE_APPLICATION_ID="")["SITE_URL"] == site
    with pytest.raises(BadSettingError, match="ETRACKING_SITE_URL"):
        start(SITE_URL=site, VONAGE_APPLICATION_ID="an id")


def test_development_inbox_needs_no_mail_server(start):
    assert start(INBOX="true", MAIL_SERVER="", MAIL_SENDER="")["INBOX"] is True


@pytest.mark.parametrize("text", [DIGITS, "1e" + DIGITS, "0.10" + DIGITS, '"' + DIGITS + '"', "[]" + DIGITS])
def test_secret_arrives_letter_by_letter_whatever_it_looks_like(start, text):
    assert start(SECRET_KEY=text)["SECRET_KEY"] == text


@pytest.mark.parametrize("text", ["352621123", "12e9", "true", "null", "1.10", "007"])
def test_texts_of_every_setting_are_never_taken_for_numbers(start, text):
    free = [
        name
        for name in TEXTS
        if name not in ("SECRET_KEY", "SITE_URL", "DATABASE_URL", "INBOX_DIR", "MAIL_BOUNCE_ADDRESS")
        and not name.startswith("PUSH_")
    ]
    config = start(**dict.fromkeys(free, text))
    assert {name: config[name] for name in free} == dict.fromkeys(free, text)


def test_numbers_switches_and_lists_are_read_as_such(start):
    config = start(MAIL_PORT="2525", MAIL_USE_TLS="false", SMS_REGIONS='["LU"]', UNDO_SECONDS="0")
    assert config["MAIL_PORT"] == 2525 and config["MAIL_USE_TLS"] is False
    assert config["SMS_REGIONS"] == ["LU"] and config["UNDO_SECONDS"] == 0


def test_slash_at_the_end_of_the_address_is_dropped(start):
    assert start(SITE_URL="http://localhost/")["SITE_URL"] == "http://localhost"


@pytest.mark.parametrize(("site", "secure"), [("https://example.lu", True), ("http://localhost", False)])
def test_cookies_are_as_strict_as_the_address_allows(start, site, secure):
    config = start(SITE_URL=site)
    assert config["SESSION_COOKIE_SECURE"] is secure
    assert config["SESSION_COOKIE_NAME"].startswith("__Host-") is secure
    assert config["SESSION_COOKIE_HTTPONLY"] and config["SESSION_COOKIE_SAMESITE"] == "Lax"
