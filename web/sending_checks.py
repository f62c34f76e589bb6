"""Settings of mail, SMS and push that cannot be right, each with its remedy. How checks work: web/site_checks.py."""

import re
import ssl
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Set
from email.utils import parseaddr
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from web.site_checks import Check, Config, is_email, is_ip, is_local, is_production

MAX_SITE_URL_LENGTH = 38  # characters; with this, every text in every language fits into one SMS
BOUNCE_MAILBOX = ("MAIL_BOUNCE_ADDRESS", "MAIL_BOUNCE_USERNAME", "MAIL_BOUNCE_PASSWORD")


def check_mail(config: Config, stated: Set[str]) -> Iterator[str]:
    """The server that mails leave by."""
    if config["INBOX"] and not is_production(config):
        return
    if not (config["MAIL_SERVER"] and config["MAIL_SENDER"]):
        yield "ETRACKING_MAIL_SERVER and ETRACKING_MAIL_SENDER are needed to send mail"
        return
    server, encrypted = config["MAIL_SERVER"], config["MAIL_USE_TLS"] or config["MAIL_USE_SSL"]
    if re.search(r"[\s/@]|:\d+$", server) and not is_ip(server):
        yield "ETRACKING_MAIL_SERVER needs a host alone, such as smtp.example.lu; the port is ETRACKING_MAIL_PORT"
    elif not encrypted and not is_local(server):
        yield "ETRACKING_MAIL_USE_TLS=false sends mail and password in the open to another machine. Remove it"
    if not is_email(parseaddr(config["MAIL_SENDER"])[1]):
        yield "ETRACKING_MAIL_SENDER needs one e-mail address, for example noreply@example.lu"
    if bool(config["MAIL_USERNAME"]) != bool(config["MAIL_PASSWORD"]):
        yield "ETRACKING_MAIL_USERNAME and ETRACKING_MAIL_PASSWORD are needed together, or neither"


def check_mail_connection(config: Config, stated: Set[str]) -> Iterator[str]:
    """Ports, the time-out and the CA of mail."""
    for name in ("MAIL_PORT", "MAIL_BOUNCE_PORT"):
        if not 1 <= config[name] <= 65535:
            yield f"ETRACKING_{name} needs a port, 1 to 65535"
    if config["MAIL_PORT"] == 465 and not config["MAIL_USE_SSL"]:
        yield "ETRACKING_MAIL_PORT=465 speaks TLS from the first byte: set ETRACKING_MAIL_USE_SSL=true"
    if config["MAIL_USE_SSL"] and "MAIL_PORT" not in stated:
        yield "ETRACKING_MAIL_USE_SSL=true needs ETRACKING_MAIL_PORT, mostly 465: at port 587 no TLS is spoken at first"
    for name in ("MAIL_TIMEOUT", "MAIL_FINAL_TIMEOUT"):
        if config[name] == 0:
            yield f"ETRACKING_{name} needs 1 second or more"
    if config["MAIL_CA_FILE"] and (why := _unusable(config["MAIL_CA_FILE"], _load_ca)):
        yield f"ETRACKING_MAIL_CA_FILE needs the path of a file with certificates (PEM): {why}"


def check_bounces(config: Config, stated: Set[str]) -> Iterator[str]:
    """Where mails come back to."""
    if config["MAIL_BOUNCE_ADDRESS"] and not is_email(config["MAIL_BOUNCE_ADDRESS"]):
        yield "ETRACKING_MAIL_BOUNCE_ADDRESS needs one e-mail address, for example bounces@example.lu"
    missing = [f"ETRACKING_{name}" for name in BOUNCE_MAILBOX if not config[name]]
    if config["MAIL_BOUNCE_SERVER"] and missing:
        yield f"ETRACKING_MAIL_BOUNCE_SERVER needs {' and '.join(missing)} beside it"


def check_sms(config: Config, stated: Set[str]) -> Iterator[str]:
    """The account of the SMS provider, and when and where SMS go."""
    if not config["SMS_FROM_HOUR"] < config["SMS_UNTIL_HOUR"] <= 24:
        yield "ETRACKING_SMS_FROM_HOUR and ETRACKING_SMS_UNTIL_HOUR need two full hours, such as 8 and 20"
    if config["VONAGE_APPLICATION_ID"] and len(config["SITE_URL"].rstrip("/")) > MAX_SITE_URL_LENGTH:
        yield f"ETRACKING_SITE_URL needs at most {MAX_SITE_URL_LENGTH} characters: an SMS has no room for more"
    if not 1 <= len(config["SMS_SENDER"]) <= 11:
        yield "ETRACKING_SMS_SENDER needs 1 to 11 characters"
    if not all(re.fullmatch("[A-Z]{2}", region) for region in config["SMS_REGIONS"]):
        yield 'ETRACKING_SMS_REGIONS needs countries in two capital letters, such as ["LU", "DE"]'
    if config["VONAGE_APPLICATION_ID"] and (why := _unusable(config["VONAGE_PRIVATE_KEY"], _load_key)):
        yield f"ETRACKING_VONAGE_PRIVATE_KEY needs the application's private key (PEM) or the path of its file: {why}"


def check_push(config: Config, stated: Set[str]) -> Iterator[str]:
    """The two keys of push belong together."""
    public, private = config["PUSH_PUBLIC_KEY"], config["PUSH_PRIVATE_KEY"]
    if (public or private) and public != _public_key(private):
        yield "ETRACKING_PUSH_PUBLIC_KEY and ETRACKING_PUSH_PRIVATE_KEY need a pair from `flask --app app push keys`"


def check_digests(config: Config, stated: Set[str]) -> Iterator[str]:
    """Where digests of the audit log go."""
    if config["AUDIT_DIGEST_EMAIL"] and not is_email(config["AUDIT_DIGEST_EMAIL"]):
        yield "ETRACKING_AUDIT_DIGEST_EMAIL needs one e-mail address, of somebody who cannot change the audit log"
    url = config["AUDIT_DIGEST_URL"]
    if url and not re.fullmatch(r"https://[^/\s@?#]+(/[^\s#]*)?", url):
        yield "ETRACKING_AUDIT_DIGEST_URL needs an address with https, of a machine that keeps what is posted to it"


def _public_key(private: str) -> str:
    """The public key that belongs to `private`, both as `push keys` prints them; empty if it is no key."""
    try:
        number = int.from_bytes(urlsafe_b64decode(private + "=" * (-len(private) % 4)), "big")
        point = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    except ValueError:
        return ""
    return urlsafe_b64encode(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).rstrip(b"=").decode()


def _unusable(text: str, load: Callable[[str], None]) -> str:
    """Why `load` cannot use `text`; empty if it can."""
    try:
        load(text)
    except OSError as error:
        return error.strerror or "it cannot be read"
    except (ValueError, TypeError):
        return "there is none in it"
    return ""


def _load_ca(path: str) -> None:
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:  # an OSError, whose text is about OpenSSL
        raise ValueError from error


def _load_key(text: str) -> None:
    pem = text if "-----BEGIN" in text else Path(text).read_text(encoding="utf-8")
    load_pem_private_key(pem.encode(), None)


CHECKS: tuple[Check, ...] = (check_mail, check_mail_connection, check_bounces, check_sms, check_push, check_digests)
