"""The states of notifications, in words for the helpdesk."""

import re

from flask_babel import gettext as _

from models import Notification, Outcome
from models.notifications.vonage_codes import MEANING
from wording import kinds

NOT_REACHED = ("mail server not reached: ", "certificate not trusted: ")  # as senders/smtp.py has it
ENHANCED_STATUS_CODE = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


def state(name: str) -> str:
    """The state of a notification."""
    return states()[name]


def states() -> dict[str, str]:
    """Every state a notification can be in, as the desk says it."""
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


def tone(name: str) -> str:
    """The colour of a state."""
    return {"delivered": "good", "deferred": "wait", "unknown": "wait", "failed": "bad"}.get(name, "")


def title(notification: Notification) -> str:
    """The title of a notification."""
    return _("Several news in one") if notification.kind == "digest" else kinds.title(notification.kind)


def why(notification: Notification) -> str:
    """Why a notification has not arrived, as far as the answers of mail servers and SMS providers say."""
    if notification.state not in ("deferred", "failed", "unknown") or not notification.error:
        return ""
    return {"email": _why_mail, "sms": _why_sms, "push": _why_push}[notification.channel](notification.error)


def _why_mail(error: str) -> str:
    """Why, by the enhanced status code (RFC 3463) in the mail server's answer, or else by its SMTP code."""
    found = ENHANCED_STATUS_CODE.search(error)
    if error.startswith(NOT_REACHED):  # which may name an IP address
        return _("Mail server not reached, or it gave no clear answer")
    if found:
        kind, subject, detail = found.groups()
        if subject == "1":
            return _("Email address does not exist") if kind == "5" else _("Email address not found right now")
        if (subject, detail) == ("2", "2"):
            return _("Mailbox full")
        if subject == "7":
            return _("Mail server refuses our mail")
    if re.search(r"\b55[013]\b", error):
        return _("Email address does not exist")
    if re.search(r"\b4\d\d\b", error):
        return _("Mail server not taking it right now")
    return _("Mail server not reached, or it gave no clear answer")


def _why_sms(error: str) -> str:
    said = {
        Outcome.LATER: _("Phone not accepting messages right now"),
        Outcome.BARRED: _("Number barred, or its owner wants no SMS"),
        Outcome.NEVER: _("Phone number not in use, or it takes no SMS"),
    }
    outcome = MEANING.get(error.split()[-1], Outcome.UNKNOWN)
    return said.get(outcome) or _("SMS provider not reached, or it gave no clear answer")


def _why_push(error: str) -> str:
    if error.startswith("push refused: HTTP 4") and not error.endswith("429"):
        return _("Device takes no more news from us")
    return _("Push service not reached, or it gave no clear answer")
