"""A mail that came back, as senders/bounces.py reads it."""

from enum import StrEnum
from typing import NamedTuple

from models.notifications.outcome import Outcome


class Kind(StrEnum):
    """What a mail says about ours, and what is done with it."""

    FAILED = "failed"  # it was given up
    HARMLESS = "harmless"  # a delay, a receipt, the reply of a program: forgotten
    UNCLEAR = "unclear"  # kept for a person


class Bounce(NamedTuple):
    """A failure that a mail server reported. The arguments of verdicts.record_bounce()."""

    tokens: list[str]  # not yet verified: the first genuine one names the notification
    status: str  # the enhanced status code, or the reply code
    outcome: Outcome  # NEVER, POLICY, or LATER if the mailbox was full


class ReturnedMail(NamedTuple):
    """A mail that came back, as senders/bounces.py reads it."""

    raw: bytes
    kind: Kind
    tokens: list[str]
    bounce: Bounce | None  # only of the null sender, and with a token
    shown: dict[str, str]  # what a person is shown of it
