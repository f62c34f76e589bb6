"""Mail by SMTP: Flask-Mail, with a time limit, a checked certificate and headers that cannot be forged."""

import email.policy
import re
import smtplib
import socket
import ssl
import time
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import urlsplit

import flask_mail
from email_validator import EmailNotValidError, validate_email
from flask import current_app

from models.notifications.letter import Letter
from models.notifications.outcome import Outcome
from senders.base import SendError


class _Policy(email.policy.EmailPolicy):
    """Does not fold the headers of the link that stops: mail programs look for it on the line of its name."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.startswith("List-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


# Quoted-printable and base64: every server takes that, and no line grows longer than 998 characters.
POLICY = _Policy(linesep="\r\n", cte_type="7bit")
STATUS = re.compile(rb"^[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463; the words after it may quote the address
ACCOUNT = (530, 535)  # RFC 4954: sign in first; wrong name or password
CLOSING = 421  # RFC 5321: the server takes nothing from anybody at the moment
TOO_BIG = 552  # RFC 1870: said to the size that MAIL FROM announces, about this one mail
ANSWERS = 3  # a dialogue may last this many times MAIL_TIMEOUT, and so ends before its message's lease


def send(letter: Letter) -> str:
    """Hand `letter` to the mail server and return its Message-ID. Raises SendError."""
    message = compose(letter)
    connection = Connection(current_app.extensions["mail"])
    try:
        with connection:
            connection.send(message, letter.return_path)
    except (smtplib.SMTPException, OSError) as error:
        raise _classify(error, connection) from error
    except ValueError as error:
        raise SendError("a line break in a header", Outcome.NEVER) from error
    return message.msgId


def compose(letter: Letter) -> "Message":
    """`letter` as a mail. A repeat carries the same Message-ID, so that a mailbox may show it once."""
    message = Message(letter.subject, recipients=[_ascii(letter.to)], body=letter.text, html=letter.html)
    message.msgId = f"<{letter.reference}@{urlsplit(current_app.config['SITE_URL']).hostname}>"
    message.extra_headers = {
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{letter.contact_url}/stop>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    for name, pdf in letter.attachments:
        message.attach(name, "application/pdf", pdf)
    return message


class _Dialogue:
    """An SMTP client that knows how long it may take, and whether the mail has been handed over."""

    sock: socket.socket | None
    timeout: float
    handed_over = False

    def __init__(self, *args: Any, timeout: float, **options: Any) -> None:
        self.deadline = time.monotonic() + ANSWERS * timeout
        super().__init__(*args, timeout=timeout, **options)  # type: ignore[call-arg]

    def getreply(self) -> tuple[int, bytes]:
        if self.sock:
            left = self.deadline - time.monotonic()
            self.sock.settimeout(max(0.001, min(self.timeout, left)))
        code, text = super().getreply()  # type: ignore[misc]
        # 354 is "go on, send it": if the line breaks before the next answer, the server may have the whole mail.
        self.handed_over = code == 354
        return code, text


class _SMTP(_Dialogue, smtplib.SMTP):
    pass


class _SMTPOverTLS(_Dialogue, smtplib.SMTP_SSL):
    pass


class Mail(flask_mail.Mail):
    """Flask-Mail whose connections are ours."""

    def connect(self) -> "Connection":
        return Connection(current_app.extensions["mail"])


class Connection(flask_mail.Connection):
    """Has a time limit, checks the server's certificate, and does not forget a refused recipient."""

    host: "_SMTP | _SMTPOverTLS"

    def configure_host(self) -> "_SMTP | _SMTPOverTLS":
        config, tls = current_app.config, None
        if self.mail.use_ssl or self.mail.use_tls:
            tls = ssl.create_default_context(cafile=config["MAIL_CA_FILE"] or None)
        address, timeout = (self.mail.server, self.mail.port), config["MAIL_TIMEOUT"]
        over_tls = self.mail.use_ssl
        host = _SMTPOverTLS(*address, timeout=timeout, context=tls) if over_tls else _SMTP(*address, timeout=timeout)
        try:
            if tls and not over_tls:
                host.starttls(context=tls)
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def send(self, message: flask_mail.Message, envelope_from: Any = None) -> None:
        """Send `message` to its recipients. Raises what smtplib raises, and ValueError for a line break in a header."""
        mail = message._message()
        sender = _address(envelope_from or message.sender).addr_spec
        refused = self.host.send_message(mail, sender, [_address(to).addr_spec for to in message.recipients])
        if refused:
            raise smtplib.SMTPRecipientsRefused(refused)

    def __exit__(self, *_error: Any) -> None:
        try:
            self.host.quit()
        except (smtplib.SMTPException, OSError):
            self.host.close()  # what was accepted stays accepted, whatever the farewell


class Message(flask_mail.Message):
    """Flask-Mail's message, made with the standard library's own EmailMessage."""

    def __init__(self, subject: str, **options: Any) -> None:
        super().__init__(subject, **options)
        # As it was given: Flask-Mail joins a pair to one text, and a comma in the name would then cut it in two.
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
    """`address` as every mail server understands it. Raises SendError for letters before the @ that few would take."""
    try:
        checked = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise SendError("not a mail address", Outcome.NEVER) from error
    if not checked.ascii_email:
        raise SendError("a mail address with letters that mail servers do not take", Outcome.NEVER)
    return checked.ascii_email


def _classify(error: Exception, connection: Connection) -> SendError:
    """Refused for good is only what the server says about the recipient or the content; the rest is our affair."""
    if connection.host is not None and connection.host.handed_over:
        return SendError("no answer after the mail was handed over", Outcome.UNKNOWN)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return SendError(f"recipient refused: {_status(code, text)}", _outcome(code, about_mail=True))
    if isinstance(error, smtplib.SMTPResponseException):
        code, answer = error.smtp_code, f"{type(error).__name__}: {_status(error.smtp_code, error.smtp_error)}"
        about_mail = code == TOO_BIG or isinstance(error, smtplib.SMTPDataError)
        refused = isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPSenderRefused) and code >= 500
        return SendError(answer, Outcome.ACCOUNT if refused and not about_mail else _outcome(code, about_mail))
    if isinstance(error, smtplib.SMTPNotSupportedError):  # it offers no way to sign in, or no encryption
        return SendError("the mail server does not offer what the settings ask for", Outcome.ACCOUNT)
    return SendError(f"mail server not reached: {type(error).__name__}", Outcome.DOWN)


def _outcome(code: int, about_mail: bool) -> Outcome:
    """What a refusal means. 530 and 535 are about our account and 421 about the server, wherever they are said."""
    if code in ACCOUNT:
        return Outcome.ACCOUNT
    if code == CLOSING or not about_mail:
        return Outcome.DOWN
    return Outcome.NEVER if code >= 500 else Outcome.LATER


def _status(code: int, text: bytes | str) -> str:
    status = STATUS.match(text if isinstance(text, bytes) else text.encode())
    return f"{code} {status[0].decode()}" if status else str(code)
