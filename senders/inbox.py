"""The development inbox: mails and SMS become files in INBOX_DIR instead of leaving.

`<time>-<reference>.eml` is the mail as a server would get it; `<time>-<reference>.txt` is an SMS: one line of JSON
(`to`, `from`), an empty line, the text.
"""

import email
import email.policy
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from flask import current_app

from models.notifications.letter import Letter
from senders import mail
from web import file_modes

NAME = re.compile(r"(\d{8}T\d{12})-([0-9.]+)\.(eml|txt)")
STAMP = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One mail or SMS in the inbox, read back from its file."""

    name: str
    at: datetime
    channel: str
    to: str
    sender: str
    text: str
    subject: str = ""
    html: str = ""
    attachments: tuple[tuple[str, str, bytes], ...] = ()  # (file name, type, data)


def send(letter: Letter) -> str:
    """Write `letter` into the inbox, whole or not at all. Returns the name of its file."""
    stamp = datetime.now(UTC).strftime(STAMP)
    if letter.subject:
        return _write(f"{stamp}-{letter.reference}.eml", mail.compose(letter)._message().as_bytes())
    head = json.dumps({"to": letter.to, "from": current_app.config["SMS_SENDER"]})
    return _write(f"{stamp}-{letter.reference}.txt", f"{head}\n\n{letter.text}\n".encode())


def entries(most: int = 100) -> list[Entry]:
    """The latest entries, newest first."""
    names = sorted((path.name for path in _folder().glob("*-*") if NAME.fullmatch(path.name)), reverse=True)
    return [_read(name) for name in names[:most]]


def entry(name: str) -> Entry | None:
    """The entry in the file called `name`, if there is one."""
    return _read(name) if NAME.fullmatch(name) and (_folder() / name).is_file() else None


def sweep(before: datetime, is_there: Callable[[str, datetime], bool]) -> int:
    """Remove what is older than `before`, or belongs to a notification that is not there any more. Returns how many."""
    gone = 0
    for path in _folder().glob("*-*"):
        named = NAME.fullmatch(path.name)
        if named and (_instant(path.name) < before or not is_there(named[2], _instant(path.name))):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _instant(name: str) -> datetime:
    return datetime.strptime(name.split("-")[0], STAMP).replace(tzinfo=UTC)


def _folder() -> Path:
    folder = Path(current_app.config["INBOX_DIR"])
    file_modes.make_folder(folder)
    file_modes.close(folder)
    return folder


def _write(name: str, data: bytes) -> str:
    target = _folder() / name
    unfinished = target.with_suffix(".part")
    file_modes.create(unfinished)
    unfinished.write_bytes(data)
    os.replace(unfinished, target)  # atomic: nobody reads half a file
    return name


def _read(name: str) -> Entry:
    data = (_folder() / name).read_bytes()
    at = _instant(name)
    return _read_mail(name, at, data) if name.endswith(".eml") else _read_sms(name, at, data.decode())


def _read_sms(name: str, at: datetime, data: str) -> Entry:
    head, text = data.split("\n\n", 1)
    known = json.loads(head)
    return Entry(name=name, at=at, channel="sms", to=known["to"], sender=known["from"], text=text.strip())


def _read_mail(name: str, at: datetime, data: bytes) -> Entry:
    message = email.message_from_bytes(data, policy=email.policy.default)
    return Entry(
        name=name,
        at=at,
        channel="email",
        to=message["To"],
        sender=message["From"],
        subject=message["Subject"],
        text=_part(message, "plain"),
        html=_part(message, "html"),
        attachments=tuple(
            (part.get_filename() or "", part.get_content_type(), part.get_content())
            for part in message.iter_attachments()
        ),
    )


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return part.get_content().replace("\r\n", "\n") if part else ""
