"""The settings: ETRACKING_* in the environment or in one file, checked at start. docs/settings.md explains each."""

import datetime as dt
import json
from typing import Any
from urllib.parse import urlsplit

from click import ClickException
from flask import Flask, current_app

from web import environment, key_ring, sending_checks, site_checks

DEFAULTS: dict[str, Any] = {
    "SECRET_KEY": "",  # this or KEYS is required: signs sessions, links and challenges, encrypts what is personal
    "KEYS": "",  # the key ring, newest first: 2026b:SECRET 2026a:SECRET; SECRET_KEY, if set, is its oldest key
    "SITE_URL": "",  # required: the public URL, in every QR code and notification
    "DATABASE_URL": "sqlite:///instance/etracking.db",
    "PROXY_HOPS": 0,  # how many reverse proxies of ours stand in front and set X-Forwarded-*; with https to be stated
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
    "MAIL_TIMEOUT": 300,  # seconds to wait for an answer of the mail server (RFC 5321, 4.5.3.2)
    "MAIL_FINAL_TIMEOUT": 600,  # seconds to wait for the last answer, while the server may scan the mail
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
    "FIRST_MAILS_PER_DAY": 2000,  # to addresses that never confirmed, at least; or three times what is usual
    "PUSH_PUBLIC_KEY": "",  # both keys turn push on for the installed app; `flask --app app push keys` makes a pair
    "PUSH_PRIVATE_KEY": "",
    "PUSH_HOSTS": [  # allowed push services: no request goes to any other host, whatever URL a browser sends (SSRF)
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "*.push.services.mozilla.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    ],
    "API_TOKEN_DAYS": 365,  # after which a new token of an authority's system ends, unless told otherwise; 0: never
    "HOOK_PRIVATE": False,  # allow hooks of the authorities' systems on private IP addresses
    "BACKUP_DIR": "",  # the folder of the encrypted copies and of the journal of erasures; empty: no backups
    "BACKUP_RECIPIENT": "",  # public keys of age (age1...), with spaces between them; `backup keys` makes a pair
    "BACKUP_KEEP": 30,  # days after which a copy is removed, and with it what was erased since
    "RETENTION_UNCONFIRMED_DAYS": 14,  # days after which what is erased by itself: see models/retention.py
    "RETENTION_UNCONFIRMED_MAX_DAYS": 90,
    "RETENTION_CONTACT_DAYS": 30,
    "RETENTION_TEXT_DAYS": 7,
    "RETENTION_DECIDED_DAYS": 180,
    "RETENTION_DOSSIER_DAYS": 365,
    "RETENTION_AUDIT_DAYS": 1826,
    "AUDIT_DIR": "",  # the folder that the oldest part of the audit log is exported to; empty: BACKUP_DIR
    "CONTROLLER_NAME": "",  # who is responsible for the data of the site, on /privacy (GDPR, article 13)
    "CONTROLLER_ADDRESS": "",  # postal address, on one line
    "CONTROLLER_EMAIL": "",
    "DATA_PROTECTION_OFFICER": "",  # how the officer is reached: an e-mail address, or name and address on one line
    "LEGAL_BASIS": "",  # the law that gives the controller this task, as it is cited
    "HELPDESK_PHONE": "",
    "HELPDESK_EMAIL": "",
    "CAPTCHA_MIN_SECONDS": 2,
    "LOG_FORMAT": "",  # json or text; empty: json with https, else text
    "ACCESS_LOG": True,  # one log line for each request, without its URL
    "READY_FREE_MB": 500,  # /readyz: free room on the disk of the database, or 5 % of a small disk
    "READY_OLDEST_SECONDS": 3600,  # /readyz: how long mail or SMS may fail to get through
    "AUDIT_DIGEST_EMAIL": "",  # where a digest of the audit log is sent to once a day: a mailbox of somebody else
    "AUDIT_DIGEST_URL": "",  # or where it is posted to; https
    "ALARM_REPEAT": 900,  # seconds after which an alarm that lasts is logged again
    "ALARM_BACKUP_HOURS": 36,  # age of the last backup at which an alarm rings; 0: never
    "METRICS_TOKEN": "",  # opens /metrics; empty: /metrics answers 404
    "STAFF_SECOND_FACTOR": True,  # staff need a second factor to sign in; off in development only
}

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


class BadSettingError(ClickException):
    """Settings are missing or wrong; `problems` has one sentence for each, with its remedy. A command says no more."""

    safe_to_log = True  # no text of a setting stands in it

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def undo_time() -> dt.timedelta:
    """How long what staff did can be undone. Nobody is notified of it before that."""
    return dt.timedelta(seconds=current_app.config["UNDO_SECONDS"])


def load(app: Flask, given: dict[str, Any] | None) -> None:
    """Fill app.config: defaults, then what the operator set, then `given`. Raises BadSettingError with all faults."""
    stated = environment.read()
    app.config.from_mapping(DEFAULTS)
    app.config.from_mapping({name: _typed(name, text) for name, text in stated.texts.items() if name in DEFAULTS})
    app.config.from_mapping(given or {})
    app.config.from_mapping(FIXED | (DEBUG if app.debug else {}))
    app.config["SETTINGS_SOURCE"] = stated.source
    unread = stated.problems and not stated.texts  # then nothing can be said of the rest
    problems = [] if unread else _problems(app.config, stated, set(given or {}))
    app.config["SETTINGS_PROBLEMS"] = stated.problems + problems
    if app.config["SETTINGS_PROBLEMS"]:
        raise BadSettingError(app.config["SETTINGS_PROBLEMS"])
    _derive(app.config)


def _typed(name: str, text: str) -> Any:
    """A text as it was written; numbers, switches and lists as JSON has them. What is no JSON stays, to be refused."""
    if isinstance(DEFAULTS[name], str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _problems(config: dict[str, Any], stated: environment.Stated, given: set[str]) -> list[str]:
    found = list(site_checks.unknown_names(stated.texts.keys(), DEFAULTS.keys()))
    usable = dict(config)
    for name, default in DEFAULTS.items():
        if not _fits(config[name], type(default)):
            found.append(f"ETRACKING_{name} needs {TYPE_NAMES[type(default)]}")
            usable[name] = default  # so that the checks can look at all the others
    for check in (*site_checks.CHECKS, *sending_checks.CHECKS):
        found += check(usable, stated.texts.keys() | given)
    if site_checks.is_production(usable) and stated.other_file:
        found.append(
            f"{stated.other_file} is read by commands, but not by the web server, and says something else than the"
            f" environment: remove it, or name the one file of the settings in {environment.FILE}"
        )
    return found


def _fits(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(text, str) for text in value)
    if kind is int:
        return type(value) is int and value >= 0
    return type(value) is kind


def _derive(config: dict[str, Any]) -> None:
    """Set the settings that follow from others."""
    key_ring.derive(config)
    config["SITE_URL"] = site_checks.as_browsers_write_it(config["SITE_URL"])
    secure = site_checks.is_production(config)
    config["SESSION_COOKIE_SECURE"] = secure
    config["SESSION_COOKIE_NAME"] = "__Host-etracking" if secure else "etracking"
    if secure:
        config["TRUSTED_HOSTS"] = [urlsplit(config["SITE_URL"]).hostname]
