"""What mail servers say when they refuse, and whose fault it is. The lines are those of real servers."""

import pytest

from models import Outcome
from senders import smtp_answers

THEIRS = [  # this recipient, or this one mail
    "550 5.1.1 <x@example.lu>: Recipient address rejected: User unknown in virtual mailbox table",
    "550-5.1.1 The email account that you tried to reach does not exist. Please try\n5.1.1 double-checking",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "550 5.4.1 Recipient address rejected: Access denied. [DB5EUR01FT005.eop-EUR01.prod.protection.outlook.com]",
    "550 5.1.2 <x@nowhere.example>: Recipient address rejected: Domain not found",
    "550 5.1.6 the mailbox has moved",
    "550 5.2.1 The email account that you tried to reach is inactive",
    "550 5.5.0 Requested action not taken: mailbox unavailable",
    "550 Unknown user",
    "550 No such person at this address",
    "553 sorry, no mailbox here by that name",
    "551 User not local; please try <other@example.lu>",
    "556 5.1.10 this domain takes no mail",
    "552 5.3.4 Message size exceeds fixed limit",
    "554 5.6.0 the content cannot be converted",
    "550 5.7.134 RESOLVER.RST.SenderNotAuthenticatedForMailbox; authentication required",
    "550 unknown: relay.desk@spam.example",  # the words of an address say nothing
]
OURS = [  # perhaps ours
    "554 5.7.1 <x@example.lu>: Relay access denied",
    "550 5.7.1 Relaying denied",
    "550 5.7.1 Unable to relay",
    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
    "550 relay not permitted",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
    "550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n5.7.26 DKIM = did not pass",
    "550-5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail.",
    "550 5.2.0 Mail rejete. Mail rejected. Sender's reputation ofr_506 [506]",
    "553 5.3.0 alpd681 DNSBL:RBL 521< 192.0.2.1 >_is_blocked",
    "550 SPF check failed",
    "521 this host takes no mail",
    "503 5.5.1 Error: need MAIL command",
]
LATER = [
    "450 4.2.0 <x@example.lu>: Recipient address rejected: Greylisted",
    "452 4.2.2 The recipient's inbox is out of storage space",
    "552 5.2.2 <x@example.lu>: Quota exceeded (mailbox for user is full)",
    "552 the mailbox is full",
    "454 4.7.1 <x@example.lu>: Relay access denied",
    "550 5.4.6 routing loop detected",
    "554 5.3.1 mail system full",
]
ACCOUNT = [
    "530 5.7.0 Authentication required",
    "550 5.1.8 <noreply@example.lu>: Sender address rejected: Domain not found",
    "550 5.1.7 bad sender's address",
    "535 5.7.8 Error: authentication failed",
    "525 5.7.13 user account disabled",
]
SAID = [
    *((line, Outcome.NEVER) for line in THEIRS),
    *((line, Outcome.POLICY) for line in OURS),
    *((line, Outcome.LATER) for line in LATER),
    *((line, Outcome.ACCOUNT) for line in ACCOUNT),
    ("421 4.7.0 Our system has detected an unusual rate of unsolicited mail", Outcome.DOWN),
]


CAME_BACK = [  # status, words of the server, what it means for the notification and its contact
    ("5.1.1", "550 5.1.1 no such user", Outcome.NEVER),
    ("4.4.1", "connect to mx.example.net: timed out", Outcome.NEVER),
    ("4.4.7", "delivery time expired", Outcome.NEVER),
    ("550", "550 unknown user", Outcome.NEVER),
    ("", "", Outcome.NEVER),
    ("5.0.0", "User anna not listed in Domino Directory", Outcome.NEVER),
    ("5.3.4", "message too big", Outcome.NEVER),
    ("4.2.2", "", Outcome.LATER),
    ("5.2.2", "", Outcome.LATER),
    ("5.0.0", "The mailbox has exceeded its disk space limit, see our policy", Outcome.LATER),
    ("550", "550 User has too many messages on the server", Outcome.LATER),
    ("552", "552 the mailbox is full", Outcome.LATER),
    ("5.7.26", "550-5.7.26 unauthenticated", Outcome.POLICY),
    ("4.7.1", "greylisted for five days", Outcome.POLICY),
    ("5.1.8", "sender address rejected", Outcome.POLICY),
    ("5.0.0", "554 Service unavailable; Client host [192.0.2.1] blocked", Outcome.POLICY),
]


def split(line: str) -> tuple[int, bytes]:
    return int(line[:3]), line[4:].encode()


@pytest.mark.parametrize(("status", "said", "outcome"), CAME_BACK)
def test_mail_that_came_back_says_whose_fault_it_is(status, said, outcome):
    assert smtp_answers.of_bounce(status, said.encode()) is outcome


@pytest.mark.parametrize(("line", "outcome"), SAID)
def test_refusal_of_a_recipient_or_a_mail_says_whose_fault_it_is(line, outcome):
    assert smtp_answers.of_recipient(*split(line)) is outcome


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked", Outcome.ACCOUNT),
        ("550 5.7.1 sender not ours", Outcome.ACCOUNT),
        ("535 5.7.8 authentication failed", Outcome.ACCOUNT),
        ("454 4.7.0 temporary authentication failure", Outcome.DOWN),
        ("421 4.3.2 too many connections", Outcome.DOWN),
        ("552 5.3.4 message too big", Outcome.NEVER),
    ],
)
def test_refusal_before_a_recipient_is_named_blames_no_recipient(line, outcome):
    assert smtp_answers.of_server(*split(line)) is outcome


@pytest.mark.parametrize("line", [line for line, _outcome in SAID])
def test_what_is_kept_of_an_answer_are_its_codes_alone(line):
    assert set(smtp_answers.status(*split(line))) <= set("0123456789. ")
