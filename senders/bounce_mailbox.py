"""The mailbox of bounces (IMAP over TLS): reads it, empties it, and moves what a person has to read to a folder.

A mail is deleted only after it was dealt with, and moved rather than copied where the server can do that. Whatever
breaks half way, nothing is lost: the next time the same mails are read again, which changes nothing. No uid is kept
from one time to the next, so it does not matter when the server numbers its mails anew (UIDVALIDITY).
"""

import imaplib
import logging
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import current_app

from models.notifications.returned_mail import Kind, ReturnedMail
from senders import bounces

log = logging.getLogger("etracking.notifications")

KEPT = "eTracking-kept"  # the folder of what a person has to read
TIMEOUT = 30  # seconds for each answer of the server
MAX_MAILS = 50  # dealt with in one go
MAX_TRIES = 500  # looked at in one go: some cannot be fetched, or moved
MAX_BYTES = 512 * 1024  # of a mail that are fetched: a report stands at its beginning
NAMESPACE = re.compile(rb'\s*\(\("([^"\r\n]*)"')  # RFC 2342: what the names of folders begin with

Take = Callable[[ReturnedMail], Kind]


class RefusedError(imaplib.IMAP4.error):
    """The server has not done what it was told. If that was about one mail, it stays where it is."""

    safe_to_log = True


def collect(take: Take) -> Counter[Kind]:
    """Read the mailbox, let `take` deal with each mail, and empty it. Returns how many mails were of each kind.

    A mail that cannot be fetched, or moved, stays there and stops no other. Raises OSError and the errors of imaplib
    if the mailbox cannot be reached or breaks off, and whatever `take` raises.
    """
    done: Counter[Kind] = Counter()
    with _opened() as mailbox:
        for uid in mailbox.uids()[:MAX_TRIES]:
            if done.total() == MAX_MAILS:
                break
            try:
                done.update(mailbox.deal_with(uid, take))
            except RefusedError as refused:
                log.error("a mail that came back stays in its mailbox: %s", refused)
    return done


@contextmanager
def _opened() -> Iterator["_Mailbox"]:
    config = current_app.config
    tls = ssl.create_default_context(cafile=config["MAIL_CA_FILE"] or None)
    server, port = config["MAIL_BOUNCE_SERVER"], config["MAIL_BOUNCE_PORT"]
    connection = imaplib.IMAP4_SSL(server, port, ssl_context=tls, timeout=TIMEOUT)
    try:
        connection.login(config["MAIL_BOUNCE_USERNAME"], config["MAIL_BOUNCE_PASSWORD"])
        mailbox = _Mailbox(connection)
        try:
            yield mailbox
        finally:
            with suppress(OSError, imaplib.IMAP4.error):  # if it broke off: the next time
                mailbox.empty()
    finally:
        for leave in (connection.logout, connection.shutdown):
            with suppress(OSError, imaplib.IMAP4.error):
                leave()


class _Mailbox:
    def __init__(self, connection: imaplib.IMAP4_SSL) -> None:
        self.connection = connection
        self.able = b" ".join(filter(None, connection.capability()[1])).upper().split()  # some of it after the login
        self.deleted: list[str] = []
        self.folder = ""  # the full name of KEPT, once it was needed
        connection.select("INBOX")

    def uids(self) -> list[str]:
        """The mails that are there, the oldest first."""
        found = self._tell("SEARCH", "ALL")
        return [uid.decode() for uid in (found[0] or b"").split()]

    def deal_with(self, uid: str, take: Take) -> list[Kind]:
        """Let `take` deal with a mail, then move or delete it. Returns its kind; nothing if it is gone."""
        parts = self._tell("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_BYTES}>)")
        raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
        if raw is None:
            return []
        kind = take(bounces.read(raw))
        if kind is Kind.UNCLEAR:
            self._move(uid)
        else:
            self._delete(uid)
        return [kind]

    def empty(self) -> None:
        """Remove what is deleted. If the server refuses, the same mails are read, and copied, again the next time."""
        try:
            self._expunge()
        except RefusedError as refused:
            log.error("mails that were dealt with stay in their mailbox: %s", refused)

    def _expunge(self) -> None:
        """Remove what is deleted; where the server can do it, only what was deleted here."""
        if self.deleted and b"UIDPLUS" in self.able:
            self._tell("EXPUNGE", ",".join(self.deleted))
        elif self.deleted and self.connection.expunge()[0] != "OK":
            raise RefusedError("EXPUNGE was refused")

    def _move(self, uid: str) -> None:
        self.folder = self.folder or self._made()
        if b"MOVE" in self.able:
            self._tell("MOVE", uid, self.folder)
        else:
            self._tell("COPY", uid, self.folder)
            self._delete(uid)

    def _delete(self, uid: str) -> None:
        self._tell("STORE", uid, "+FLAGS", r"(\Deleted)")
        self.deleted.append(uid)

    def _made(self) -> str:
        """The folder KEPT, which is created if it is missing."""
        prefix = b""
        if b"NAMESPACE" in self.able and (found := NAMESPACE.match(self.connection.namespace()[1][0] or b"")):
            prefix = found[1]
        folder = f'"{prefix.decode()}{KEPT}"'
        with suppress(imaplib.IMAP4.readonly):
            self.connection.create(folder)  # refused if it is there
            self.connection.subscribe(folder)
        return folder

    def _tell(self, command: str, *words: str) -> list[Any]:
        """Give a command about mails. Raises RefusedError unless the server has done it."""
        try:
            said, answer = self.connection.uid(command, *words)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            raise RefusedError(f"{command} is not understood") from error
        if said != "OK":
            raise RefusedError(f"{command} was refused")
        return answer
