"""Bounces: mails that came back (RFC 3464). The return path of each mail holds a token that names its notification.

The return path is on the envelope only. Nothing is ever answered, so that no two programs write to each other for ever;
and only a report of a mail server counts, not the out-of-office reply of an absent reader. What a mail says is read in
bounce_reports.py; that it is about one of our mails is proved here, by the token and the sender.
"""

import re
from email.parser import HeaderParser

from flask import current_app

from models.notifications.returned_mail import Bounce, Kind, ReturnedMail
from senders import bounce_reports

# The null sender as mail servers write it, some of them with a name: then nobody can be meant by an answer.
NULL_SENDER = re.compile(r"\s*<?(mailer-daemon(@[^<>\s]*)?|postmaster@[^<>\s]*|null)?>?\s*", re.IGNORECASE)
MAX_HEADERS = 64 * 1024  # bytes in which the envelope is looked for
MAX_TOKENS = 10  # of one mail: each is looked up


def return_path(token: str) -> str:
    """The envelope sender of the mail that `token` names; empty if no address for bounces is set."""
    name, at, domain = current_app.config["MAIL_BOUNCE_ADDRESS"].partition("@")
    return f"{name}+{token}@{domain}" if at else ""


def read(raw: bytes) -> ReturnedMail:
    """Read a mail that came back. Raises nothing, whatever it is."""
    report, tokens = bounce_reports.read(raw), _tokens(raw)
    failed = report.kind is Kind.FAILED and tokens and _is_from_nobody(raw)
    bounce = Bounce(tokens, report.status, report.outcome) if failed else None
    kind = report.kind if bounce or report.kind is not Kind.FAILED else Kind.UNCLEAR
    return ReturnedMail(raw, kind, tokens, bounce, bounce_reports.shown(raw) if kind is Kind.UNCLEAR else {})


def _is_from_nobody(raw: bytes) -> bool:
    """True if the envelope sender of a mail is nobody, as that of reports is. A header that is missing says nothing."""
    headers = re.split(rb"\r?\n\r?\n", raw[:MAX_HEADERS], maxsplit=1)[0]
    sender = HeaderParser().parsestr(headers.decode("ascii", "replace")).get("Return-Path", "<>")
    return NULL_SENDER.fullmatch(str(sender)) is not None


def _tokens(raw: bytes) -> list[str]:
    """The tokens of return paths in a mail: in its own headers, or in those of the mail that came back.

    Which mail server tells the envelope's recipient in which header differs. A token is known to nobody but the
    servers on the way and the reader of the mail that it names, so it proves as much wherever it stands.
    """
    name, at, domain = current_app.config["MAIL_BOUNCE_ADDRESS"].partition("@")
    if not at:
        return []
    ours = re.compile(rf"{re.escape(name)}\+([a-z2-7]{{24}})@{re.escape(domain)}".encode(), re.IGNORECASE)
    found = dict.fromkeys(token.decode().lower() for token in ours.findall(raw))
    return list(found)[:MAX_TOKENS]
