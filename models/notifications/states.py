"""The states of a notification, and which state an outcome leads to."""

from models.notifications.outcome import Outcome

# The transitions that are allowed; a notification only goes forward. A delivery report of an earlier attempt may come
# late, so "delivered" follows any state. Only staff leads back from failed or unknown to queued (`send_again`).
TRANSITIONS: dict[str, tuple[str, ...]] = {
    "queued": ("held", "sending", "cancelled", "superseded"),
    "held": ("queued", "sending", "cancelled", "superseded"),
    "sending": ("sent", "delivered", "deferred", "failed", "unknown", "cancelled", "superseded"),
    "unknown": ("sending", "sent", "delivered", "deferred", "failed", "cancelled", "superseded", "queued"),
    "sent": ("delivered", "deferred", "failed", "superseded"),
    "deferred": ("held", "sending", "delivered", "failed", "cancelled", "superseded"),
    "failed": ("delivered", "queued"),
    "cancelled": ("delivered",),
    "superseded": ("delivered",),
    "delivered": (),
}
STATE_AFTER = {
    Outcome.SENT: "sent",
    Outcome.DELIVERED: "delivered",
    Outcome.ACCOUNT: "deferred",
    Outcome.UNWRITTEN: "deferred",
    Outcome.LATER: "deferred",
    Outcome.DOWN: "deferred",
    Outcome.POLICY: "deferred",
    Outcome.UNWANTED: "cancelled",
    Outcome.NEVER: "failed",
    Outcome.GONE: "failed",
    Outcome.BARRED: "failed",
    Outcome.UNKNOWN: "unknown",
}
UNSENT = ("queued", "held", "deferred")  # it has certainly not reached its reader
LEFT = ("sent", "delivered", "unknown")  # it may have reached its reader
