"""The settings: what was typed arrives as it was typed, and what follows from it."""

import pytest

from app import create_app
from support.production import SETTINGS as PRODUCTION
from support.site import SETTINGS
from web.settings import DEFAULTS

TEXTS = sorted(name for name, default in DEFAULTS.items() if isinstance(default, str))
CHECKED = (
    "SECRET_KEY",
    "KEYS",
    "SITE_URL",
    "DATABASE_URL",
    "MAIL_SENDER",
    "MAIL_CA_FILE",
    "MAIL_BOUNCE_ADDRESS",
    "INBOX_DIR",
    "LOG_FORMAT",
    "CONTROLLER_EMAIL",
)
DIGITS = "59208314670412967358203914758602"


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start with these texts in the environment; the other settings are right."""

    def start(**environment):
        given = SETTINGS | {"DATABASE_URL": f"sqlite:///{tmp_path}/etracking.db"}
        if environment.get("SITE_URL", "").lower().startswith("https"):
            given |= PRODUCTION
        for name, text in environment.items():
            monkeypatch.setenv(f"ETRACKING_{name}", text)
        return create_app({name: value for name, value in given.items() if name not in environment}).config

    return start


@pytest.mark.parametrize("text", [DIGITS, "1e" + DIGITS, "0.10" + DIGITS, '"' + DIGITS + '"', "[]" + DIGITS])
def test_secret_arrives_letter_by_letter_whatever_it_looks_like(start, text):
    assert start(SECRET_KEY=text)["SECRET_KEY"] == text


@pytest.mark.parametrize("text", ["352621123", "12e9", "true", "null", "1.10", "007"])
def test_texts_of_every_setting_are_never_taken_for_numbers(start, text):
    free = [
        name for name in TEXTS if name not in CHECKED and not name.startswith(("PUSH_", "VONAGE_", "BACKUP_", "AUDIT_"))
    ]
    config = start(**dict.fromkeys(free, text), MAIL_BOUNCE_ADDRESS="bounces@example.lu")
    assert {name: config[name] for name in free} == dict.fromkeys(free, text)


def test_numbers_switches_and_lists_are_read_as_such(start):
    config = start(MAIL_PORT="2525", MAIL_USE_TLS="false", SMS_REGIONS='["LU"]', UNDO_SECONDS="0")
    assert config["MAIL_PORT"] == 2525 and config["MAIL_USE_TLS"] is False
    assert config["SMS_REGIONS"] == ["LU"] and config["UNDO_SECONDS"] == 0


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("http://localhost/", "http://localhost"),
        ("HTTPS://eTracking.Example.LU", "https://etracking.example.lu"),
        ("https://example.lu:8443", "https://example.lu:8443"),
        ("https://example.lu:443/", "https://example.lu"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_address_is_used_as_browsers_write_it(start, typed, used):
    assert start(SITE_URL=typed)["SITE_URL"] == used


@pytest.mark.parametrize(("site", "secure"), [("https://example.lu", True), ("http://localhost", False)])
def test_cookies_are_as_strict_as_the_address_allows(start, site, secure):
    config = start(SITE_URL=site)
    assert config["SESSION_COOKIE_SECURE"] is secure
    assert config["SESSION_COOKIE_NAME"].startswith("__Host-") is secure
    assert config["SESSION_COOKIE_HTTPONLY"] and config["SESSION_COOKIE_SAMESITE"] == "Lax"
