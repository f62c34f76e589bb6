"""Rate limits on the first notification to an address that a visitor typed, by mail or SMS."""

import datetime as dt

from flask import current_app, request
from peewee import PeeweeException

from models import Contact, Counter, Staff, Used, db
from models.notifications import limits as sms_limits
from models.notifications.contact import hashed, stopped_mark
from models.security.throttle import sms_network_key, visitor_key

DAY = dt.timedelta(days=1)
# First mails a day. The visitor may be an office that helps many people; the one written to may be its victim.
MAX_MAILS_PER_ADDRESS, MAX_MAILS_PER_VISITOR, MAX_MAILS_PER_ACCOUNT = 3, 50, 50
MAX_GIVEN_PER_CONTACT = 3  # further addresses a day


def tariff() -> sms_limits.Tariff:
    """What SMS cost and may cost, from the settings."""
    return sms_limits.Tariff(current_app.config["SMS_PRICE"], current_app.config["SMS_BUDGET"])


def allowed(channel: str, address: str, permit: str, by: Staff | None = None) -> bool:
    """Count one more first message to `address`, or say no and count nothing. The same `permit` counts once.

    What staff types at the desk counts for their account: all of an office come from one network.
    """
    return (_mail if channel == "email" else _sms)(address, f"{permit} {channel} {address}", by)


def may_give(contact: Contact) -> bool:
    """Whether the holder of this link may give one more address: each time somebody is written to."""
    try:
        return Counter.hit_rolling(f"given by {contact.id}", DAY) <= MAX_GIVEN_PER_CONTACT
    except PeeweeException:
        return False


def _sms(number: str, permit: str, by: Staff | None) -> bool:
    visitors = sms_network_key(request.remote_addr, current_app.config["SECRET_KEY"])
    try:
        sms_limits.count_request(number, visitors, permit, tariff(), account=by.id if by else None)
    except sms_limits.SMSLimitError:
        return False
    return True


def _mail(address: str, permit: str, by: Staff | None) -> bool:
    """If it cannot be counted, the mail goes out: it costs nothing, and the number may be lost without it."""
    try:
        with db.atomic() as transaction:
            if not Used.consume_once(f"mail {permit}", DAY):
                return True
            if within := _counted(address, by):
                return within
            transaction.rollback()
            return False
    except PeeweeException:
        return True


def _counted(address: str, by: Staff | None) -> bool:
    who = f"staff {by.id}" if by else visitor_key(request.remote_addr, current_app.config["SECRET_KEY"])
    return (
        Used.until(stopped_mark("email", address)) is None
        and Counter.hit_rolling(f"mail {hashed('email', address)}", DAY) <= MAX_MAILS_PER_ADDRESS
        and Counter.hit_rolling(f"mail from {who}", DAY) <= (MAX_MAILS_PER_ACCOUNT if by else MAX_MAILS_PER_VISITOR)
    )
