"""What came of one attempt to send a notification, whoever says so: our sender at once, or a receipt later."""

from enum import StrEnum


class Outcome(StrEnum):
    """Ours, theirs for now, or theirs for ever: only the last ends a notification."""

    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"  # it is where its reader can read it
    ACCOUNT = "account"  # ours: wrong key, no credit, no rights. Every notification of the channel would fare the same
    UNWRITTEN = "unwritten"  # ours: this one could not be written, so nothing left
    UNWANTED = "unwanted"  # the contact may not hear of it (any more): stopped, erased, or not confirmed
    LATER = "later"  # theirs, for now, this recipient only: greylisted, mailbox busy, telephone switched off
    DOWN = "down"  # theirs, for now, whoever the recipient is: no server, too busy
    NEVER = "never"  # theirs, for ever: no such address, number not in use
    GONE = "gone"  # theirs, for ever: the app was removed from the device, or told to be silent
    BARRED = "barred"  # theirs, for ever: this number must not be written to again
    UNKNOWN = "unknown"  # nobody can tell whether it left
