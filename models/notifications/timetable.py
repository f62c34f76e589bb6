"""When a notification may leave: pauses after a failure, quiet hours, and how many a day."""

import datetime as dt
import random
from typing import NamedTuple

from models.base import LUXEMBOURG

MINUTE, HOUR = 60, 3600

# Seconds to wait after the first, second, ... failure; the last one repeats until GIVE_UP after the first attempt.
RETRY = {
    "email": (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR),
    "sms": (10, 30, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR),
    "push": (10, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR),
}
GIVE_UP = {"email": dt.timedelta(hours=72), "sms": dt.timedelta(hours=24), "push": dt.timedelta(hours=24)}
# How often a notification of unknown outcome is tried again: without an end, one odd mail server would flood its user,
# and an SMS costs money and nerves twice. A push that comes again takes the place of the first.
REPEATS = {"email": 5, "sms": 1, "push": 5}
# How long a claim holds, that is: when a worker that never came back is given up. An SMS waits for its receipt as long.
LEASE = {"email": dt.timedelta(minutes=1), "sms": dt.timedelta(minutes=15), "push": dt.timedelta(minutes=1)}

A_DAY = 3  # notifications of one dossier to one contact; what happens after that is told in one digest next morning
MORNING = 8


class Hours(NamedTuple):
    """From when until when (full hours in Luxembourg) an SMS may leave."""

    start: int = MORNING
    end: int = 20

    def include(self, at: dt.datetime) -> bool:
        return self.start <= at.astimezone(LUXEMBOURG).hour < self.end


def pause(channel: str, failures: int) -> dt.timedelta:
    """How long to wait after so many failures, spread by a fifth so that a server that is back is not overrun."""
    waits = RETRY[channel]
    seconds = waits[min(failures, len(waits)) - 1] * random.uniform(0.8, 1.2)  # noqa: S311  (spread, no secret)
    return dt.timedelta(seconds=seconds)


def over(channel: str, failures: int, tried_for: dt.timedelta) -> bool:
    """Whether it was tried for long enough, and often enough: the time that we ourselves were away does not count."""
    return tried_for > GIVE_UP[channel] and failures >= len(RETRY[channel])


def morning(at: dt.datetime, hours: Hours, contact: int) -> dt.datetime:
    """The next time after `at` that `hours` begin, at the minute of this contact."""
    local = at.astimezone(LUXEMBOURG)
    return _at(local.date() + dt.timedelta(days=local.hour >= hours.start), hours.start, contact)


def tomorrow(at: dt.datetime, contact: int) -> dt.datetime:
    """The morning of the day after `at`, at the minute of this contact."""
    return _at(at.astimezone(LUXEMBOURG).date() + dt.timedelta(days=1), MORNING, contact)


def midnight(at: dt.datetime) -> dt.datetime:
    """When the day of `at` began in Luxembourg."""
    return dt.datetime.combine(at.astimezone(LUXEMBOURG).date(), dt.time(), LUXEMBOURG).astimezone(dt.UTC)


def _at(day: dt.date, hour: int, contact: int) -> dt.datetime:
    # A minute of its own: everything at eight sharp would be a rush that providers answer with losses. The same for
    # all that waits for one contact, so that the newest of it can stand for the rest.
    return dt.datetime.combine(day, dt.time(hour, contact % 60), LUXEMBOURG).astimezone(dt.UTC)
