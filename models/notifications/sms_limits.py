"""Rate limits and budget for the first SMS to a number: against SMS pumping and harassment.

A fraudster has SMS sent to numbers whose operator shares the fee; a bully has them sent to a victim. Both need SMS to
unconfirmed contacts, so those are counted twice: when requested, and again before sending. It fails closed: what cannot
be counted is refused. SMS to confirmed contacts only count against the budget, and are never withheld: a citizen relies
on silence meaning that nothing happened.
"""

import datetime as dt
import logging
from collections.abc import Collection
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

from models.base import db, now, today
from models.notifications import allowance, conversion
from models.notifications.allowance import DAY, HOUR, MINUTE, MONTH, Asker, Limit, LimitError
from models.notifications.contact import Contact
from models.security.throttle import Counter, Used

log = logging.getLogger("etracking.limits")

PER_CUSTOMER = ((3, HOUR), (10, DAY))  # IPv4 /24, IPv6 /64: what a provider gives one customer
PER_NETWORK = ((10, HOUR), (30, DAY))  # IPv4 /24, IPv6 /48
PER_ACCOUNT = ((20, DAY),)  # for staff, instead of networks: a whole office has one
PER_NUMBER = ((1, MINUTE), (3, DAY), (10, MONTH))
PER_BLOCK = ((20, HOUR),)  # numbers with the same first eight digits: fraudsters own whole blocks
MAX_PER_DAY, MAX_ABROAD_PER_DAY = 200, 100  # at least; or three times the mean of this day of the week
HOME_REGION = "LU"  # has no limit of its own beside MAX_PER_DAY
HOURLY_SHARE = 0.2  # of the limit of the day
BUDGET_ALARM_SHARE = 0.8  # of the month's budget


class Tariff(NamedTuple):
    """The price of an SMS in cents, and the budget of a month in euros."""

    price: int
    budget: int

    @property
    def budget_cents(self) -> int:
        """The budget in cents."""
        return self.budget * 100


class Statistics(NamedTuple):
    """Cents spent this month, the budget in cents, and the share of recently asked contacts that confirmed."""

    spent: int
    budget: int
    confirmed: float


def reachable(number: str, regions: Collection[str]) -> bool:
    """True if `number` (E.164) is a mobile number of one of these regions.

    The region comes first: satellite numbers too are of the type MOBILE.
    """
    parsed = phonenumbers.parse(number)
    allowed = phonenumbers.region_code_for_number(parsed) in regions
    return allowed and phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE


def count_request(number: str, asker: Asker, tariff: Tariff) -> None:
    """Count a request for SMS to `number`, or raise LimitError and count nothing.

    The caller's transaction is that of the registration: if nothing comes of it, nothing is counted.
    """
    with allowance.fail_closed("SMS"):
        allowance.refuse_stopped("sms", number)
        probe = conversion.limits(conversion.SMS)
        with db.atomic():
            day = _most("asked")
            limits = [*_number_limits(number), *_asker_limits(asker, day), *_shared_limits("asked", number, day)]
            before = _count("asked", [*limits, *probe])
            open_budget = allowance.open_to(tariff.budget_cents, DAY in before)
            if Counter.total(_bill()) + tariff.price > open_budget:
                raise LimitError("budget")


def count_sending(contact: Contact, permit: str, tariff: Tariff) -> None:
    """Count an SMS that is about to leave against the budget; for an unconfirmed contact also against the limits.

    The same `permit` is counted once: an SMS that is tried again is one SMS. Raises LimitError, for an unconfirmed
    contact only.
    """
    with allowance.fail_closed("SMS"):
        first = contact.confirmed_at is None
        if first:
            allowance.refuse_stopped("sms", contact.address)
        probe = conversion.limits(conversion.SMS) if first else []
        with db.atomic():
            spent = Counter.add(_bill(), tariff.price, now() + 2 * MONTH)
            if first:
                if spent > tariff.budget_cents:
                    raise LimitError("budget")
                if Used.consume_once(f"left {permit}", MONTH):
                    number = contact.address
                    limits = [*_number_limits(number), *_shared_limits("left", number, _most("left")), *probe]
                    _count("left", limits)
                Contact.mark_asked(contact.id)
        if spent - tariff.price < BUDGET_ALARM_SHARE * tariff.budget_cents <= spent:
            log.warning("SMS have used %d %% of the month's budget", BUDGET_ALARM_SHARE * 100)


def statistics(tariff: Tariff) -> Statistics:
    """The statistics that operators watch."""
    answers = conversion.answers(conversion.SMS, now() - MONTH)
    return Statistics(Counter.total(_bill()), tariff.budget_cents, sum(answers) / len(answers) if answers else 1.0)


def suspicious() -> bool:
    """True while so few confirm, by SMS or by mail, that a bot may be asking: then the CAPTCHA gets harder."""
    return conversion.suspicious()


def _number_limits(number: str) -> list[Limit]:
    return [
        *(Limit("number", number, *limit) for limit in PER_NUMBER),
        *(Limit("block", number[:9], *limit) for limit in PER_BLOCK),
    ]


def _asker_limits(asker: Asker, day: int) -> list[Limit]:
    if asker.networks is None:
        return [Limit("account", str(asker.account), *limit) for limit in PER_ACCOUNT]
    return [
        *(Limit("customer", asker.customer, *limit) for limit in PER_CUSTOMER),
        *(Limit("network", asker.networks.network, *limit) for limit in PER_NETWORK),
        *asker.provider_limits({HOUR: int(day * HOURLY_SHARE), DAY: day}),
    ]


def _shared_limits(stage: str, number: str, day: int) -> list[Limit]:
    """The limits that strangers share for one SMS to `number`."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    least = MAX_PER_DAY if region == HOME_REGION else MAX_ABROAD_PER_DAY
    return [
        Limit("region", region, allowance.usual(f"{stage} region {region}", least), DAY, shared=True),
        Limit("hour", "", int(day * HOURLY_SHARE), HOUR, shared=True),
        Limit("day", "", day, DAY, shared=True),
    ]


def _most(stage: str) -> int:
    return allowance.usual(f"{stage} day ", MAX_PER_DAY)


def _count(stage: str, limits: list[Limit]) -> set[dt.timedelta]:
    """Count in all of `limits`, or raise LimitError; call it inside a transaction, which then rolls back."""
    before = allowance.count(stage, limits)
    for limit in limits:
        if limit.what in ("region", "day"):
            allowance.keep_day(f"{stage} {limit.what} {limit.who}")
    return before


def _bill() -> str:
    return f"sms bill {today():%Y-%m}"
