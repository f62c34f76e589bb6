"""Mails that came back (RFC 3464): each was sent from an address of its own, which says which notification it was.

That address is only on the envelope. Nothing is ever answered, so that two programs cannot write to each other for
ever; and only a report of delivery counts, not what an absent reader's program has to say.
"""

import base64
import email
import hmac
import imaplib
import re
import ssl
from email.message import Message as Mail

from flask import current_app

from models import Notification, Outcome, db
from models.security import keys

MAC_BYTES = 10
REPORTED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
STATUS = re.compile(r"(5\.\d{1,3}\.\d{1,3})\b")  # for good (RFC 3463); the words after it may quote the address
AT_ONCE = 50  # mails read in one go


def return_path(notification: Notification) -> str:
    """Where `notification` is sent from on its envelope, and comes back to; empty if no such address is set."""
    name, at, domain = current_app.config["MAIL_BOUNCE_ADDRESS"].partition("@")
    return f"{name}+{_token(notification)}@{domain}" if at else ""


def receive(raw: bytes) -> bool:
    """Note what a mail that came back says. True if that ended a notification: its address is none, for good."""
    try:
        mail = email.message_from_bytes(raw)
        notification, status = _about(mail), _failure(mail)
    except (ValueError, LookupError, AttributeError, RecursionError):  # anybody can write to that address, anything
        return False
    if notification is None or not status:
        return False
    return Notification.receipt(str(notification.id), Outcome.NEVER, error=f"bounced: {status}")


def collect() -> int:
    """Read the mailbox that mails come back to, and empty it. How many there were. Raises OSError and imaplib's."""
    config = current_app.config
    tls = ssl.create_default_context(cafile=config["MAIL_CA_FILE"] or None)
    server, port = config["MAIL_BOUNCE_SERVER"], config["MAIL_BOUNCE_PORT"]
    with imaplib.IMAP4_SSL(server, port, ssl_context=tls, timeout=config["MAIL_TIMEOUT"]) as mailbox:
        mailbox.login(config["MAIL_BOUNCE_USERNAME"], config["MAIL_BOUNCE_PASSWORD"])
        mailbox.select("INBOX")
        found = mailbox.uid("SEARCH", "ALL")[1][0].split()[:AT_ONCE]
        for uid in found:
            _read(mailbox, uid.decode())
        mailbox.expunge()
    return len(found)


def _read(mailbox: imaplib.IMAP4, uid: str) -> None:
    _answer, parts = mailbox.uid("FETCH", uid, "(BODY.PEEK[])")
    raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
    with db.connection_context():
        receive(raw)
    mailbox.uid("STORE", uid, "+FLAGS", r"(\Deleted)")


def _about(mail: Mail) -> Notification | None:
    """The notification whose return path this mail was sent to."""
    name, _at, domain = current_app.config["MAIL_BOUNCE_ADDRESS"].partition("@")
    ours = re.compile(rf"{re.escape(name)}\+([a-z2-7]{{24}})@{re.escape(domain)}", re.IGNORECASE)
    headers = " ".join(str(value) for header in REPORTED_TO for value in mail.get_all(header, []))
    return next(filter(None, map(_notification, ours.findall(headers))), None)


def _failure(mail: Mail) -> str:
    """The status of a report that a mail was refused for good; empty for all other mails."""
    if mail.get_content_type() != "multipart/report" or str(mail.get("Return-Path", "<>")).strip() != "<>":
        return ""
    reports = [part for part in mail.walk() if part.get_content_type() == "message/delivery-status"]
    recipients = [fields for report in reports for fields in report.walk() if fields.get("Action")]
    for fields in recipients:
        status = STATUS.match(str(fields.get("Status", "")).strip())
        if status and str(fields.get("Action", "")).strip().lower() == "failed":
            return status[1]
    return ""


def _notification(token: str) -> Notification | None:
    raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    notification = Notification.get_or_none(Notification.id == int.from_bytes(raw[:5], "big"))
    return notification if notification and hmac.compare_digest(token.lower(), _token(notification)) else None


def _token(notification: Notification) -> str:
    """24 letters and digits, whose case a mail server may change. The instant: ids come back with a backup."""
    mac = keys.digest("bounce", f"{notification.id} {notification.created_at.timestamp()}")
    raw = notification.id.to_bytes(5, "big") + bytes.fromhex(mac)[:MAC_BYTES]
    return base64.b32encode(raw).decode().lower()
