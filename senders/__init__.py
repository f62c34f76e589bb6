"""The only code that talks to the outside: mail, SMS, push, and the development inbox instead of the first two."""

import logging
from urllib.parse import urlsplit

from flask import Flask, current_app

from models import Message, Outcome, db

from . import bounces, inbox, mail, push, sms, text
from .base import Letter, SendError, place

__all__ = ["SendError", "bounces", "deliver", "init_app"]

SENDERS = {"email": mail, "sms": sms, "push": push}


def init_app(app: Flask) -> None:
    """Prepare the mail connection from MAIL_*. SMS needs nothing before the first one is sent."""
    host = urlsplit(app.config["SITE_URL"]).hostname
    app.config["MAIL_DEFAULT_SENDER"] = app.config["MAIL_SENDER"] or f"eTracking <noreply@{host}>"
    app.config["MAIL_SUPPRESS_SEND"] = False  # INBOX says whether anything leaves; TESTING says nothing about it
    mail.Mail(app)
    # At DEBUG the library logs the number and the text, at WARNING whatever the provider answered.
    logging.getLogger("vonage").setLevel(logging.ERROR)


def deliver(message: Message) -> str:
    """Write `message` in its contact's language and send it. Returns the provider's name for it, possibly empty.

    One attempt, at most one request to the provider. Raises SendError, also if the contact may not hear of it.
    The database's connection is closed before the network is touched.
    """
    with db.connection_context():
        letter = _write(message)
    if current_app.config["INBOX"] and message.channel != "push":  # that costs nothing, and its browser is at hand
        return inbox.send(letter)
    return SENDERS[message.channel].send(letter)


def _write(message: Message) -> Letter:
    if not message.wanted:
        raise SendError("its contact may not hear of it (any more)", Outcome.UNWANTED)
    try:
        letter = text.write(message)
    except Exception as error:  # whatever it was, nothing has left: it may once the mistake is put right
        raise SendError(f"could not be written: {place(error)}", Outcome.UNWRITTEN) from error
    if message.channel == "sms":
        sms.count(message)
    message.keep(text.kept(letter, message.contact))
    return letter
