"""What every sender has in common: the letter it is given, and how it says that something went wrong."""

import traceback
from dataclasses import dataclass


class SendError(Exception):
    """A message did not leave. The text is kept with the message and shown to staff: it names no address or number.

    Neither flag: it certainly did not leave, and may later. `permanent`: it never will.
    `unknown`: nobody can tell whether it left. `outage`: the next message would fare no better (no server, wrong
    password), so leave the channel alone for a while.
    """

    def __init__(self, text: str, *, permanent: bool = False, unknown: bool = False, outage: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent
        self.unknown = unknown
        self.outage = outage


class Unwanted(Exception):
    """The contact may not hear of this (any more): stopped, erased, or not confirmed."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message, written out in the language of its contact. An SMS has only `reference`, `to` and `text`."""

    reference: str  # the same at every attempt
    to: str
    text: str
    subject: str = ""
    html: str = ""
    contact_url: str = ""  # where its reader confirms or stops
    attachments: tuple[tuple[str, bytes], ...] = ()  # (file name, PDF)


def place(error: BaseException) -> str:
    """The kind of `error` and where it came from, for logs. Not its text: that may quote an address."""
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {frame[0].name}:{frame[0].lineno}" if frame else ""
    return type(error).__name__ + where
