"""What every sender has in common: the letter it is given, and how it says that something went wrong."""

import traceback
from dataclasses import dataclass

from models import Outcome


class SendError(Exception):
    """A message did not leave, or perhaps it did: `outcome` says whose fault it is, and whether to try again.

    The text is kept with the message and shown to staff: it names no address or number.
    """

    def __init__(self, text: str, outcome: Outcome = Outcome.LATER) -> None:
        super().__init__(text)
        self.outcome = outcome


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message, written out in the language of its contact. An SMS has only `reference`, `to` and `text`."""

    reference: str  # the same at every attempt
    to: str
    text: str
    subject: str = ""
    html: str = ""
    return_path: str = ""  # the sender on the envelope, where it comes back to; the sender in it if there is none
    language: str = ""  # of a push: its reader's software speaks it
    page: str = ""  # the path that a push opens
    contact_url: str = ""  # where its reader confirms or stops
    attachments: tuple[tuple[str, bytes], ...] = ()  # (file name, PDF)


def place(error: BaseException) -> str:
    """The kind of `error` and where it came from, for logs. Not its text: that may quote an address."""
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {frame[0].name}:{frame[0].lineno}" if frame else ""
    return type(error).__name__ + where


def never_connected(error: Exception) -> bool:
    """True if requests made no connection, so that nothing was written to it."""
    from requests.exceptions import ConnectionError
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError

    cause = error.args[0] if isinstance(error, ConnectionError) and error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    early = (NewConnectionError, ConnectTimeoutError, ProxyError)
    return isinstance(reason, early) or "CERTIFICATE_VERIFY_FAILED" in str(reason)
