"""Rate limits, budget and circuit breaker for the first SMS to a number: against SMS pumping and harassment.

A fraudster has SMS sent to numbers whose operator shares the fee; a bully has them sent to a victim. Both need SMS to
unconfirmed contacts, so those are counted twice: when requested, and again before sending. It fails closed: what cannot
be counted is refused. SMS to confirmed contacts only count against the budget, and are never withheld: a citizen relies
on silence meaning that nothing happened.
"""

import datetime as dt
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import phonenumbers
from peewee import PeeweeException
from phonenumbers import PhoneNumberType

from models.base import db, now, today
from models.notifications.contact import Contact, stopped_mark
from models.security.throttle import Counter, Used

log = logging.getLogger("etracking.sms")

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
MONTH = dt.timedelta(days=30)
PER_NETWORK = ((3, HOUR), (10, DAY))
PER_ACCOUNT = ((20, DAY),)  # for staff, instead of PER_NETWORK: a whole office has one network
PER_NUMBER = ((1, MINUTE), (3, DAY), (10, MONTH))
PER_BLOCK = ((20, HOUR),)  # numbers with the same first eight digits: fraudsters own whole blocks
MAX_PER_DAY, MAX_ABROAD_PER_DAY = 200, 100  # at least; or three times the mean of this day of the week
HOME_REGION = "LU"  # has no limit of its own beside MAX_PER_DAY
HOURLY_SHARE = 0.2  # of the limit of the day
BUDGET_ALARM_SHARE = 0.8  # of the month's budget
# Breaker: of the last SAMPLE_SIZE contacts asked, at least ANSWER_TIME ago, healthy traffic confirms more than half.
SAMPLE_SIZE, ANSWER_TIME, POOR_SHARE, FRAUD_SHARE = 50, 10 * MINUTE, 0.4, 0.2
TRIPPED_MARK, FEW_CONFIRM_MARK = "sms tripped", "sms few say yes"


class SMSLimitError(Exception):
    """No SMS to this number now. The text names the limit, and nothing about the number."""


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


class Limit(NamedTuple):
    what: str
    who: str
    maximum: int
    window: dt.timedelta


def reachable(number: str, regions: Collection[str]) -> bool:
    """True if `number` (E.164) is a mobile number of one of these regions.

    The region comes first: satellite numbers too are of the type MOBILE.
    """
    parsed = phonenumbers.parse(number)
    allowed = phonenumbers.region_code_for_number(parsed) in regions
    return allowed and phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE


def count_request(number: str, network: str, permit: str, tariff: Tariff, account: int | None = None) -> None:
    """Count a request from `network` for SMS to `number`, or raise SMSLimitError and count nothing.

    For staff the `account` is counted, and not the network. The same `permit` is counted once: a form that is sent
    twice is one request.
    """
    with _fail_closed():
        limits = [*_limits("asked", number), *_asker_limits(network, account)]
        with db.atomic():
            if Counter.total(_bill()) + tariff.price > tariff.budget_cents:
                raise SMSLimitError("budget")
            _count("asked", permit, limits, number)


def _asker_limits(network: str, account: int | None) -> list[Limit]:
    if account is None:
        return [Limit("network", network, *limit) for limit in PER_NETWORK]
    return [Limit("account", str(account), *limit) for limit in PER_ACCOUNT]


def count_sending(contact: Contact, permit: str, tariff: Tariff) -> None:
    """Count an SMS that is about to leave against the budget; for an unconfirmed contact also against the limits.

    Raises SMSLimitError, for an unconfirmed contact only.
    """
    with _fail_closed():
        first = contact.confirmed_at is None
        limits = _limits("left", contact.address) if first else []
        with db.atomic():
            spent = Counter.add(_bill(), tariff.price, now() + 2 * MONTH)
            if first:
                if spent > tariff.budget_cents:
                    raise SMSLimitError("budget")
                _count("left", permit, limits, contact.address)
                Contact.update(asked_at=now()).where((Contact.id == contact.id) & Contact.asked_at.is_null()).execute()
        if spent - tariff.price < BUDGET_ALARM_SHARE * tariff.budget_cents <= spent:
            log.warning("SMS have used %d %% of the month's budget", BUDGET_ALARM_SHARE * 100)


def statistics(tariff: Tariff) -> Statistics:
    """The statistics that operators watch."""
    answers = _answers(now() - MONTH)
    return Statistics(Counter.total(_bill()), tariff.budget_cents, sum(answers) / len(answers) if answers else 1.0)


def suspicious() -> bool:
    """True while so few confirm that a bot may be asking: then the CAPTCHA gets harder."""
    return Used.until(FEW_CONFIRM_MARK, HOUR) is not None


@contextmanager
def _fail_closed() -> Iterator[None]:
    """Fail closed: turn a failure of the counters into SMSLimitError. Logs limits that concern everybody."""
    try:
        yield
    except PeeweeException as error:
        log.warning("no SMS to new contacts: the counters cannot be used (%s)", type(error).__name__)
        raise SMSLimitError("counters") from error
    except SMSLimitError as refused:
        _alarm(str(refused))
        raise


def _alarm(limit: str) -> None:
    """Log, once a day, that a limit was reached which no single visitor reaches."""
    if limit in ("network", "account", "number", "stopped"):
        return
    with suppress(PeeweeException):
        if Used.consume_once(f"alarm {limit} {today()}", DAY):
            log.warning("SMS to new contacts are being refused: %s", limit)


def _limits(stage: str, number: str) -> list[Limit]:
    """The limits for one SMS to `number`. Raises SMSLimitError while the breaker is open."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    day = _usual(f"{stage} day ", MAX_PER_DAY)
    return [
        *(Limit("number", number, *limit) for limit in PER_NUMBER),
        *(Limit("block", number[:9], *limit) for limit in PER_BLOCK),
        Limit(
            "region",
            region,
            _usual(f"{stage} region {region}", MAX_PER_DAY if region == HOME_REGION else MAX_ABROAD_PER_DAY),
            DAY,
        ),
        Limit("hour", "", int(day * HOURLY_SHARE), HOUR),
        Limit("day", "", day, DAY),
        *_breaker_limits(),
    ]


def _usual(name: str, least: int) -> int:
    """Three times the mean of the same day of the last four weeks, but at least `least`."""
    weeks = [Counter.peek(name, DAY, now() - back * 7 * DAY) for back in range(1, 5)]
    return max(least, 3 * sum(weeks) // len(weeks))


def _count(stage: str, permit: str, limits: list[Limit], number: str) -> None:
    """Count in all of `limits`, or raise SMSLimitError; call it inside a transaction, which then rolls back."""
    if not Used.consume_once(f"{stage} {permit}", MONTH):
        return
    if Used.until(stopped_mark("sms", number)):
        raise SMSLimitError("stopped")
    for limit in limits:
        name = f"{stage} {limit.what} {limit.who}"
        if Counter.hit_rolling(name, limit.window) > limit.maximum:
            raise SMSLimitError(limit.what)
        if limit.what in ("region", "day"):  # for _usual() in the coming weeks
            Counter.hit(name, DAY, keep=MONTH)


def _breaker_limits() -> list[Limit]:
    """The circuit breaker on the share of contacts that confirm; returns the limit while it is half-open.

    Below POOR_SHARE the CAPTCHA gets harder. Below FRAUD_SHARE nothing leaves for an hour (open), then one SMS an hour
    (half-open), until enough confirm again.
    """
    tripped = Used.until(TRIPPED_MARK, DAY)
    since = tripped - DAY if tripped else now() - MONTH
    if tripped and now() < since + HOUR:
        raise SMSLimitError("conversion")
    answers = _answers(since)
    if len(answers) < (1 if tripped else SAMPLE_SIZE):
        return [Limit("probe", "", 1, HOUR)] if tripped else []
    _judge(answers)
    return []


def _judge(answers: list[bool]) -> None:
    """Make the CAPTCHA harder, or open the breaker by raising SMSLimitError, if too few of `answers` are a yes."""
    share = sum(answers) / len(answers)
    if share < POOR_SHARE:
        Used.mark(FEW_CONFIRM_MARK, HOUR)
    if share < FRAUD_SHARE:
        Used.mark(TRIPPED_MARK, DAY)
        log.warning(
            "SMS to new contacts are off for an hour: of the last %d only %d said yes", len(answers), sum(answers)
        )
        raise SMSLimitError("conversion")
    if share < POOR_SHARE and Used.consume_once(f"alarm poor {today()}", DAY):
        log.warning("few say yes to SMS: %d of the last %d", sum(answers), len(answers))


def _answers(since: dt.datetime) -> list[bool]:
    """For the last contacts that were asked by SMS and had time to answer: whether each confirmed."""
    asked = (Contact.channel == "sms") & (Contact.asked_at > since) & (Contact.asked_at < now() - ANSWER_TIME)
    latest = Contact.select(Contact.confirmed_at).where(asked).order_by(Contact.asked_at.desc()).limit(SAMPLE_SIZE)
    return [contact.confirmed_at is not None for contact in latest]


def _bill() -> str:
    return f"sms bill {today():%Y-%m}"
