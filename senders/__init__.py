"""The only code that talks to the outside: mail, SMS, push, hooks, and the development inbox. It asks no database."""

import logging
from urllib.parse import urlsplit

from flask import Flask, current_app
from flask_mail import Mail

from models.notifications.letter import Letter
from senders import inbox, mail, push, sms
from senders.smtp import close_if_idle, kept_connection

__all__ = ["close_if_idle", "configured", "init_app", "kept_connection", "send"]

SENDERS = {"email": mail, "sms": sms, "push": push}


def init_app(app: Flask) -> None:
    """Prepare the mail connection from MAIL_*. SMS needs nothing before the first one is sent."""
    host = urlsplit(app.config["SITE_URL"]).hostname
    app.config["MAIL_DEFAULT_SENDER"] = app.config["MAIL_SENDER"] or f"eTracking <noreply@{host}>"
    app.config["MAIL_SUPPRESS_SEND"] = False  # only INBOX keeps mail from leaving; Flask-Mail would do so for TESTING
    Mail(app)
    # At DEBUG the library logs the number and the text, at WARNING whatever the provider answered.
    logging.getLogger("vonage").setLevel(logging.ERROR)


def configured() -> set[str]:
    """The channels that something can leave by, as the settings are. Mail cannot be left out of them."""
    config = current_app.config
    accounts = {"sms": config["INBOX"] or config["VONAGE_APPLICATION_ID"], "push": config["PUSH_PRIVATE_KEY"]}
    return {channel for channel in SENDERS if accounts.get(channel, True)}


def send(channel: str, letter: Letter) -> str:
    """Hand `letter` over, with at most one request. Returns the provider's id for it, possibly empty. Raises SendError.

    Call it without a connection to the database: a transaction must not wait for a network.
    """
    if current_app.config["INBOX"] and channel != "push":  # a push costs nothing, and its browser is at hand
        return inbox.send(letter)
    return SENDERS[channel].send(letter)
