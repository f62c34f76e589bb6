"""Circuit breaker on the share of new contacts that confirm: who has strangers written to gets few answers.

Below a share of POOR the CAPTCHA gets harder for all. Below FRAUD nothing leaves for an hour (open), then a few an hour
(half-open), until enough confirm again.
"""

import datetime as dt
import logging
from typing import NamedTuple

from models.base import db, now, today
from models.notifications.allowance import DAY, HOUR, MINUTE, MONTH, Limit, LimitError
from models.notifications.contact import Contact
from models.security.throttle import Used

log = logging.getLogger("etracking.limits")


class Rules(NamedTuple):
    """Of the last `sample` contacts asked, at least `answer_time` ago, a healthy share confirms."""

    channel: str
    name: str
    sample: int
    answer_time: dt.timedelta
    poor: float
    fraud: float
    probes: int  # an hour, while half-open

    @property
    def tripped_mark(self) -> str:
        """The name of the mark that the breaker is open or half-open."""
        return f"{self.channel} tripped"

    @property
    def few_confirm_mark(self) -> str:
        """The name of the mark that few confirm."""
        return f"{self.channel} few say yes"


SMS = Rules("sms", "SMS", sample=50, answer_time=10 * MINUTE, poor=0.4, fraud=0.2, probes=1)
# A mail waits longer to be read, and many are never answered: the arrival of the paper confirms them too.
MAIL = Rules("email", "mails", sample=100, answer_time=30 * MINUTE, poor=0.2, fraud=0.1, probes=20)


def limits(rules: Rules) -> list[Limit]:
    """The limit while the breaker is half-open, else none. Raises LimitError while it is open.

    What it finds out stays written, also if the caller's own savepoint is rolled back for the LimitError.
    """
    with db.atomic():
        tripped = Used.until(rules.tripped_mark, DAY)
        since = tripped - DAY if tripped else now() - MONTH
        is_open = tripped is not None and now() < since + HOUR
        recent = [] if is_open else answers(rules, since)
        half_open = tripped is not None and len(recent) < rules.probes
        if not is_open and not half_open and (tripped or len(recent) >= rules.sample):
            is_open = _is_fraud(rules, recent)
    if is_open:
        raise LimitError("conversion")
    return [Limit("probe", "", rules.probes, HOUR, shared=rules.probes > 1)] if half_open else []


def suspicious() -> bool:
    """True while so few confirm that a bot may be asking: then the CAPTCHA gets harder."""
    return any(Used.until(rules.few_confirm_mark, HOUR) is not None for rules in (SMS, MAIL))


def answers(rules: Rules, since: dt.datetime) -> list[bool]:
    """For the last contacts that were asked and had time to answer: whether each confirmed."""
    asked = (Contact.channel == rules.channel) & (Contact.asked_at > since)
    asked &= Contact.asked_at < now() - rules.answer_time
    latest = Contact.select(Contact.confirmed_at).where(asked).order_by(Contact.asked_at.desc()).limit(rules.sample)
    return [contact.confirmed_at is not None for contact in latest]


def _is_fraud(rules: Rules, recent: list[bool]) -> bool:
    """Make the CAPTCHA harder if too few of `recent` are a yes; True, and the breaker is open, if far too few are."""
    yes = sum(recent)
    share = yes / len(recent)
    if share < rules.poor:
        Used.mark(rules.few_confirm_mark, HOUR)
    if share < rules.fraud:
        Used.mark(rules.tripped_mark, DAY)
        log.warning(
            "%s to new contacts are off for an hour: of the last %d only %d said yes", rules.name, len(recent), yes
        )
        return True
    if share < rules.poor and Used.consume_once(f"alarm poor {rules.channel} {today()}", DAY):
        log.warning("few say yes to %s: %d of the last %d", rules.name, yes, len(recent))
    return False
