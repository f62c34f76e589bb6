"""Bounces: mails that came back (RFC 3464). The return path of each mail holds a token that names its notification.

The return path is on the envelope only. Nothing is ever answered, so that no two programs write to each other for ever;
and only a delivery status report counts, not the out-of-office reply of an absent reader.
"""

import email
import imaplib
import re
import ssl
from collections.abc import Callable
from email.message import Message as Mail
from typing import NamedTuple

from flask import current_app

REPORTED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
PERMANENT = re.compile(r"(5\.\d{1,3}\.\d{1,3})\b")  # RFC 3463; the words after it may quote the address
TIMEOUT = 30  # seconds for each answer of the mailbox
MAX_MAILS = 50  # read in one go


class Bounce(NamedTuple):
    """A permanent failure that a mail server reported. The arguments of Notification.record_bounce."""

    tokens: list[str]  # not yet verified: the first genuine one names the notification
    status: str  # the enhanced status code


def return_path(token: str) -> str:
    """The envelope sender of the mail that `token` names; empty if no address for bounces is set."""
    name, at, domain = current_app.config["MAIL_BOUNCE_ADDRESS"].partition("@")
    return f"{name}+{token}@{domain}" if at else ""


def parse(raw: bytes) -> Bounce | None:
    """Read a mail that came back. None if it reports no permanent failure, or is nothing that can be read."""
    try:
        mail = email.message_from_bytes(raw)
        tokens, status = _tokens(mail), _status(mail)
    except (ValueError, LookupError, AttributeError, RecursionError):  # anybody can send anything to that address
        return None
    return Bounce(tokens, status) if tokens and status else None


def collect(record: Callable[[Bounce], object]) -> int:
    """Read the mailbox of bounces, `record` each one, and empty it. Returns how many mails there were.

    A mail is deleted only after it was recorded. Raises OSError and the errors of imaplib.
    """
    config = current_app.config
    tls = ssl.create_default_context(cafile=config["MAIL_CA_FILE"] or None)
    server, port = config["MAIL_BOUNCE_SERVER"], config["MAIL_BOUNCE_PORT"]
    with imaplib.IMAP4_SSL(server, port, ssl_context=tls, timeout=TIMEOUT) as mailbox:
        mailbox.login(config["MAIL_BOUNCE_USERNAME"], config["MAIL_BOUNCE_PASSWORD"])
        mailbox.select("INBOX")
        found = mailbox.uid("SEARCH", "ALL")[1][0].split()[:MAX_MAILS]
        for uid in found:
            if bounce := parse(_fetch(mailbox, uid.decode())):
                record(bounce)
            mailbox.uid("STORE", uid.decode(), "+FLAGS", r"(\Deleted)")
        mailbox.expunge()
    return len(found)


def _fetch(mailbox: imaplib.IMAP4, uid: str) -> bytes:
    _answer, parts = mailbox.uid("FETCH", uid, "(BODY.PEEK[])")
    return next((part[1] for part in parts if isinstance(part, tuple)), b"")


def _tokens(mail: Mail) -> list[str]:
    """The tokens in the return paths that this mail was sent to."""
    name, _at, domain = current_app.config["MAIL_BOUNCE_ADDRESS"].partition("@")
    ours = re.compile(rf"{re.escape(name)}\+([a-z2-7]{{24}})@{re.escape(domain)}", re.IGNORECASE)
    headers = " ".join(str(value) for header in REPORTED_TO for value in mail.get_all(header, []))
    return ours.findall(headers)


def _status(mail: Mail) -> str:
    """The status code of a report that a mail was refused for good; empty for all other mails."""
    if mail.get_content_type() != "multipart/report" or str(mail.get("Return-Path", "<>")).strip() != "<>":
        return ""
    reports = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
    recipients = [fields for report in reports for fields in report.walk() if fields.get("Action")]
    for fields in recipients:
        status = PERMANENT.match(str(fields.get("Status", "")).strip())
        if status and str(fields.get("Action", "")).strip().lower() == "failed":
            return status[1]
    return ""
