"""When a notification may leave: retry pauses, leases, quiet hours, and how many a day."""

import datetime as dt
import random
from typing import NamedTuple

from models.base import LUXEMBOURG

MINUTE, HOUR = 60, 3600

# Seconds to wait after the first, second, ... failure; the last one repeats until GIVE_UP_AFTER has passed.
RETRY_PAUSES = {
    "email": (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR),
    "sms": (10, 30, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR),
    "push": (10, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR),
}
MAX_JITTER = 1.2
GIVE_UP_AFTER = {"email": dt.timedelta(hours=72), "sms": dt.timedelta(hours=24), "push": dt.timedelta(hours=24)}
# How often an attempt of unknown outcome is repeated: without a limit, one odd mail server would flood its user, and
# an SMS costs money twice. A repeated push replaces the first on the device.
MAX_REPEATS = {"email": 5, "sms": 1, "push": 5}
# How long a claim holds before another worker may reclaim it. An SMS waits as long for its delivery report.
LEASE = {"email": dt.timedelta(minutes=1), "sms": dt.timedelta(minutes=15), "push": dt.timedelta(minutes=1)}

MAX_PER_DAY = 3  # notifications to one contact; what happens later that day is told in one digest next morning
MORNING_HOUR = 8


class Hours(NamedTuple):
    """The hours (in Luxembourg) between which an SMS may leave."""

    start: int = MORNING_HOUR
    end: int = 20

    def include(self, at: dt.datetime) -> bool:
        return self.start <= at.astimezone(LUXEMBOURG).hour < self.end


def pause(channel: str, failures: int) -> dt.timedelta:
    """The pause after so many failures, with jitter so that a server that is back is not overrun."""
    waits = RETRY_PAUSES[channel]
    seconds = waits[min(failures, len(waits)) - 1] * random.uniform(0.8, MAX_JITTER)  # noqa: S311  (spread, no secret)
    return dt.timedelta(seconds=seconds)


def longest_pause(channel: str) -> dt.timedelta:
    """The longest pause that pause() makes."""
    return dt.timedelta(seconds=RETRY_PAUSES[channel][-1] * MAX_JITTER)


def is_exhausted(channel: str, failures: int, tried_for: dt.timedelta) -> bool:
    """True if it is time to give up: tried for long enough, and often enough, in case our own worker was down."""
    return tried_for > GIVE_UP_AFTER[channel] and failures >= len(RETRY_PAUSES[channel])


def next_opening(at: dt.datetime, hours: Hours, contact: int) -> dt.datetime:
    """When `hours` begin next after `at`, at the minute of this contact."""
    local = at.astimezone(LUXEMBOURG)
    return _at(local.date() + dt.timedelta(days=local.hour >= hours.start), hours.start, contact)


def next_morning(at: dt.datetime, contact: int) -> dt.datetime:
    """The morning of the day after `at`, at the minute of this contact."""
    return _at(at.astimezone(LUXEMBOURG).date() + dt.timedelta(days=1), MORNING_HOUR, contact)


def midnight(at: dt.datetime) -> dt.datetime:
    """When the day of `at` began in Luxembourg."""
    return dt.datetime.combine(at.astimezone(LUXEMBOURG).date(), dt.time(), LUXEMBOURG).astimezone(dt.UTC)


def _at(day: dt.date, hour: int, contact: int) -> dt.datetime:
    # Spread over an hour: providers lose messages in a rush at eight sharp. All notifications of one contact have the
    # same minute, so that the newest can supersede the others.
    return dt.datetime.combine(day, dt.time(hour, contact % 60), LUXEMBOURG).astimezone(dt.UTC)
