"""Rate limits on the first notification to an e-mail address or mobile number that a visitor typed."""

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum

from flask import current_app, request, session
from peewee import PeeweeException

import senders
from models import Contact, Counter, Dossier, Form, Notification, Procedure, Staff, Used, db
from models.notifications import mail_limits, sms_limits
from models.notifications.allowance import Asker, LimitError
from models.security import events
from models.security.throttle import networks, sms_network_key

DAY = dt.timedelta(days=1)
SPENT_FOR = dt.timedelta(hours=2)  # longer than a pass is valid
MAX_GIVEN_PER_CONTACT = 3  # further addresses that one contact may give in a day
# The security event of each limit, by its name, with the channel before it.
EVENTS = {
    **{"address": "address", "number": "mobile", "visitor": "visitor", "account": "", "domain": "domain"},
    **{"customer": "network", "network": "network", "provider": "network", "block": "prefix", "budget": "budget"},
    **{"region": "everybody", "hour": "everybody", "day": "everybody", "everybody": "everybody"},
    **{"conversion": "breaker", "probe": "breaker"},
}


class Verdict(StrEnum):
    """Whether a first notification may leave now, later (a limit is reached), or never (its owner stopped us)."""

    NOW = "now"
    LATER = "later"
    NEVER = "never"


def tariff() -> sms_limits.Tariff:
    """The price of an SMS and the budget, from the settings."""
    return sms_limits.Tariff(current_app.config["SMS_PRICE"], current_app.config["SMS_BUDGET"])


def offers_sms(procedure: Procedure) -> bool:
    """True if SMS can be chosen: the procedure sends some, and there is an account by which they leave."""
    return procedure.sends_sms and "sms" in senders.configured()


def announce(form: Form, language: str, key: str, contacts: Sequence[tuple[str, str]]) -> Dossier | None:
    """Announce the dossier of the pass `key`; an address beyond a limit hears nothing before the paper arrives.

    One transaction: only the first request of a pass counts, and one that fails counts nowhere. Of several at once the
    others wait here for the first one's, and find its dossier. None if that has been erased since.
    """
    with db.atomic():
        if not Used.consume_once(f"pass {key}", SPENT_FOR):
            return Dossier.get_or_none(Dossier.key == key)
        verdicts = {contact: verdict(*contact) for contact in contacts}
        kept = [contact for contact in contacts if verdicts[contact] is not Verdict.NEVER]
        unasked = [channel for channel, address in kept if verdicts[channel, address] is Verdict.LATER]
        return Dossier.announce(form, language, key, kept, unasked=unasked)


def untold(dossier: Dossier, contacts: Sequence[tuple[str, str]]) -> list[str]:
    """The channels of those of `contacts` to which no first notification was queued."""
    asked = Contact.select().join(Notification).where(Contact.dossier == dossier)
    queued = {(contact.channel, contact.address) for contact in asked}
    return [channel for channel, address in contacts if (channel, address) not in queued]


def allowed(channel: str, address: str, by: Staff | None = None) -> bool:
    """Count a first notification to `address`; False, and not counted, if it may not leave now.

    At the desk the account is counted, not the networks: an office shares one. Call it in the transaction of what it is
    for, and roll that back if nothing comes of it.
    """
    return verdict(channel, address, by) is Verdict.NOW


def verdict(channel: str, address: str, by: Staff | None = None) -> Verdict:
    """The same, and whether it may leave later."""
    try:
        if channel == "email":
            least = current_app.config["FIRST_MAILS_PER_DAY"]
            mail_limits.count_request(address, _asker(by), least, proven=not by and _is_proven(channel, address))
        else:
            sms_limits.count_request(address, _asker(by), tariff())
    except LimitError as refused:
        _record(channel, str(refused), by)
        return Verdict.NEVER if str(refused) == "stopped" else Verdict.LATER
    return Verdict.NOW


def may_give(contact: Contact) -> bool:
    """Count a further address that this contact gives; False above the limit, since each one gets a notification."""
    try:
        with db.atomic():
            allowed = Counter.hit_rolling(f"given by {contact.id}", DAY) <= MAX_GIVEN_PER_CONTACT
    except PeeweeException:
        return False
    if not allowed:
        events.record("limit-reached", "given")
    return allowed


def _asker(by: Staff | None) -> Asker:
    if by:
        return Asker(account=by.id)
    return Asker(networks(request.remote_addr), sms_network_key(request.remote_addr))


def _is_proven(channel: str, address: str) -> bool:
    """True if a number was given out in this session for the same address, and its link has confirmed it."""
    keys = list(session.get("passes", {}))
    same = Contact.at(channel, address) & Contact.confirmed_at.is_null(False) & Dossier.key.in_(keys)
    return bool(keys) and Contact.select().join(Dossier).where(same).exists()


def _record(channel: str, limit: str, by: Staff | None) -> None:
    kind = "mail" if channel == "email" else "sms"
    detail = EVENTS.get(limit, "")
    events.record("limit-reached", "staff-mail" if by and kind == "mail" else f"{kind}-{detail}" if detail else kind)
