"""Mail by SMTP: Flask-Mail with a timeout, verified certificates and protection against header injection."""

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
    """Does not fold the List-Unsubscribe headers: some mail programs read only the first line."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.startswith("List-"):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


# Quoted-printable and base64: every server accepts that, and no line is longer than 998 characters.
POLICY = _Policy(linesep="\r\n", cte_type="7bit")
STATUS = re.compile(rb"^[245]\.\d{1,3}\.\d{1,3}\b")  # RFC 3463; the words after it may quote the address
ACCOUNT_CODES = (530, 535)  # RFC 4954: authentication required; wrong credentials
SHUTTING_DOWN = 421  # RFC 5321: the server accepts nothing from anybody at the moment
TOO_BIG = 552  # RFC 1870: the answer to the size in MAIL FROM, so it is about this one mail
MAX_TIMEOUTS = 3  # a dialogue may last this many times MAIL_TIMEOUT: it must end before the lease does


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
    """`letter` as a mail. A repeated one has the same Message-ID, so that a mailbox can remove duplicates."""
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
    """An SMTP client with a deadline, which knows whether the mail has been handed over."""

    sock: socket.socket | None
    timeout: float
    handed_over = False

    def __init__(self, *args: Any, timeout: float, **options: Any) -> None:
        self.deadline = time.monotonic() + MAX_TIMEOUTS * timeout
        super().__init__(*args, timeout=timeout, **options)  # type: ignore[call-arg]

    def getreply(self) -> tuple[int, bytes]:
        if self.sock:
            left = self.deadline - time.monotonic()
            self.sock.settimeout(max(0.001, min(self.timeout, left)))
        code, text = super().getreply()  # type: ignore[misc]
        # 354 means "send the data": if the connection breaks before the next answer, the server may have the mail.
        self.handed_over = code == 354
        return code, text


class _SMTP(_Dialogue, smtplib.SMTP):
    pass


class _SMTPOverTLS(_Dialogue, smtplib.SMTP_SSL):
    pass


class Mail(flask_mail.Mail):
    """Flask-Mail with our Connection."""

    def connect(self) -> "Connection":
        return Connection(current_app.extensions["mail"])


class Connection(flask_mail.Connection):
    """With a timeout and a verified certificate; a refused recipient raises an error."""

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
            self.host.close()  # an accepted mail stays accepted even if QUIT fails


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


def _classify(error: Exception, connection: Connection) -> SendError:
    """Only a refusal of the recipient or the content is permanent; anything else is temporary or our own fault."""
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
    if isinstance(error, smtplib.SMTPNotSupportedError):  # no authentication or no TLS offered
        return SendError("the mail server does not offer what the settings ask for", Outcome.ACCOUNT)
    return SendError(f"mail server not reached: {type(error).__name__}", Outcome.DOWN)


def _outcome(code: int, about_mail: bool) -> Outcome:
    """What a refusal means. 530 and 535 are about our account and 421 about the server, at any step."""
    if code in ACCOUNT_CODES:
        return Outcome.ACCOUNT
    if code == SHUTTING_DOWN or not about_mail:
        return Outcome.DOWN
    return Outcome.NEVER if code >= 500 else Outcome.LATER


def _status(code: int, text: bytes | str) -> str:
    status = STATUS.match(text if isinstance(text, bytes) else text.encode())
    return f"{code} {status[0].decode()}" if status else str(code)
