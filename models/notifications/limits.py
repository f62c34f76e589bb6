"""What makes the public "send me an SMS" form worthless to a fraudster: how many first SMS there may be.

A fraudster has SMS sent to numbers whose operator shares the fee with him; a bully has them sent to his victim. Both
need notifications to numbers whose holder never said yes, so those are counted: when one is asked for, and again when it is
about to leave. What cannot be counted is refused. Notifications to confirmed contacts are only added to the bill: to
withhold them would break the promise that silence means nothing happened.
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
NETWORK = ((3, HOUR), (10, DAY))
ACCOUNT = ((20, DAY),)  # of staff: a whole office asks from one network
NUMBER = ((1, MINUTE), (3, DAY), (10, MONTH))
BLOCK = ((20, HOUR),)  # numbers with the same first eight digits: fraudsters own whole blocks of them
EVERYBODY, ABROAD = 200, 100  # a day, or three times what is usual on this day of the week
HOME = "LU"  # has no limit of its own beside everybody's
HOUR_OF_DAY = 0.2  # an hour may have this part of the day's number
ALARM = 0.8  # of the month's budget
# Of healthy traffic more than half say yes. Ten minutes are enough to open a link.
SAMPLE, RIPE, POOR, FRAUD = 50, 10 * MINUTE, 0.4, 0.2
TRIPPED, FEW = "sms tripped", "sms few say yes"


class Refused(Exception):
    """No SMS to this number now; the text says which limit, and nothing about the number."""


class Tariff(NamedTuple):
    """What an SMS costs, in cents, and what all of a month's may cost, in euros."""

    price: int
    budget: int

    @property
    def most(self) -> int:
        """The budget in cents."""
        return self.budget * 100


class Figures(NamedTuple):
    """Cents spent this month and allowed in it; the share of the contacts asked last that said yes."""

    spent: int
    budget: int
    confirmed: float


class Limit(NamedTuple):
    what: str
    who: str
    most: int
    window: dt.timedelta


def reachable(number: str, regions: Collection[str]) -> bool:
    """Whether SMS go to `number` (E.164) at all: an allowed region, and a mobile number there.

    The region comes first: satellite numbers too are of the type MOBILE.
    """
    parsed = phonenumbers.parse(number)
    allowed = phonenumbers.region_code_for_number(parsed) in regions
    return allowed and phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE


def ask(number: str, network: str, permit: str, tariff: Tariff, account: int | None = None) -> None:
    """Somebody in `network` asks for SMS to `number`: count it, or raise Refused and count nothing.

    For staff the `account` is counted, and not the network. The same `permit` is counted once: a form that is sent
    twice is one request.
    """
    with _closed():
        limits = [*_limits("asked", number), *_asker(network, account)]
        with db.atomic():
            if Counter.total(_bill()) + tariff.price > tariff.most:
                raise Refused("budget")
            _count("asked", permit, limits, number)


def _asker(network: str, account: int | None) -> list[Limit]:
    if account is None:
        return [Limit("network", network, *limit) for limit in NETWORK]
    return [Limit("account", str(account), *limit) for limit in ACCOUNT]


def leave(contact: Contact, permit: str, tariff: Tariff) -> None:
    """An SMS is about to leave for `contact`: put it on the bill. The first one is counted, or Refused is raised."""
    with _closed():
        first = contact.confirmed_at is None
        limits = _limits("left", contact.address) if first else []
        with db.atomic():
            spent = Counter.add(_bill(), tariff.price, now() + 2 * MONTH)
            if first:
                if spent > tariff.most:
                    raise Refused("budget")
                _count("left", permit, limits, contact.address)
                Contact.update(asked_at=now()).where((Contact.id == contact.id) & Contact.asked_at.is_null()).execute()
        if spent - tariff.price < ALARM * tariff.most <= spent:
            log.warning("SMS have used %d %% of the month's budget", ALARM * 100)


def figures(tariff: Tariff) -> Figures:
    """What whoever watches over the service should see."""
    answers = _answers(now() - MONTH)
    return Figures(Counter.total(_bill()), tariff.most, sum(answers) / len(answers) if answers else 1.0)


def suspicious() -> bool:
    """Whether so few say yes that a program may be asking: then the security check before the form costs more."""
    return Used.until(FEW) is not None


@contextmanager
def _closed() -> Iterator[None]:
    """Fail closed: without its counters nothing is let through. What concerns everybody is worth an alarm."""
    try:
        yield
    except PeeweeException as error:
        log.warning("no SMS to new contacts: the counters cannot be used (%s)", type(error).__name__)
        raise Refused("counters") from error
    except Refused as refused:
        _alarm(str(refused))
        raise


def _alarm(limit: str) -> None:
    """Say once a day that a limit was reached which no single visitor reaches."""
    if limit in ("network", "account", "number", "stopped"):
        return
    with suppress(PeeweeException):
        if Used.consume_once(f"alarm {limit} {today()}", DAY):
            log.warning("SMS to new contacts are being refused: %s", limit)


def _limits(gate: str, number: str) -> list[Limit]:
    """The limits for one SMS to `number`. Raises Refused while too few of those asked say yes."""
    region = phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    day = _usual(f"{gate} day ", EVERYBODY)
    return [
        *(Limit("number", number, *limit) for limit in NUMBER),
        *(Limit("block", number[:9], *limit) for limit in BLOCK),
        Limit("region", region, _usual(f"{gate} region {region}", EVERYBODY if region == HOME else ABROAD), DAY),
        Limit("hour", "", int(day * HOUR_OF_DAY), HOUR),
        Limit("day", "", day, DAY),
        *_probation(gate),
    ]


def _usual(name: str, least: int) -> int:
    """Three times the mean of the same day of the last four weeks, but at least `least`."""
    weeks = [Counter.peek(name, DAY, now() - back * 7 * DAY) for back in range(1, 5)]
    return max(least, 3 * sum(weeks) // len(weeks))


def _count(gate: str, permit: str, limits: list[Limit], number: str) -> None:
    """Count in all of `limits` or, by raising Refused, in none; call it inside a transaction."""
    if not Used.consume_once(f"{gate} {permit}", MONTH):
        return
    if Used.until(stopped_mark("sms", number)):
        raise Refused("stopped")
    for limit in limits:
        name = f"{gate} {limit.what} {limit.who}"
        if Counter.hit_rolling(name, limit.window) > limit.most:
            raise Refused(limit.what)
        if limit.what in ("region", "day"):  # to know in the coming weeks what is usual
            Counter.hit(name, DAY, keep=MONTH)


def _probation(gate: str) -> list[Limit]:
    """The circuit breaker. If few say yes, asking gets harder for all (`suspicious`); if almost nobody does, nothing
    leaves for an hour; then one an hour, until they do again.
    """
    tripped = Used.until(TRIPPED)
    since = tripped - DAY if tripped else now() - MONTH
    if tripped and now() < since + HOUR:
        raise Refused("conversion")
    answers = _answers(since)
    if len(answers) < (1 if tripped else SAMPLE):
        return [Limit("probe", "", 1, HOUR)] if tripped else []
    share = sum(answers) / len(answers)
    if share < POOR:
        Used.mark(FEW, HOUR)
    if share < FRAUD:
        Used.mark(TRIPPED, DAY)
        log.warning(
            "SMS to new contacts are off for an hour: of the last %d only %d said yes", len(answers), sum(answers)
        )
        raise Refused("conversion")
    if share < POOR and Used.consume_once(f"alarm poor {today()}", DAY):
        log.warning("few say yes to SMS: %d of the last %d", sum(answers), len(answers))
    return []


def _answers(since: dt.datetime) -> list[bool]:
    """Whether they said yes: the last contacts that were asked by SMS, and had the time to."""
    asked = (Contact.channel == "sms") & (Contact.asked_at > since) & (Contact.asked_at < now() - RIPE)
    latest = Contact.select(Contact.confirmed_at).where(asked).order_by(Contact.asked_at.desc()).limit(SAMPLE)
    return [contact.confirmed_at is not None for contact in latest]


def _bill() -> str:
    return f"sms bill {today():%Y-%m}"
