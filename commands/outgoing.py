"""Prepare the letter of a claimed notification: load, write, count and store it. Called by the worker."""

from dataclasses import replace

from flask import current_app
from flask_babel import force_locale

from models import Notification, Outcome
from models.catalogue.procedure import LOCALES
from models.notifications import content, sms_limits
from models.notifications.allowance import LimitError
from models.notifications.letter import Letter
from senders import bounces
from senders.base import SendError, place
from wording import letters, sheets


def prepare(notification: Notification) -> Letter:
    """Write the letter of `notification`. Raises SendError if it may not leave or cannot be written.

    What it says is stored with the outcome; that of an SMS at once.
    """
    if not notification.wanted:
        raise SendError("its contact may not hear of it (any more)", Outcome.UNWANTED)
    try:
        letter = write(notification)
    except Exception as error:  # a bug or a bad template: nothing has left, so it can be sent again once that is fixed
        raise SendError(f"could not be written: {place(error)}", Outcome.UNWRITTEN) from error
    if notification.channel == "sms":
        _count_sms(notification)
    notification.written = letter.kept(notification.contact.token)
    if notification.channel == "sms":  # it cannot be taken back, nor told from its report what it said
        notification.keep_text(notification.written)
    return letter


def write(notification: Notification) -> Letter:
    """Write the letter of `notification`; a mail gets a return path and attachments. Raises ValueError: long SMS."""
    told = content.load(notification)
    letter = letters.write(told)
    if notification.channel != "email":
        return letter
    with force_locale(LOCALES[told.contact.language]):
        sheet = sheets.sheet_for(told.dossier, told.event, told.contact.language)
    return replace(
        letter,
        return_path=bounces.return_path(notification.return_token),
        attachments=(sheet,) if sheet else (),
    )


def _count_sms(notification: Notification) -> None:
    """Count an SMS against the budget, and a contact's first SMS against the rate limits. Raises SendError."""
    config, contact = current_app.config, notification.contact
    if not sms_limits.reachable(contact.address, config["SMS_REGIONS"]):
        raise SendError("not a mobile number of a country that SMS go to", Outcome.NEVER)
    tariff = sms_limits.Tariff(config["SMS_PRICE"], config["SMS_BUDGET"])
    try:
        sms_limits.count_sending(contact, f"{notification.id} {notification.created_at.timestamp()}", tariff)
    except LimitError as refused:
        raise SendError(f"limit of SMS to new contacts: {refused}", Outcome.UNWRITTEN) from refused
