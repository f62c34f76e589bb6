"""The only code that talks to the outside: mail, SMS, push, and the development inbox instead of the first two."""

import logging
from urllib.parse import urlsplit

from flask import Flask, current_app

from models import Notification, Outcome
from senders import bounces, inbox, mail, push, sms, text
from senders.base import Letter, SendError, place

__all__ = ["SendError", "bounces", "init_app", "send", "write"]

SENDERS = {"email": mail, "sms": sms, "push": push}


def init_app(app: Flask) -> None:
    """Prepare the mail connection from MAIL_*. SMS needs nothing before the first one is sent."""
    host = urlsplit(app.config["SITE_URL"]).hostname
    app.config["MAIL_DEFAULT_SENDER"] = app.config["MAIL_SENDER"] or f"eTracking <noreply@{host}>"
    app.config["MAIL_SUPPRESS_SEND"] = False  # INBOX says whether anything leaves; TESTING says nothing about it
    mail.Mail(app)
    # At DEBUG the library logs the number and the text, at WARNING whatever the provider answered.
    logging.getLogger("vonage").setLevel(logging.ERROR)


def write(notification: Notification) -> Letter:
    """`notification` in its contact's language, and kept as it is written. Raises SendError if it may not or cannot be."""
    if not notification.wanted:
        raise SendError("its contact may not hear of it (any more)", Outcome.UNWANTED)
    try:
        letter = text.write(notification)
    except Exception as error:  # whatever it was, nothing has left: it may once the mistake is put right
        raise SendError(f"could not be written: {place(error)}", Outcome.UNWRITTEN) from error
    if notification.channel == "sms":
        sms.count(notification)
    notification.keep(text.kept(letter, notification.contact))
    return letter


def send(channel: str, letter: Letter) -> str:
    """Hand `letter` over, with at most one request. Returns the provider's name for it, possibly empty.

    Raises SendError. The database's connection is closed by now: nothing of it waits for a network.
    """
    if current_app.config["INBOX"] and channel != "push":  # that costs nothing, and its browser is at hand
        return inbox.send(letter)
    return SENDERS[channel].send(letter)
