"""What the senders have in common: how they say that something went wrong."""

import traceback

from models.notifications.outcome import Outcome


class SendError(Exception):
    """A notification did not leave, or perhaps it did: `outcome` says whose fault it is, and whether to try again.

    The text is stored with the notification and shown to staff: it names no address or number.
    """

    safe_to_log = True

    def __init__(self, text: str, outcome: Outcome = Outcome.LATER) -> None:
        super().__init__(text)
        self.outcome = outcome


def place(error: BaseException) -> str:
    """The type of `error` and where it was raised, for logs. Not its text: that may quote an address."""
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" at {frame[0].name}:{frame[0].lineno}" if frame else ""
    return type(error).__name__ + where


def never_connected(error: Exception) -> bool:
    """True if requests made no connection, so that nothing was sent over it."""
    from requests.exceptions import ConnectionError
    from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProxyError

    cause = error.args[0] if isinstance(error, ConnectionError) and error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    early = (NewConnectionError, ConnectTimeoutError, ProxyError)
    return isinstance(reason, early) or "CERTIFICATE_VERIFY_FAILED" in str(reason)
