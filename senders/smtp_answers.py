"""What the answers of a mail server mean: reply codes (RFC 5321) and enhanced status codes (RFC 3463, 5248).

A refusal is the recipient's (no such mailbox) or about us (relay denied, SPF, blocklist): only the first counts against
a contact. Where an answer can mean both it is taken to be about us, and repeated.
"""

import re

from models.notifications.outcome import Outcome

STATUS = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b|\(#([245]\.\d{1,3}\.\d{1,3})\)", re.MULTILINE)  # #: qmail
ADDRESS = re.compile(rb"\S*@\S*")  # a mailbox may be called relay@...
# Servers without enhanced codes (Exim, qmail) only say it in words; and Orange, AT&T and others with "5.2.0", "5.3.0".
ABOUT_US = re.compile(
    rb"rela(y|ying)\b|rcpthosts|authenticat|\bspf\b|\bdkim\b|\bdmarc\b|blacklist|block ?list|blocked"
    rb"|(?<!not )\blisted\b|dnsbl|\brbl\b|spam|reputation|unsolicited|policy|client host|reverse dns|\bptr\b|banned"
    rb"|too many|rate limit",
    re.IGNORECASE,
)
FULL = re.compile(rb"\bfull\b|quota", re.IGNORECASE)
SURELY_FULL = re.compile(  # whatever else such a line says
    rb"(mailbox|inbox|disk|storage)\W.{0,40}(full|exceed)|exceed\w*.{0,30}(quota|disk|storage)"
    rb"|too many (mails|messages) on",
    re.IGNORECASE | re.DOTALL,
)
TOO_BIG_WORDS = re.compile(rb"\bsize\b|too (big|large|long)", re.IGNORECASE)

SHUTTING_DOWN = 421  # RFC 5321: the server accepts nothing from anybody at the moment
ACCOUNT_CODES = (525, 530, 534, 535, 538)  # RFC 4954, 5248: our account is disabled, or has to sign in
TOO_BIG = 552  # RFC 1870: in answer to MAIL FROM it is about the size of this one mail
BLOCKED_CODES = (500, 502, 503, 504, 521, 571)  # the dialogue, or our host: not this recipient

# Subject and detail of a permanent refusal (5.x.y) of a recipient or a mail; then the subject alone.
MEANING = {
    "1.7": Outcome.ACCOUNT,  # our sender address
    "1.8": Outcome.ACCOUNT,
    "2.2": Outcome.LATER,  # the mailbox is full
    "3.3": Outcome.NEVER,  # this mail is not what the system takes
    "3.4": Outcome.NEVER,  # too big
    "4.1": Outcome.NEVER,  # Exchange Online: "Recipient address rejected: Access denied" is an unknown recipient
    "4.4": Outcome.NEVER,  # there is no way to this domain
    "5.0": Outcome.NEVER,  # Outlook.com: "mailbox unavailable"
    "7.3": Outcome.ACCOUNT,  # sign in first
    "7.8": Outcome.ACCOUNT,  # wrong credentials
    "7.9": Outcome.ACCOUNT,
    "7.13": Outcome.ACCOUNT,  # our account is disabled
    "7.17": Outcome.NEVER,  # RFC 7293: the mailbox has another owner
    "7.18": Outcome.NEVER,
    "7.124": Outcome.NEVER,  # Exchange Online: this recipient takes mail of certain senders only
    "7.129": Outcome.NEVER,
    "7.133": Outcome.NEVER,
    "7.134": Outcome.NEVER,
}
SUBJECTS = {
    "0": Outcome.NEVER,
    "1": Outcome.NEVER,  # the address
    "2": Outcome.NEVER,  # the mailbox
    "3": Outcome.LATER,  # their system
    "4": Outcome.LATER,  # the way there
    "5": Outcome.POLICY,  # the dialogue
    "6": Outcome.NEVER,  # the content
    "7": Outcome.POLICY,  # security or policy
}


def status(code: int, text: bytes) -> str:
    """The reply code and the enhanced code, for logs; not the words after them, which may quote the address."""
    found = _enhanced(text)
    return f"{code} {found}" if found else str(code)


def of_server(code: int, text: bytes) -> Outcome:
    """What a refusal before the recipient is named means: of the connection, EHLO, STARTTLS, AUTH or MAIL FROM."""
    if code == TOO_BIG or _enhanced(text) == "5.3.4":
        return Outcome.NEVER
    return Outcome.ACCOUNT if code >= 500 else Outcome.DOWN


def of_recipient(code: int, text: bytes) -> Outcome:
    """What a refusal in answer to RCPT TO or to the mail itself means."""
    if code in ACCOUNT_CODES:
        return Outcome.ACCOUNT
    if code == SHUTTING_DOWN:
        return Outcome.DOWN
    if code < 500:
        return Outcome.LATER
    found = _enhanced(text)
    if found and not found.endswith(".0"):
        what = found.partition(".")[2]
        return MEANING.get(what) or SUBJECTS.get(what.partition(".")[0], Outcome.NEVER)
    return _by_words(code, ADDRESS.sub(b"", text)) or _by_code(code, found)


def of_bounce(status: str, text: bytes) -> Outcome:
    """What it means that a mail came back, by its `status` (5.1.1, or 550) and the words of the server.

    The server has given up, so there is no later attempt: LATER says that the mailbox was full, POLICY that a rule
    refused us, and everything else is NEVER.
    """
    what = status.partition(".")[2]
    text = ADDRESS.sub(b"", text)
    outcome = _by_words(0, text) if not what or what.endswith(".0") else None
    outcome = outcome or (_by_code(0, f"5.{what}") if what else _by_code(int(status or 0), ""))
    if outcome is Outcome.LATER:
        full = what == "2.2" or FULL.search(text) or SURELY_FULL.search(text)
        return Outcome.LATER if full else Outcome.NEVER
    return Outcome.POLICY if outcome is Outcome.ACCOUNT else outcome


def _enhanced(text: bytes) -> str:
    found = STATUS.search(text)
    return (found[1] or found[2]).decode() if found else ""


def _by_words(code: int, text: bytes) -> Outcome | None:
    if SURELY_FULL.search(text):
        return Outcome.LATER
    if ABOUT_US.search(text):
        return Outcome.POLICY
    if FULL.search(text):
        return Outcome.LATER
    return Outcome.NEVER if code == TOO_BIG and TOO_BIG_WORDS.search(text) else None


def _by_code(code: int, found: str) -> Outcome:
    """The meaning of a refusal that says no more than "other" (5.x.0), or has no enhanced code at all."""
    if found:
        what = found.partition(".")[2]
        return MEANING.get(what) or SUBJECTS.get(what.partition(".")[0], Outcome.NEVER)
    if code in BLOCKED_CODES:
        return Outcome.POLICY
    return Outcome.LATER if code == TOO_BIG else Outcome.NEVER
