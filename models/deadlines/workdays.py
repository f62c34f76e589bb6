"""The working days of Luxembourg: not a Saturday, not a Sunday, not one of the eleven legal holidays.

The holidays are those of the law of 25 April 2019, and Saturday counts as one (law of 30 May 1984, art. 2). A holiday
that falls on a Sunday is not moved to another day.
"""

import datetime as dt
from functools import lru_cache

from holidays import country_holidays

DAY = dt.timedelta(days=1)
SATURDAY = 5
LOCALES_OF_HOLIDAYS = {"de": "de", "fr": "fr", "en": "en_US", "lb": "lb"}
BRITISH_NAMES = {"Labor Day": "Labour Day", "Pentecost Monday": "Whit Monday"}


def is_working_day(day: dt.date) -> bool:
    """True from Monday to Friday, but for legal holidays."""
    return day.weekday() < SATURDAY and day not in _holidays(day.year, "lb")


def working_day(day: dt.date) -> dt.date:
    """`day` if it is a working day, else the next one."""
    while not is_working_day(day):
        day += DAY
    return day


def holiday(day: dt.date, language: str) -> str:
    """The name of the legal holiday on `day` in `language`; "" if there is none."""
    return _holidays(day.year, language).get(day, "")


@lru_cache(maxsize=256)
def _holidays(year: int, language: str) -> dict[dt.date, str]:
    # Always with language and year: without a language the package takes the server's locale, and without a year it
    # fills its table on demand, which is not thread-safe.
    found = country_holidays(
        "LU", years=year, expand=False, categories="public", language=LOCALES_OF_HOLIDAYS[language]
    )
    return {day: BRITISH_NAMES.get(name, name).replace("'", "’") for day, name in found.items()}


def working_days_after(day: dt.date, count: int) -> dt.date:
    """The day that many working days after `day`, which is not counted itself."""
    for _ in range(count):
        day = working_day(day + DAY)
    return day
