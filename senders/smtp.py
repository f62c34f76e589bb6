"""The dialogue with the mail server: time limits of RFC 5321, verified certificates, a connection that is kept."""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

import flask_mail
from flask import current_app

from models.notifications.outcome import Outcome
from senders import smtp_answers
from senders.base import SendError

CONNECT_SECONDS = 30.0  # to connect and for the TLS handshake; at most the time to wait for an answer
QUIT_SECONDS = 2.0
MAX_IDLE_SECONDS = 10.0  # then a kept connection is closed: servers and firewalls forget it sooner or later
MAX_MAILS = 100  # over one connection: servers limit that, and one of several is reached by connecting anew
MAX_ANSWERS = 3  # a dialogue lasts at most as long as this many answers, until the mail is handed over


class _Dialogue:
    """An SMTP client with the time limits of RFC 5321, 4.5.3.2, which knows how far a mail has got."""

    sock: socket.socket | None
    data_sent = False  # the server said 354, "send the data"
    answered: bool | None = None  # and gave a clear answer to it

    def __init__(self, *args: Any, answer_seconds: float, final_seconds: float, **options: Any) -> None:
        self.answer_seconds, self.final_seconds = answer_seconds, final_seconds
        self.restart()
        super().__init__(*args, timeout=min(CONNECT_SECONDS, answer_seconds), **options)  # type: ignore[call-arg]

    def restart(self) -> None:
        """Begin with another mail."""
        self.deadline = time.monotonic() + MAX_ANSWERS * self.answer_seconds
        self.data_sent, self.answered = False, None

    def getreply(self) -> tuple[int, bytes]:
        left = self.deadline - time.monotonic()
        self._wait_at_most(self.final_seconds if self.in_doubt else min(self.answer_seconds, left))
        code, text = super().getreply()  # type: ignore[misc]
        if self.data_sent and self.answered is None:
            self.answered = 200 <= code < 600
        self.data_sent = self.data_sent or code == 354
        if self.in_doubt:
            self._wait_at_most(self.answer_seconds)  # for each part of the data
        return code, text

    @property
    def in_doubt(self) -> bool:
        """True if the mail was handed over and not answered: the server may have it."""
        return self.data_sent and not self.answered

    def _wait_at_most(self, seconds: float) -> None:
        if self.sock:
            self.sock.settimeout(max(0.001, seconds))


class _SMTP(_Dialogue, smtplib.SMTP):
    pass


class _SMTPOverTLS(_Dialogue, smtplib.SMTP_SSL):
    pass


class Connection(flask_mail.Connection):
    """A connection to the mail server that is opened by the first mail, and reopened where it has become stale."""

    host: "_SMTP | _SMTPOverTLS | None" = None
    used_at = 0.0
    num_emails = 0

    def __init__(self) -> None:
        super().__init__(current_app.extensions["mail"])

    def hand_over(self, sender: str, recipient: str, mail: bytes) -> None:
        """Hand `mail` to the server. Raises SendError.

        A kept connection may have been closed by the server, or forgotten by a firewall: if it fails before the mail
        was handed over, the mail is tried once more over a new one.
        """
        if reused := self._is_usable():
            with suppress(_StaleError):
                return self._try(sender, recipient, mail, reused)
        self.close()
        self._try(sender, recipient, mail, reused=False)

    def close(self) -> None:
        """Close the connection. A mail that was accepted stays accepted even if QUIT fails."""
        if self.host:
            host, self.host = self.host, None
            host.answer_seconds = QUIT_SECONDS
            host.restart()
            try:
                host.quit()
            except (smtplib.SMTPException, OSError):
                host.close()

    def close_if_idle(self) -> None:
        """Close the connection if no mail has been sent for MAX_IDLE_SECONDS."""
        if self.host and not self._is_usable():
            self.close()

    def configure_host(self) -> "_SMTP | _SMTPOverTLS":
        config, tls = current_app.config, None
        if self.mail.use_ssl or self.mail.use_tls:
            tls = ssl.create_default_context(cafile=config["MAIL_CA_FILE"] or None)
        address, over_tls = (self.mail.server, self.mail.port), self.mail.use_ssl
        times = {"answer_seconds": config["MAIL_TIMEOUT"], "final_seconds": config["MAIL_FINAL_TIMEOUT"]}
        host = _SMTPOverTLS(*address, context=tls, **times) if over_tls else _SMTP(*address, **times)
        try:
            if tls and not over_tls:
                host.starttls(context=tls)
            if self.mail.username and self.mail.password:
                host.login(self.mail.username, self.mail.password)
        except BaseException:
            host.close()
            raise
        return host

    def _is_usable(self) -> bool:
        fresh = time.monotonic() - self.used_at <= MAX_IDLE_SECONDS and self.num_emails < MAX_MAILS
        return bool(self.host and self.host.sock and fresh)

    def _try(self, sender: str, recipient: str, mail: bytes, reused: bool) -> None:
        try:
            host = self.host if reused and self.host else self._open()
            host.restart()
            host.sendmail(sender, recipient, mail)
        except (smtplib.SMTPException, OSError) as error:
            data_sent, in_doubt = (self.host.data_sent, self.host.in_doubt) if self.host else (False, False)
            answered = isinstance(error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused)
            if in_doubt or not answered:
                self._abandon()
            if reused and not data_sent and not _is_refusal(error):
                raise _StaleError from error
            raise _classify(error, in_doubt) from error
        finally:
            self.used_at, self.num_emails = time.monotonic(), self.num_emails + 1

    def _open(self) -> "_SMTP | _SMTPOverTLS":
        self.host, self.num_emails = self.configure_host(), 0
        return self.host

    def _abandon(self) -> None:
        """Drop the connection without a word: nobody knows what the server would take it for."""
        if self.host:
            self.host.close()
            self.host = None


class _StaleError(Exception):
    """A kept connection was of no use."""


_kept: ContextVar[Connection | None] = ContextVar("kept", default=None)


@contextmanager
def kept_connection() -> Iterator[None]:
    """Inside the block this thread keeps its connection to the mail server from one mail to the next."""
    connection = Connection()
    before = _kept.set(connection)
    try:
        yield
    finally:
        _kept.reset(before)
        connection.close()


def close_if_idle() -> None:
    """Close the kept connection of this thread if it has not been used for a while."""
    if connection := _kept.get():
        connection.close_if_idle()


def hand_over(sender: str, recipient: str, mail: bytes) -> None:
    """Hand `mail` to the mail server, over the kept connection if this thread has one. Raises SendError."""
    kept = _kept.get()
    connection = kept or Connection()
    try:
        connection.hand_over(sender, recipient, mail)
    finally:
        if not kept:
            connection.close()


def _is_refusal(error: Exception) -> bool:
    """True if the answer is about this recipient or this mail, not about a connection that was kept too long."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refusal(error)[0] >= 500
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500


def _refusal(error: smtplib.SMTPRecipientsRefused) -> tuple[int, bytes]:
    return next(iter(error.recipients.values()))


def _classify(error: Exception, in_doubt: bool) -> SendError:
    """Only a refusal of the recipient or the content is permanent; anything else is temporary or our own fault."""
    if in_doubt:
        return SendError("no answer after the mail was handed over", Outcome.UNKNOWN)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refused("recipient refused", smtp_answers.of_recipient, *_refusal(error))
    if isinstance(error, smtplib.SMTPResponseException):
        of_mail = isinstance(error, smtplib.SMTPDataError)
        meaning = smtp_answers.of_recipient if of_mail else smtp_answers.of_server
        return _refused(type(error).__name__, meaning, error.smtp_code, error.smtp_error)
    if isinstance(error, smtplib.SMTPNotSupportedError):  # no authentication or no TLS offered
        return SendError("the mail server does not offer what the settings ask for", Outcome.ACCOUNT)
    if isinstance(error, ssl.SSLCertVerificationError):
        return SendError(f"certificate not trusted: {error.verify_message}", Outcome.DOWN)
    why = isinstance(error, OSError) and error.strerror
    return SendError(f"mail server not reached: {why or type(error).__name__}", Outcome.DOWN)


def _refused(what: str, meaning: Callable[[int, bytes], Outcome], code: int, answer: bytes | str) -> SendError:
    text = answer if isinstance(answer, bytes) else answer.encode()
    return SendError(f"{what}: {smtp_answers.status(code, text)}", meaning(code, text))
