"""The settings: ETRACKING_* in the environment, checked once at start. docs/settings.md explains each."""

import os
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

DEFAULTS: dict[str, Any] = {
    "SECRET_KEY": "",  # required: signs sessions, links and challenges
    "SITE_URL": "",  # required: the public URL, in every QR code and notification
    "DATABASE_URL": "sqlite:///instance/etracking.db",
    "PROXY_HOPS": 0,  # how many reverse proxies of ours stand in front and set X-Forwarded-*
    "UNDO_SECONDS": 600,  # how long a scan or move can be undone before the citizen is notified
    "MAIL_LEASE": 60,  # seconds until a notification is reclaimed from a worker that died
    "SMS_LEASE": 900,  # longer: an SMS of unknown outcome waits for its delivery report before it is repeated, once
    "SMS_FROM_HOUR": 8,  # first full hour, Luxembourg time, in which SMS are sent; those of the night wait for it
    "SMS_UNTIL_HOUR": 20,
    "INBOX": False,  # development: keep mail and SMS in a folder and show them at /dev/inbox
    "INBOX_DIR": "instance/inbox",
    "MAIL_SERVER": "",
    "MAIL_PORT": 587,
    "MAIL_USE_TLS": True,
    "MAIL_USE_SSL": False,
    "MAIL_USERNAME": "",
    "MAIL_PASSWORD": "",
    "MAIL_SENDER": "",  # the e-mail address in From
    "MAIL_CA_FILE": "",
    "MAIL_TIMEOUT": 15,
    "MAIL_BOUNCE_ADDRESS": "",  # bounces@...: envelope sender of every mail, with a token added after a plus sign
    "MAIL_BOUNCE_SECRET": "",  # signs the bounces that a mail server posts to /webhooks/bounces
    "MAIL_BOUNCE_SERVER": "",  # or: IMAP server (over TLS) of the bounce mailbox, which the worker reads
    "MAIL_BOUNCE_PORT": 993,
    "MAIL_BOUNCE_USERNAME": "",
    "MAIL_BOUNCE_PASSWORD": "",
    "VONAGE_APPLICATION_ID": "",
    "VONAGE_PRIVATE_KEY": "",  # the PEM text or the path of its file
    "VONAGE_SIGNATURE_SECRET": "",  # of the Vonage account: signs delivery reports and SMS answers
    "VONAGE_API_HOST": "api.nexmo.com",
    "SMS_SENDER": "eTracking",  # at most 11 characters
    "SMS_REGIONS": ["LU", "DE", "FR", "BE"],  # countries that SMS may go to; others are refused at the form
    "SMS_PRICE": 8,  # cents for one SMS, to estimate the bill
    "SMS_BUDGET": 500,  # euros a month; when they are spent, new contacts get no SMS
    "PUSH_PUBLIC_KEY": "",  # both keys turn push on for the installed app; `flask --app app push keys` makes a pair
    "PUSH_PRIVATE_KEY": "",
    "PUSH_HOSTS": [  # allowed push services: no request goes to any other host, whatever URL a browser sends (SSRF)
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    ],
    "HOOK_PRIVATE": False,  # allow hooks of the authorities' systems on private IP addresses
    "HELPDESK_PHONE": "",
    "HELPDESK_EMAIL": "",
    "CAPTCHA_MIN_SECONDS": 2,
    "METRICS_TOKEN": "",  # opens /metrics; empty: /metrics answers 404
    "STAFF_SECOND_FACTOR": True,  # staff need a second factor to sign in; off in development only
}

MAX_SITE_URL_LENGTH = 38  # characters; with this, every text in every language fits into one SMS

TYPE_NAMES: dict[type, str] = {
    str: "text",
    int: "a whole number, 0 or more",
    bool: "true or false, in small letters",
    list: 'a list of texts, such as ["LU", "DE"]',
}

# Settings of Flask and its extensions that the environment cannot change.
FIXED: dict[str, Any] = {
    "MAX_CONTENT_LENGTH": 64 * 1024,
    "MAX_FORM_MEMORY_SIZE": 64 * 1024,
    "MAX_FORM_PARTS": 100,
    "WTF_CSRF_TIME_LIMIT": None,  # the token is bound to the session instead: a tab left open overnight still works
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "PERMANENT_SESSION_LIFETIME": 86400,
    "SEND_FILE_MAX_AGE_DEFAULT": 60,  # seconds, for static files that are not built; see static_files.py
    "TEMPLATES_AUTO_RELOAD": False,
}
# Added with `flask --debug`: changes show at once.
DEBUG: dict[str, Any] = {"TEMPLATES_AUTO_RELOAD": True, "SEND_FILE_MAX_AGE_DEFAULT": 0}


class BadSettingError(RuntimeError):
    """A setting is missing or wrong; the text says which one, and what it needs."""


def load(app: Flask, given: dict[str, Any] | None) -> None:
    """Fill app.config: defaults, then the environment, then `given`. Raises BadSettingError."""
    app.config.from_mapping(DEFAULTS)
    app.config.from_prefixed_env("ETRACKING")
    app.config.from_mapping(_text_settings())
    app.config.from_mapping(given or {})
    app.config.from_mapping(FIXED | (DEBUG if app.debug else {}))
    _check(app.config)
    _derive(app.config)


def _text_settings() -> dict[str, str]:
    """The text settings exactly as written; from_prefixed_env reads JSON and would change a password like 12e9."""
    names = [name for name, default in DEFAULTS.items() if isinstance(default, str)]
    return {name: os.environ[f"ETRACKING_{name}"] for name in names if f"ETRACKING_{name}" in os.environ}


def _check(config: dict[str, Any]) -> None:
    for name, default in DEFAULTS.items():
        if not _fits(config[name], type(default)):
            raise BadSettingError(f"ETRACKING_{name} needs {TYPE_NAMES[type(default)]}")
    if len(config["SECRET_KEY"]) < 32:
        raise BadSettingError("ETRACKING_SECRET_KEY needs at least 32 random characters (make run makes one for you)")
    if not config["DATABASE_URL"].startswith(("sqlite:///", "postgresql://", "postgres://")):
        raise BadSettingError("ETRACKING_DATABASE_URL needs sqlite:///path or postgresql://...")
    site = urlsplit(config["SITE_URL"])
    if site.scheme not in ("http", "https") or not site.netloc or site.path not in ("", "/"):
        raise BadSettingError("ETRACKING_SITE_URL needs the public address, for example https://etracking.example.lu")
    if config["INBOX"] and site.scheme == "https":
        raise BadSettingError("ETRACKING_INBOX is for development: it shows every message to anyone")
    if site.scheme == "https" and not config["STAFF_SECOND_FACTOR"]:
        raise BadSettingError(
            "ETRACKING_STAFF_SECOND_FACTOR=false is for development: a password alone would open the desk"
        )
    _check_sending(config)
    _check_push(config)


def _check_sending(config: dict[str, Any]) -> None:
    if not config["INBOX"] and not (config["MAIL_SERVER"] and config["MAIL_SENDER"]):
        raise BadSettingError("ETRACKING_MAIL_SERVER and ETRACKING_MAIL_SENDER are needed to send mail")
    if config["MAIL_BOUNCE_ADDRESS"] and config["MAIL_BOUNCE_ADDRESS"].count("@") != 1:
        raise BadSettingError("ETRACKING_MAIL_BOUNCE_ADDRESS needs one e-mail address, for example bounces@example.lu")
    if not config["SMS_FROM_HOUR"] < config["SMS_UNTIL_HOUR"] <= 24:
        raise BadSettingError(
            "ETRACKING_SMS_FROM_HOUR and ETRACKING_SMS_UNTIL_HOUR need two full hours, such as 8 and 20"
        )
    if config["VONAGE_APPLICATION_ID"] and len(config["SITE_URL"].rstrip("/")) > MAX_SITE_URL_LENGTH:
        raise BadSettingError(
            f"ETRACKING_SITE_URL needs at most {MAX_SITE_URL_LENGTH} characters: an SMS has no room for more"
        )
    if not 1 <= len(config["SMS_SENDER"]) <= 11:
        raise BadSettingError("ETRACKING_SMS_SENDER needs 1 to 11 characters")


def _check_push(config: dict[str, Any]) -> None:
    lengths = [(config[name], length) for name, length in (("PUSH_PUBLIC_KEY", 87), ("PUSH_PRIVATE_KEY", 43))]
    if any(key for key, _length in lengths) and not all(len(key) == length for key, length in lengths):
        raise BadSettingError("ETRACKING_PUSH_PUBLIC_KEY and ETRACKING_PUSH_PRIVATE_KEY need a pair from `push keys`")


def _fits(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(text, str) for text in value)
    if kind is int:
        return type(value) is int and value >= 0
    return type(value) is kind


def _derive(config: dict[str, Any]) -> None:
    """Set the settings that follow from SITE_URL."""
    site = urlsplit(config["SITE_URL"])
    config["SITE_URL"] = config["SITE_URL"].rstrip("/")
    secure = site.scheme == "https"
    config["SESSION_COOKIE_SECURE"] = secure
    config["SESSION_COOKIE_NAME"] = "__Host-etracking" if secure else "etracking"
    if secure:
        config["TRUSTED_HOSTS"] = [site.hostname]
