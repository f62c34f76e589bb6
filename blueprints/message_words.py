"""What became of a message, in the words of somebody who has a citizen on the telephone."""

from flask_babel import gettext as _


def state(name: str) -> str:
    """The state of a message."""
    return states()[name]


def states() -> dict[str, str]:
    """Every state a message can be in, as the desk says it."""
    return {
        "queued": _("Waiting to be sent"),
        "held": _("Held back until it may leave"),
        "sending": _("Being sent"),
        "sent": _("Sent"),
        "delivered": _("Delivered"),
        "deferred": _("Failed for now, will be tried again"),
        "failed": _("Failed for good"),
        "unknown": _("Nobody can tell whether it arrived"),
        "superseded": _("Replaced by newer news"),
        "cancelled": _("Cancelled before it left"),
    }
