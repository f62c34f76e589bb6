"""The outcome of an attempt to send a notification: from our sender at once, or from a delivery report later."""

from enum import StrEnum


class Outcome(StrEnum):
    """A fault is ours, theirs and temporary, or theirs and permanent: only the last ends a notification."""

    SENT = "sent"  # the provider took it
    DELIVERED = "delivered"  # its reader can read it
    ACCOUNT = "account"  # ours: wrong key, no credit, no rights. It concerns every notification of the channel
    UNWRITTEN = "unwritten"  # ours: this one could not be written, so nothing left
    UNWANTED = "unwanted"  # the contact may not hear of it (any more): stopped, erased, or not confirmed
    LATER = "later"  # temporary, this recipient only: greylisted, mailbox busy, telephone switched off
    DOWN = "down"  # temporary, for all recipients: server unreachable or too busy
    POLICY = "policy"  # refused by a rule, perhaps about us: relay denied, SPF, blocklist. No recipient's fault
    NEVER = "never"  # permanent: no such address, number not in use
    GONE = "gone"  # permanent: the app was removed from the device, or may show no notifications
    BARRED = "barred"  # permanent: this number must not be written to again
    UNKNOWN = "unknown"  # nobody can tell whether it left
