"""Writes a letter as a mail, protected against header injection, and hands it over by SMTP."""

import email.policy
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import urlsplit

import flask_mail
from email_validator import EmailNotValidError, validate_email
from flask import current_app

from models.notifications.letter import Letter
from models.notifications.outcome import Outcome
from senders import smtp
from senders.base import SendError


class _Headers(HeaderRegistry):
    """Makes the class of each kind of header once; the standard library makes it anew for each header of each mail."""

    def __init__(self) -> None:
        super().__init__()
        self.classes: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name.lower() not in self.classes:
            self.classes[name.lower()] = super().__getitem__(name)
        return self.classes[name.lower()]


class _Policy(email.policy.EmailPolicy):
    """Does not fold the List-Unsubscribe headers: some mail programs read only the first line."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.startswith("List-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


# Quoted-printable and base64: every server accepts that, and no line is longer than 998 characters.
POLICY = _Policy(linesep="\r\n", cte_type="7bit", header_factory=_Headers())


def send(letter: Letter) -> str:
    """Hand `letter` to the mail server and return its Message-ID. Raises SendError."""
    try:
        message = compose(letter)
        mail = message._message().as_bytes()
        sender = _address(letter.return_path or message.sender).addr_spec
        recipient = _address(message.recipients[0]).addr_spec
    except ValueError as error:
        raise SendError("a line break in a header", Outcome.NEVER) from error
    smtp.hand_over(sender, recipient, mail)
    return message.msgId


def compose(letter: Letter) -> "Message":
    """`letter` as a mail. A repeated one has the same Message-ID, so that a mailbox can remove duplicates."""
    message = Message(letter.subject, recipients=[_ascii(letter.to)], body=letter.text, html=letter.html)
    message.msgId = f"<{letter.reference}@{urlsplit(current_app.config['SITE_URL']).hostname}>"
    message.extra_headers = {"Auto-Submitted": "auto-generated"}
    if letter.contact_url:
        message.extra_headers["List-Unsubscribe"] = f"<{letter.contact_url}/stop>"
        message.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for name, pdf in letter.attachments:
        message.attach(name, "application/pdf", pdf)
    return message


class Message(flask_mail.Message):
    """Flask-Mail's message, made with the standard library's own EmailMessage."""

    def __init__(self, subject: str, **options: Any) -> None:
        super().__init__(subject, **options)
        # As it was given: Flask-Mail joins a pair to one string, in which a comma in the name would split it.
        self.sender = options.get("sender") or current_app.extensions["mail"].default_sender

    def _message(self) -> Any:
        mail = EmailMessage(policy=POLICY)
        mail["Subject"] = self.subject
        mail["From"] = _address(self.sender)
        mail["To"] = [_address(to) for to in self.recipients]
        mail["Date"] = formatdate(self.date, localtime=True)
        mail["Message-ID"] = self.msgId
        for name, value in (self.extra_headers or {}).items():
            mail[name] = value
        mail.set_content(self.body or "")
        if self.html:
            mail.add_alternative(self.html, subtype="html")
        for attachment in self.attachments:
            kind, subkind = attachment.content_type.split("/")
            mail.add_attachment(attachment.data, maintype=kind, subtype=subkind, filename=attachment.filename)
        return mail


def _address(text: Any) -> Address:
    name, address = text if isinstance(text, tuple) else parseaddr(text)
    return Address(name, addr_spec=address)


def _ascii(address: str) -> str:
    """`address` in ASCII (IDNA). Raises SendError for non-ASCII letters before the @, which few servers accept."""
    try:
        checked = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise SendError("not a mail address", Outcome.NEVER) from error
    if not checked.ascii_email:
        raise SendError("a mail address with letters that mail servers do not take", Outcome.NEVER)
    return checked.ascii_email
