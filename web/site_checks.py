"""Settings of the site itself that cannot be right, each with its remedy: address, proxy, secrets, database, helpdesk.

A check yields one sentence for each fault; none shows a secret. The settings it is given have the right types, which
web/settings.py has looked at. Production is a site with https.
"""

import re
from collections.abc import Callable, Iterator, Set
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from email_validator import EmailNotValidError, validate_email

from web import file_modes, key_ring

Config = dict[str, Any]
Check = Callable[[Config, Set[str]], Iterator[str]]  # the settings, and the names of those that somebody has set

MIN_SECRET_LENGTH = 32  # characters
MIN_TOKEN_LENGTH = 16
MAX_PROXY_HOPS = 5
MIN_DISTINCT_CHARACTERS = 8  # of 32 random digits, one in ten thousand has fewer
REMEDY = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))' makes one"
INVENTED = ("secret", "password", "change", "example", "etracking", "12345", "qwert")  # no random text has these
HOST = re.compile(r"(?!-)[a-z0-9-]+(?<!-)(?:\.(?!-)[a-z0-9-]+(?<!-))*")
PUBLIC_KEY = re.compile("age1[0-9a-z]{58}")
MAX_BACKUP_KEEP = 60  # days; erasures are remembered for longer (models/erasure.py)
MAX_RETENTION = 36_500  # days
# An address without a yes goes first, then that of a dossier that is over, then the dossier, then who did what.
RETENTION_ORDER = (
    ("UNCONFIRMED_DAYS", "UNCONFIRMED_MAX_DAYS"),
    ("CONTACT_DAYS", "DOSSIER_DAYS"),
    ("DOSSIER_DAYS", "AUDIT_DAYS"),
)
LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost")
ADDRESS_NEEDED = (
    "ETRACKING_SITE_URL needs the public address and nothing else, for example https://etracking.example.lu"
)


def unknown_names(names: Set[str], known: Set[str]) -> Iterator[str]:
    """A name that is no setting: mostly a slip, and then a setting that its operator believes in does not count."""
    for name in sorted(names - known):
        near = get_close_matches(name, known, 1, 0.75)
        yield f"ETRACKING_{name} is no setting" + (f": is ETRACKING_{near[0]} meant?" if near else "")


def is_production(config: Config) -> bool:
    """True for a site with https: one that citizens use."""
    return str(config["SITE_URL"]).lower().startswith("https:")


def check_address(config: Config, stated: Set[str]) -> Iterator[str]:
    """The public address: it stands in every QR code and notification, and passkeys and cookies belong to its host."""
    url = _split(config["SITE_URL"])
    if url is None:
        yield ADDRESS_NEEDED
        return
    if url.scheme == "https" and is_ip(url.hostname):
        yield "ETRACKING_SITE_URL needs a host name, not an IP address: passkeys and certificates belong to a name"
    if url.scheme == "http" and not is_local(url.hostname) and not config["INBOX"]:
        yield "ETRACKING_SITE_URL needs https: over http anybody on the way reads and changes what people send"
    if url.scheme == "https" and "PROXY_HOPS" not in stated:
        yield (
            "ETRACKING_PROXY_HOPS is needed with https: how many reverse proxies of yours set X-Forwarded-For and"
            " X-Forwarded-Proto; 1 behind nginx, 0 if gunicorn itself speaks TLS"
        )


def _split(text: str) -> SplitResult | None:
    """The parts of an address that names a site and nothing below it; None for any other."""
    try:
        url = urlsplit(text.lower())
        right = url.scheme in ("http", "https") and (url.port or 1) and url.path in ("", "/") and text.isascii()
    except ValueError:  # a port that is none
        return None
    named = HOST.fullmatch(url.hostname or "") or is_ip(url.hostname)
    bare = "@" not in url.netloc and not re.search(r"[?#\s]", text)
    return url if right and named and bare else None


def as_browsers_write_it(address: str) -> str:
    """The address of a site in small letters, without a slash at its end and the port that goes without saying."""
    url = urlsplit(address.lower())
    default = {"http": ":80", "https": ":443"}[url.scheme]
    return f"{url.scheme}://{url.netloc.removesuffix(default)}"


def is_ip(host: str | None) -> bool:
    """True if `host` is an IP address."""
    try:
        return bool(ip_address(host or ""))
    except ValueError:
        return False


def is_local(host: str | None) -> bool:
    """True if `host` is this machine."""
    name = (host or "").strip("[]").lower()
    return ip_address(name).is_loopback if is_ip(name) else name in LOCAL_NAMES or name.endswith(".localhost")


def check_development(config: Config, stated: Set[str]) -> Iterator[str]:
    """What opens a site for those who work on it has no place in production."""
    if not is_production(config):
        return
    if config["INBOX"]:
        yield "ETRACKING_INBOX=true is for development: it shows every message to anyone. Remove it"
    if not config["STAFF_SECOND_FACTOR"]:
        yield (
            "ETRACKING_STAFF_SECOND_FACTOR=false is for development: a password alone would open the desk. Remove it"
        )
    if config.get("DEBUG"):
        yield "FLASK_DEBUG is for development: it shows the inside of the service to anyone. Remove it"


def check_secrets(config: Config, stated: Set[str]) -> Iterator[str]:
    """Secrets that can be guessed."""
    production = is_production(config)
    if config["SECRET_KEY"] or not config["KEYS"].strip():
        yield from _check_key(config, "ETRACKING_SECRET_KEY", config["SECRET_KEY"])
    for name in ("METRICS_TOKEN", "MAIL_BOUNCE_SECRET"):
        if not (production and config[name]):
            continue
        if len(config[name]) < MIN_TOKEN_LENGTH:
            yield f"ETRACKING_{name} needs at least {MIN_TOKEN_LENGTH} random characters"
        elif is_repetitive(config[name]):
            yield f"ETRACKING_{name} can be guessed: {REMEDY}"


def _check_key(config: Config, name: str, secret: str) -> Iterator[str]:
    production = is_production(config)
    if len(secret) < MIN_SECRET_LENGTH:
        yield f"{name} needs at least {MIN_SECRET_LENGTH} random characters: {REMEDY}"
    elif (is_repetitive(secret) and (production or not config["INBOX"])) or (production and is_invented(secret)):
        yield f"{name} can be guessed: {REMEDY}"


def check_keys(config: Config, stated: Set[str]) -> Iterator[str]:
    """Keys of the ring that can be guessed, or that cannot be told apart."""
    keys = key_ring.stated(config)
    for place, key in enumerate(keys, start=1):
        if not key_ring.NAME.fullmatch(key.name):
            yield f"ETRACKING_KEYS needs name:secret for each key, with spaces between the keys; key {place} is not so"
            continue
        yield from _check_key(config, f"key {key.name} of ETRACKING_KEYS", key.secret)
    for what, known in (("name", [key.name for key in keys]), ("secret", [key.secret for key in keys])):
        if len(set(known)) < len(known):
            yield f"ETRACKING_KEYS has the same {what} twice: each key needs a {what} of its own"
    if key_ring.UNNAMED in [key.name for key in keys]:
        yield f"ETRACKING_KEYS needs another name for {key_ring.UNNAMED}: ETRACKING_SECRET_KEY is called so"


def is_repetitive(secret: str) -> bool:
    """True for few characters, a pattern that comes again, or a row such as abcdef: no random text looks like that."""
    rows = sum(abs(ord(after) - ord(before)) <= 1 for before, after in zip(secret, secret[1:], strict=False))
    comes_again = (secret + secret).find(secret, 1) < len(secret) or secret[: len(secret) // 2] in secret[1:]
    few = min(MIN_DISTINCT_CHARACTERS, len(secret) // 4)  # a token may be half as long as a key
    return len(set(secret)) < few or rows > len(secret) / 2 or comes_again


def is_invented(secret: str) -> bool:
    """True if somebody made it up, or copied it from an example."""
    return any(word in secret.lower() for word in INVENTED)


def check_proxies(config: Config, stated: Set[str]) -> Iterator[str]:
    """More proxies than anybody has: visitors would choose the address that limits count."""
    if config["PROXY_HOPS"] > MAX_PROXY_HOPS:
        yield f"ETRACKING_PROXY_HOPS needs {MAX_PROXY_HOPS} or less: the proxies of yours, one behind the other"


def check_database(config: Config, stated: Set[str]) -> Iterator[str]:
    """The database's address, as far as it can be judged without asking it."""
    text = config["DATABASE_URL"]
    try:
        url = urlsplit(text)
        named = bool(url.path.strip("/")) and (url.port or 1) > 0
    except ValueError:
        named = False
    if not named or not text.startswith(("sqlite:///", "postgresql://", "postgres://")):
        yield "ETRACKING_DATABASE_URL needs sqlite:///path or postgresql://user:password@host/name"
    elif url.path.strip("/") == ":memory:":
        yield "ETRACKING_DATABASE_URL needs a file, sqlite:///path: what is in memory is lost with each process"


def check_files(config: Config, stated: Set[str]) -> Iterator[str]:
    """A database that other users of the machine can read or exchange."""
    path = config["DATABASE_URL"].removeprefix("sqlite:///")
    if path != config["DATABASE_URL"] and path and (why := file_modes.problem(Path(path), is_production(config))):
        yield f"ETRACKING_DATABASE_URL: {why}"


def check_log(config: Config, stated: Set[str]) -> Iterator[str]:
    """The log has two formats."""
    if config["LOG_FORMAT"] not in ("", "json", "text"):
        yield "ETRACKING_LOG_FORMAT needs json or text"


def check_helpdesk(config: Config, stated: Set[str]) -> Iterator[str]:
    """In production somebody can be asked; the address stands on every page."""
    phone, email = config["HELPDESK_PHONE"], config["HELPDESK_EMAIL"]
    if is_production(config) and not phone and not email:
        yield "ETRACKING_HELPDESK_PHONE or ETRACKING_HELPDESK_EMAIL is needed with https: whom citizens can ask"
    if is_production(config) and email and not is_email(email):
        yield "ETRACKING_HELPDESK_EMAIL needs one e-mail address, for example helpdesk@example.lu"


def is_email(text: str) -> bool:
    """True for one e-mail address, without a name beside it."""
    try:
        validate_email(text, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return False
    return True


def check_captcha(config: Config, stated: Set[str]) -> Iterator[str]:
    """A wait that no visitor would sit out, or none."""
    if config["CAPTCHA_MIN_SECONDS"] > 30:
        yield "ETRACKING_CAPTCHA_MIN_SECONDS needs 30 or less: whoever types the code faster than that is refused"
    if is_production(config) and config["CAPTCHA_MIN_SECONDS"] < 1:
        yield "ETRACKING_CAPTCHA_MIN_SECONDS needs 1 or more with https: at 0 a program may answer at once"


def check_backups(config: Config, stated: Set[str]) -> Iterator[str]:
    """Keys that nothing can be encrypted to, and a time that is longer than erasures are remembered."""
    if not all(PUBLIC_KEY.fullmatch(key) for key in config["BACKUP_RECIPIENT"].split()):
        yield "ETRACKING_BACKUP_RECIPIENT needs public keys of age (age1...), never the private one"
    if bool(config["BACKUP_RECIPIENT"]) != bool(config["BACKUP_DIR"]):
        yield "ETRACKING_BACKUP_RECIPIENT and ETRACKING_BACKUP_DIR are needed together"
    if not 1 <= config["BACKUP_KEEP"] <= MAX_BACKUP_KEEP:
        yield f"ETRACKING_BACKUP_KEEP needs 1 to {MAX_BACKUP_KEEP} days"


def check_retention(config: Config, stated: Set[str]) -> Iterator[str]:
    """Periods that keep nothing, keep for ever, or end in the wrong order; and a contact that is none."""
    names = sorted(name for name in config if name.startswith("RETENTION_"))
    for name in names:
        if not 1 <= config[name] <= MAX_RETENTION:
            yield f"ETRACKING_{name} needs 1 to {MAX_RETENTION} days"
    for shorter, longer in RETENTION_ORDER:
        if config[f"RETENTION_{shorter}"] > config[f"RETENTION_{longer}"]:
            yield f"ETRACKING_RETENTION_{longer} needs at least the days of ETRACKING_RETENTION_{shorter}"
    if config["CONTROLLER_EMAIL"] and not is_email(config["CONTROLLER_EMAIL"]):
        yield "ETRACKING_CONTROLLER_EMAIL needs one e-mail address, for example privacy@example.lu"


CHECKS: tuple[Check, ...] = (
    check_secrets,
    check_keys,
    check_address,
    check_proxies,
    check_development,
    check_database,
    check_files,
    check_log,
    check_helpdesk,
    check_captcha,
    check_backups,
    check_retention,
)
