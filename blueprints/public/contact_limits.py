"""Rate limits on the first notification to an e-mail address or mobile number that a visitor typed."""

import datetime as dt

from flask import current_app, request
from peewee import PeeweeException

import senders
from models import Contact, Counter, Procedure, Staff, Used, db
from models.notifications import limits as sms_limits
from models.notifications.contact import hashed, stopped_mark
from models.security.throttle import sms_network_key, visitor_key

DAY = dt.timedelta(days=1)
# First mails a day. Few to one address, which may be a victim; more from one visitor, who may help many people.
MAX_MAILS_PER_ADDRESS, MAX_MAILS_PER_VISITOR, MAX_MAILS_PER_ACCOUNT = 3, 50, 50
MAX_GIVEN_PER_CONTACT = 3  # further addresses that one contact may give in a day


def tariff() -> sms_limits.Tariff:
    """The price of an SMS and the budget, from the settings."""
    return sms_limits.Tariff(current_app.config["SMS_PRICE"], current_app.config["SMS_BUDGET"])


def offers_sms(procedure: Procedure) -> bool:
    """True if SMS can be chosen: the procedure sends some, and there is an account by which they leave."""
    return procedure.sends_sms and "sms" in senders.configured()


def allowed(channel: str, address: str, permit: str, by: Staff | None = None) -> bool:
    """Count a first notification to `address`; False, and not counted, if a limit is reached.

    The same `permit` counts once. At the desk the account is counted, not the IP: an office shares one network.
    """
    count = _count_mail if channel == "email" else _count_sms
    return count(address, f"{permit} {channel} {address}", by)


def may_give(contact: Contact) -> bool:
    """Count a further address that this contact gives; False above the limit, since each one gets a notification."""
    try:
        return Counter.hit_rolling(f"given by {contact.id}", DAY) <= MAX_GIVEN_PER_CONTACT
    except PeeweeException:
        return False


def _count_sms(mobile: str, permit: str, by: Staff | None) -> bool:
    visitors = sms_network_key(request.remote_addr, current_app.config["SECRET_KEY"])
    try:
        sms_limits.count_request(mobile, visitors, permit, tariff(), account=by.id if by else None)
    except sms_limits.SMSLimitError:
        return False
    return True


def _count_mail(address: str, permit: str, by: Staff | None) -> bool:
    """Fail open: if the count fails, allow the mail. It costs nothing, and without it the number may be lost."""
    try:
        with db.atomic() as transaction:
            if not Used.consume_once(f"mail {permit}", DAY):
                return True
            if within := _within_mail_limits(address, by):
                return within
            transaction.rollback()
            return False
    except PeeweeException:
        return True


def _within_mail_limits(address: str, by: Staff | None) -> bool:
    who = f"staff {by.id}" if by else visitor_key(request.remote_addr, current_app.config["SECRET_KEY"])
    return (
        Used.until(stopped_mark("email", address)) is None
        and Counter.hit_rolling(f"mail {hashed('email', address)}", DAY) <= MAX_MAILS_PER_ADDRESS
        and Counter.hit_rolling(f"mail from {who}", DAY) <= (MAX_MAILS_PER_ACCOUNT if by else MAX_MAILS_PER_VISITOR)
    )
