"""Settings that cannot be right: the start is refused, all faults are named at once, each with its remedy and no secret."""

import re

import pytest

from app import create_app
from commands.push import keys as push_keys
from paths import ROOT
from support.production import SETTINGS as PRODUCTION
from support.site import SETTINGS
from web.settings import BadSettingError

HTTPS = "https://etracking.example.lu"
KEY = "Vq3xW8mZ0pT5-rLkJ7cYbN2dHs9GfA4uRiE6oXwM"


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """What is said of these texts in the environment of a site whose other settings are right."""

    def refused(profile: dict, **environment: str) -> list[str]:
        given = SETTINGS | profile | {"DATABASE_URL": f"sqlite:///{tmp_path}/etracking.db"}
        for name, text in environment.items():
            monkeypatch.setenv(f"ETRACKING_{name}", text)
        try:
            create_app({name: value for name, value in given.items() if name not in environment})
        except BadSettingError as error:
            return error.problems
        return []

    return refused


@pytest.mark.parametrize("profile", [{}, PRODUCTION], ids=["development", "production"])
def test_the_settings_of_the_tests_are_right(refused, profile):
    assert refused(profile) == []


@pytest.mark.parametrize("profile", [{}, PRODUCTION], ids=["development", "production"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "abab" * 16),
        ("SECRET_KEY", "K7q-Zx2pW9" * 5),
        ("SECRET_KEY", "abcdefghijklmnopqrstuvwxyz0123456789"),
        ("KEYS", "2026a"),
        ("KEYS", KEY),  # a key without a name
        ("KEYS", "2026a:short"),
        ("KEYS", f"2026a:{'abab' * 16}"),
        ("KEYS", f"2026a:{KEY} 2026b:{KEY}"),
        ("KEYS", f"2026a:{KEY} 2026a:{KEY[::-1]}"),
        ("KEYS", f"secret-key:{KEY[::-1]}"),
        ("SITE_URL", ""),
        ("SITE_URL", "etracking.example.lu"),
        ("SITE_URL", "ftp://etracking.example.lu"),
        ("SITE_URL", "https://"),
        ("SITE_URL", f"{HTTPS}/etracking"),
        ("SITE_URL", f"{HTTPS}?lang=de"),
        ("SITE_URL", f"{HTTPS}/?"),
        ("SITE_URL", f"{HTTPS}#top"),
        ("SITE_URL", "https://user:pw@etracking.example.lu"),
        ("SITE_URL", "https://@etracking.example.lu"),
        ("SITE_URL", f"{HTTPS}:port"),
        ("SITE_URL", f"{HTTPS}:65536"),
        ("SITE_URL", "https://etracking_.example.lu"),
        ("SITE_URL", "https://-etracking.example.lu"),
        ("SITE_URL", "https://etracking..lu"),
        ("SITE_URL", "https://étracking.example.lu"),
        ("SITE_URL", "https://etracking.example.lu "),
        ("SITE_URL", "https://192.0.2.1"),
        ("SITE_URL", "https://[2001:db8::1]"),
        ("SITE_URL", "http://etracking.example.lu"),  # not https, and not this machine
        ("SITE_URL", "http://192.0.2.1:8000"),
        ("DATABASE_URL", "mysql://localhost/etracking"),
        ("DATABASE_URL", "etracking.db"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "postgresql://localhost"),
        ("DATABASE_URL", "postgresql://localhost:port/etracking"),
        ("DATABASE_URL", ""),
        ("PROXY_HOPS", "one"),
        ("PROXY_HOPS", "-1"),
        ("PROXY_HOPS", "true"),
        ("PROXY_HOPS", "6"),
        ("UNDO_SECONDS", "ten"),
        ("UNDO_SECONDS", "1.5"),
        ("INBOX", "False"),  # read as text, it would count as yes
        ("INBOX", "1"),
        ("AUDIT_DIGEST_EMAIL", "somebody"),
        ("AUDIT_DIGEST_URL", "http://archive.example.org/digests"),
        ("MAIL_SERVER", ""),
        ("MAIL_SERVER", "smtp.example.lu:587"),
        ("MAIL_SERVER", "smtp://smtp.example.lu"),
        ("MAIL_SENDER", ""),
        ("MAIL_SENDER", "eTracking"),
        ("MAIL_SENDER", "noreply@"),
        ("MAIL_PORT", "smtp"),
        ("MAIL_PORT", "0"),
        ("MAIL_PORT", "65536"),
        ("MAIL_PORT", "465"),  # without TLS from the first byte
        ("MAIL_USE_SSL", "true"),  # at the port of the other way
        ("MAIL_USE_TLS", "yes"),
        ("MAIL_USE_SSL", "no"),
        ("MAIL_USERNAME", "etracking"),  # and no password
        ("MAIL_PASSWORD", "a password"),  # and no user
        ("MAIL_TIMEOUT", ""),
        ("MAIL_TIMEOUT", "0"),
        ("MAIL_FINAL_TIMEOUT", "0"),
        ("MAIL_CA_FILE", "/nowhere/ca.pem"),
        ("MAIL_CA_FILE", "/etc"),
        ("MAIL_CA_FILE", str(ROOT / "README.md")),
        ("MAIL_BOUNCE_ADDRESS", "bounces"),
        ("MAIL_BOUNCE_SERVER", "imap.example.lu"),  # and no account
        ("MAIL_BOUNCE_PORT", "70000"),
        ("SMS_SENDER", ""),
        ("SMS_SENDER", "eTracking.lu"),
        ("SMS_FROM_HOUR", "24"),
        ("SMS_UNTIL_HOUR", "25"),
        ("SMS_REGIONS", "LU"),
        ("SMS_REGIONS", "[352]"),
        ("SMS_REGIONS", '["LUX"]'),
        ("CAPTCHA_MIN_SECONDS", "[]"),
        ("CAPTCHA_MIN_SECONDS", "600"),
        ("PUSH_PUBLIC_KEY", "x" * 87),
        ("PUSH_PRIVATE_KEY", "x" * 43),
        ("BACKUP_RECIPIENT", "AGE-SECRET-KEY-1" + "X" * 58),
        ("BACKUP_DIR", "/var/backups"),  # and no key
        ("BACKUP_KEEP", "0"),
        ("BACKUP_KEEP", "61"),
        ("PUSH_HOSTS", "fcm.googleapis.com"),
    ],
)
def test_setting_that_cannot_be_right_refuses_to_start_and_says_its_name(refused, profile, name, text):
    assert any(f"ETRACKING_{name}" in problem for problem in refused(profile, **{name: text}))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SECRET_KEY", "please-change-this-before-you-go-live-0815"),
        ("SECRET_KEY", "my-very-own-Password-that-nobody-knows"),
        ("PROXY_HOPS", ""),
        ("INBOX", "true"),
        ("STAFF_SECOND_FACTOR", "false"),
        ("MAIL_USE_TLS", "false"),
        ("HELPDESK_EMAIL", "helpdesk"),
        ("CAPTCHA_MIN_SECONDS", "0"),
        ("METRICS_TOKEN", "short"),
        ("MAIL_BOUNCE_SECRET", "short"),
        ("METRICS_TOKEN", "a" * 40),
        ("METRICS_TOKEN", "abcdefghijklmnop"),
        ("MAIL_BOUNCE_SECRET", "0815" * 8),
    ],
)
def test_what_may_do_for_development_is_refused_in_production(refused, name, text):
    (problem,) = refused(PRODUCTION, **{name: text})
    assert f"ETRACKING_{name}" in problem and "\n" not in problem


def test_a_key_ring_needs_no_other_secret_and_none_is_named(refused):
    ring = f"2026b:{KEY[::-1]} 2026a:{KEY}"
    assert refused(PRODUCTION | {"SECRET_KEY": "", "KEYS": ring}) == refused(PRODUCTION | {"KEYS": ring}) == []
    (problem,) = refused(PRODUCTION, KEYS=f"{KEY[::-1]} 2026a:{KEY}")
    assert "ETRACKING_KEYS" in problem and KEY[::-1] not in problem


@pytest.mark.parametrize("names", [("SECRET_KEY",), ("SITE_URL",), ("MAIL_SERVER",), ("MAIL_SENDER",), ("PROXY_HOPS",)])
def test_nothing_stands_in_for_a_setting_that_is_missing(tmp_path, names):
    given = {key: value for key, value in (SETTINGS | PRODUCTION).items() if key not in names}
    with pytest.raises(BadSettingError, match=f"ETRACKING_{names[0]}"):
        create_app(given | {"DATABASE_URL": f"sqlite:///{tmp_path}/etracking.db"})


def test_in_production_somebody_can_be_asked(refused):
    assert refused(PRODUCTION | {"HELPDESK_EMAIL": ""}) == refused(PRODUCTION | {"HELPDESK_PHONE": ""}) == []
    (problem,) = refused(PRODUCTION | {"HELPDESK_EMAIL": "", "HELPDESK_PHONE": ""})
    assert "ETRACKING_HELPDESK_PHONE or ETRACKING_HELPDESK_EMAIL" in problem


def test_no_proxy_can_be_stated_where_gunicorn_itself_speaks_tls(refused):
    assert refused(PRODUCTION, PROXY_HOPS="0") == []


@pytest.mark.parametrize("server", ["localhost", "127.0.0.1", "::1"])
def test_mail_needs_no_tls_to_this_machine(refused, server):
    assert refused(PRODUCTION, MAIL_SERVER=server, MAIL_USE_TLS="false", MAIL_PORT="25") == []


@pytest.mark.parametrize("server", ["smtp.example.lu", "192.0.2.1", "localhost.example.lu"])
def test_mail_needs_tls_to_another_machine_also_in_development(refused, server):
    (problem,) = refused({}, MAIL_SERVER=server, MAIL_USE_TLS="false", MAIL_PORT="25")
    assert "ETRACKING_MAIL_USE_TLS" in problem


def test_tls_from_the_first_byte_has_a_port_of_its_own(refused):
    assert refused(PRODUCTION, MAIL_USE_SSL="true", MAIL_PORT="465") == []


def test_phones_of_the_own_network_may_try_a_site_in_development(refused):
    assert refused({"INBOX": True}, SITE_URL="http://192.0.2.1:8000") == []
    assert refused({"INBOX": True}, MAIL_SERVER="", MAIL_SENDER="", SECRET_KEY="x" * 40) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("SECRET_KEY", "x" * 40), ("MAIL_SERVER", ""), ("MAIL_SENDER", "nobody"), ("MAIL_USE_TLS", "false")],
)
def test_inbox_in_production_hides_no_other_fault(refused, name, text):
    found = " ".join(refused(PRODUCTION | {"INBOX": True}, **{name: text}))
    assert "ETRACKING_INBOX=true" in found and f"ETRACKING_{name}" in found


@pytest.mark.parametrize("token", ["9f3c51d07a84be26", "3141592653589793"])
def test_short_token_of_few_kinds_of_characters_will_do(refused, token):
    assert refused(PRODUCTION, METRICS_TOKEN=token, MAIL_BOUNCE_SECRET=token, PROXY_HOPS="5") == []


def test_debug_mode_is_refused_in_production(refused):
    (problem,) = refused(PRODUCTION | {"DEBUG": True})
    assert "FLASK_DEBUG" in problem


def test_address_that_no_sms_has_room_for_is_refused_where_sms_are_sent(refused, tmp_path):
    site = "https://" + "e" * 28 + ".lu"
    assert refused(PRODUCTION, SITE_URL=site, VONAGE_APPLICATION_ID="") == []
    assert any("ETRACKING_SITE_URL" in each for each in refused(PRODUCTION, SITE_URL=site, VONAGE_APPLICATION_ID="id"))


@pytest.mark.parametrize("text", ["", "/nowhere/private.key", "-----BEGIN PRIVATE KEY-----\nnone\n"])
def test_sms_account_without_a_key_that_can_be_read_is_refused(refused, text):
    (problem,) = refused(PRODUCTION, VONAGE_APPLICATION_ID="an id", VONAGE_PRIVATE_KEY=text)
    assert "ETRACKING_VONAGE_PRIVATE_KEY" in problem and "none\n" not in problem


def test_file_that_may_not_be_read_is_refused(refused, tmp_path, monkeypatch):
    (tmp_path / "key.pem").mkdir()  # for root no file is unreadable, but a folder is
    (problem,) = refused(PRODUCTION, VONAGE_APPLICATION_ID="an id", VONAGE_PRIVATE_KEY=str(tmp_path / "key.pem"))
    assert "Is a directory" in problem


def test_keys_of_push_belong_together(refused, capsys):
    pairs = []
    for _ in range(2):
        push_keys.callback.__wrapped__()
        pairs.append(re.findall("=(.*)", capsys.readouterr().out))
    (public, private), (_other, strange) = pairs
    assert refused(PRODUCTION, PUSH_PUBLIC_KEY=public, PUSH_PRIVATE_KEY=private) == []
    (problem,) = refused(PRODUCTION, PUSH_PUBLIC_KEY=public, PUSH_PRIVATE_KEY=strange)
    assert "push keys" in problem and strange not in problem


@pytest.mark.parametrize(
    ("name", "meant"),
    [("MAIL_SERVR", "MAIL_SERVER"), ("HELPDESK_MAIL", "HELPDESK_EMAIL"), ("mail_server", ""), ("SERVER_NAME", "")],
)
def test_name_that_is_no_setting_is_refused_with_the_nearest_that_is_one(refused, name, meant):
    (problem,) = refused({}, **{name: "smtp.example.lu"})
    assert f"ETRACKING_{name} is no setting" in problem and (f"is ETRACKING_{meant} meant?" in problem) == bool(meant)


def test_all_faults_are_named_at_once_and_no_secret(refused):
    problems = refused(
        PRODUCTION, SECRET_KEY="swordfish", PROXY_HOPS="one", MAIL_PASSWORD="open sesame", MAIL_SERVR="x", INBOX="true"
    )
    named = [re.search(r"ETRACKING_(\w+)", problem)[1] for problem in problems]
    assert sorted(named) == ["INBOX", "MAIL_SERVR", "MAIL_USERNAME", "PROXY_HOPS", "SECRET_KEY"]
    assert "swordfish" not in str(problems) and "sesame" not in str(problems)
