"""What a mail that came back says: it failed for good, it is harmless (a delay, an automatic reply), or it is unclear.

flufl.bounce knows the formats of mail servers. It misses reports that are written a little differently, says no status,
and takes some replies for bounces: what is here adds that.
"""

import logging
import re
from collections.abc import Collection, Iterator
from email.message import Message as Mail
from email.parser import HeaderParser
from typing import NamedTuple

from flufl.bounce import all_failures

from models.notifications.outcome import Outcome
from models.notifications.returned_mail import Kind
from senders import bounce_words as words
from senders import smtp_answers
from senders.mail_text import body_of, header, is_text, parse, parts_of, text_of

logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it logs each mail that one of its detectors stumbles on

MAX_TEXT = 16_000  # characters of a report, or of what a server wrote
REPORTS = ("message/delivery-status", "message/global-delivery-status")  # RFC 3464, RFC 6533
RETURNED = ("message/rfc822", "message/global", "text/rfc822-headers")
FIELDS = re.compile(r"^(?:final|original)-recipient:", re.IGNORECASE | re.MULTILINE)  # a report in the middle of a text
NO_FAILURE = ("delay", "deliver", "relayed", "expanded")  # Postfix says "deliverable" when it is asked


class Report(NamedTuple):
    """What a mail says about ours."""

    kind: Kind
    status: str = ""  # the enhanced status code, or the reply code; empty if there is none
    outcome: Outcome = Outcome.NEVER  # whose fault it is, if it failed
    said: str = ""  # the words of the server that refused it


UNCLEAR, HARMLESS = Report(Kind.UNCLEAR), Report(Kind.HARMLESS)


def read(raw: bytes) -> Report:
    """What the mail `raw` says about ours. Whatever makes the reading fail is unclear; nothing is raised."""
    try:
        return _read(parse(raw))
    except Exception:  # nobody knows what will be sent to us: a person reads it
        return UNCLEAR


def shown(raw: bytes) -> dict[str, str]:
    """What a person is shown of a mail: the server or person that wrote it, the subject, and the text as it came."""
    try:
        mail = parse(raw)
        said = {
            "server": header(mail, "From")[:200],
            "subject": _subject(mail)[:200],
            "readable": _own_text(parts_of(mail)),
        }
    except Exception:  # as above
        said = {}
    return said | {"text": raw.decode("utf-8", "backslashreplace")}


def _read(mail: Mail) -> Report:
    parts = parts_of(mail)
    report, text = _by_fields(parts), _own_text(parts)
    if report is None and _is_reply(mail, parts):
        return HARMLESS
    asks = words.CHALLENGE.search(text + (report.said if report else ""))
    if asks and report != HARMLESS:
        return UNCLEAR
    return report or _by_words(mail, parts, text)


def _by_words(mail: Mail, parts: list[Mail], text: str) -> Report:
    """What the subject, the sender and the text of a mail say that has no report.

    Each language says in its own words that a server goes on trying: without a reason, nothing has failed.
    """
    delayed, failed = _recognised(mail)
    subject, given_up = _subject(mail), words.GIVEN_UP.search(text)
    if delayed or words.DELAY.search(subject):
        return UNCLEAR if given_up else HARMLESS
    if words.WAITS.search(f"{subject}\n{text}"):
        return UNCLEAR if given_up or words.PERMANENT.search(text) else HARMLESS
    if not given_up and _is_temporary(subject, text):
        return UNCLEAR
    surely = mail.get("X-Failed-Recipients") or _returns_ours(parts, text) or _says_failed(mail, text, bool(failed))
    return _failed(text) if surely else UNCLEAR


def _recognised(mail: Mail) -> tuple[Collection[bytes], Collection[bytes]]:
    """The recipients that flufl.bounce sees delayed and failed; none if one of its detectors stumbles."""
    try:
        return all_failures(mail)
    except Exception:
        return (), ()


def _by_fields(parts: list[Mail]) -> Report | None:
    """What the fields of a delivery status report say; None without such fields."""
    recipients = [fields for text in _reports(parts) for fields in _blocks(text)]
    for fields in recipients:
        if _given_up(fields):
            return _failed(*_reason(fields))
    known = [_action(fields) for fields in recipients]
    return HARMLESS if any(action.startswith(NO_FAILURE) for action in known) else None


def _reports(parts: list[Mail]) -> Iterator[str]:
    """The text of each report; also of one that stands in the middle of an ordinary text."""
    for part in parts:
        if part.get_content_type() in REPORTS:
            yield body_of(part)
        elif is_text(part) and FIELDS.search(text := text_of(part)):
            yield text


def _blocks(text: str) -> Iterator[Mail]:
    for block in re.split(r"\r?\n[ \t]*\r?\n", text[:MAX_TEXT]):
        fields = HeaderParser().parsestr(block.strip("\r\n"))
        if fields.get("Action") or fields.get("Final-Recipient") or fields.get("Original-Recipient"):
            yield fields


def _action(fields: Mail) -> str:
    return str(fields.get("Action", "")).strip().lower()


def _given_up(fields: Mail) -> bool:
    """True if the server has given up: "failed" counts with any status; without an action, a permanent status does."""
    if action := _action(fields):
        return action.startswith(("fail", "error"))
    return _reason(fields)[0].startswith("5")


def _reason(fields: Mail) -> tuple[str, str]:
    """The status of a recipient, and the words of the server that refused it."""
    said = str(fields.get("Diagnostic-Code", ""))
    found = words.STATUS.search(str(fields.get("Status", "")))
    status = found[1] if found else ""
    if (not status or status.endswith(".0.0")) and (closer := words.STATUS.search(said) or words.CODE.search(said)):
        status = closer[1]  # Exim writes 5.0.0 and leaves the rest to the words
    return status, said


def _failed(text: str, said: str | None = None) -> Report:
    """A failure, with its reason from a status code or from the first codes and words of a text."""
    if said is None:
        found = words.STATUS.search(text) or words.CODE.search(text)
        said = text[max(0, found.start() - 200) : found.end() + 300] if found else text[:2000]
        text = found[1] if found else ""
    outcome = smtp_answers.of_bounce(text, said.encode("utf-8", "replace"))
    return Report(Kind.FAILED, _precise(text, outcome), outcome, said)


def _precise(status: str, outcome: Outcome) -> str:
    """The status; where only the words of the server gave the reason, the status that it should have had."""
    meant = {Outcome.POLICY: "7", Outcome.LATER: "2"}.get(outcome)
    if meant is None or status[1:].startswith(f".{meant}"):
        return status or "5.0.0"
    return f"5.{meant}.{'2' if meant == '2' else '0'}"


def _is_reply(mail: Mail, parts: list[Mail]) -> bool:
    """True for what a reader's program answers by itself, and for complaints and receipts that are reports as well."""
    types = {part.get_content_type() for part in parts}
    if "message/feedback-report" in types or mail.get_param("report-type") == "feedback-report":
        return True
    if "message/disposition-notification" in types:
        return not words.FAILURE.search(_own_text(parts))  # Dovecot says so when a mailbox is full
    asked = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From", "X-Mail-Autoreply", "X-Vacation")
    if any(mail.get(name) for name in asked) or "auto_reply" in str(mail.get("Precedence", "")).lower():
        return True
    if words.REPLY.search(_subject(mail)):
        return True
    submitted = str(mail.get("Auto-Submitted", "no")).lower()
    if "vacation" in submitted:
        return True
    by_program = submitted.startswith(("auto-replied", "auto-generated"))
    of_server = mail.get("X-Failed-Recipients") or _from_server(mail) or words.FAILURE.search(_subject(mail))
    return by_program and not of_server


def _is_temporary(subject: str, text: str) -> bool:
    """True if the subject says so, or if only an answer for the time being is quoted, such as 452."""
    postponed = words.POSTPONED.search(text) and not words.PERMANENT.search(text)
    return bool(postponed or words.TEMPORARY.search(subject))


def _says_failed(mail: Mail, text: str, recognised: bool) -> bool:
    """True if flufl.bounce, the sender or the subject says so and the text says why; or flufl.bounce and one of them.

    The text alone is not enough: a person who is away may live at 512, Main Street, and be back on 5.1.27.
    """
    if "(failure)" in str(mail.get("Auto-Submitted", "")).lower():  # Sendmail
        return True
    by_subject = words.FAILURE.search(_subject(mail)) and not words.ANSWER.match(_subject(mail))
    around = bool(by_subject or _from_server(mail))
    return around and (recognised or _says_why(text)) or recognised and _says_why(text)


def _returns_ours(parts: list[Mail], text: str) -> bool:
    """True if our mail hangs on a text that says "not delivered" and why, whoever signs it."""
    hangs_on = any(part.get_content_type() in RETURNED for part in parts)
    return bool(hangs_on and words.FAILURE.search(text) and _says_why(text))


def _says_why(text: str) -> bool:
    """True if a text says why a mail was not delivered, or that nobody tries any more."""
    return any(said.search(text) for said in (words.PERMANENT, words.REFUSED, words.GIVEN_UP))


def _subject(mail: Mail) -> str:
    return header(mail, "Subject")


def _from_server(mail: Mail) -> bool:
    return bool(words.SERVER.search(header(mail, "From")))


def _own_text(parts: list[Mail]) -> str:
    """What the server wrote itself, before the mail that came back."""
    texts, inside = [], set[int]()
    for part in parts:
        if part.get_content_maintype() == "message" or part.get_content_type() == "text/rfc822-headers":
            inside.update(id(each) for each in part.walk())
        elif is_text(part) and id(part) not in inside:
            texts.append(text_of(part))
    text = "\n".join(texts)
    found = words.ORIGINAL.search(text, 1)
    return (text[: found.start()] if found else text)[:MAX_TEXT]
