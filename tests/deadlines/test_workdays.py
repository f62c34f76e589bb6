"""The working days of Luxembourg, frozen: a new release of the package `holidays` must not move a legal date."""

import datetime as dt
import os
import subprocess
import sys

import pytest

from models.catalogue.procedure import LANGUAGES
from models.deadlines.workdays import DAY, LOCALES_OF_HOLIDAYS, holiday, is_working_day, working_day
from paths import ROOT

# Easter Monday of each year; Ascension Day is 38 days after it, Whit Monday 49.
EASTER_MONDAYS = {
    2019: "04-22 04-13 04-05 04-18 04-10 04-01 04-21 04-06 03-29 04-17 04-02",
    2030: "04-22 04-14 03-29 04-18 04-10 03-26 04-14 04-06 04-26 04-11",
    2040: "04-02 04-22 04-07 03-30 04-18 04-10 03-26 04-15 04-06 04-19",
    2050: "04-11 04-03 04-22 04-07 03-30 04-19 04-03 04-23 04-15 03-31 04-19",
}
EASTER = {
    first + later: dt.date.fromisoformat(f"{first + later}-{monday}")
    for first, mondays in EASTER_MONDAYS.items()
    for later, monday in enumerate(mondays.split())
}
FIXED = ((1, 1), (5, 1), (5, 9), (6, 23), (8, 15), (11, 1), (12, 25), (12, 26))


def days(year: int) -> list[dt.date]:
    first = dt.date(year, 1, 1)
    return [first + step * DAY for step in range((dt.date(year + 1, 1, 1) - first).days)]


@pytest.mark.parametrize("year", range(2019, 2061))
def test_holidays_are_those_of_the_law(year):
    movable = {EASTER[year], EASTER[year] + 38 * DAY, EASTER[year] + 49 * DAY}
    legal = {dt.date(year, *fixed) for fixed in FIXED} | movable
    assert {day for day in days(year) if holiday(day, "en")} == legal
    assert [day for day in days(year) if not is_working_day(day)] == [
        day for day in days(year) if day.weekday() >= 5 or day in legal
    ]


def test_holidays_of_a_year_have_their_names_in_four_languages():
    named = {day: [holiday(day, language) for language in LANGUAGES] for day in days(2026)}
    assert {f"{day:%d.%m.}": names for day, names in named.items() if any(names)} == {
        "01.01.": ["Neujahr", "Jour de l’An", "New Year’s Day", "Neijoerschdag"],
        "06.04.": ["Ostermontag", "Lundi de Pâques", "Easter Monday", "Ouschterméindeg"],
        "01.05.": ["Tag der Arbeit", "Fête du Travail", "Labour Day", "Dag vun der Aarbecht"],
        "09.05.": ["Europatag", "Jour de l’Europe", "Europe Day", "Europadag"],
        "14.05.": ["Christi Himmelfahrt", "Ascension", "Ascension Day", "Christi Himmelfaart"],
        "25.05.": ["Pfingstmontag", "Lundi de Pentecôte", "Whit Monday", "Péngschtméindeg"],
        "23.06.": ["Nationalfeiertag", "Fête nationale", "National Day", "Nationalfeierdag"],
        "15.08.": ["Mariä Himmelfahrt", "Assomption", "Assumption Day", "Léiffrawëschdag"],
        "01.11.": ["Allerheiligen", "Toussaint", "All Saints’ Day", "Allerhellgen"],
        "25.12.": ["Weihnachten", "Noël", "Christmas Day", "Chrëschtdag"],
        "26.12.": ["Zweiter Weihnachtsfeiertag", "Saint-Étienne", "Saint Stephen’s Day", "Stiefesdag"],
    }
    assert set(LOCALES_OF_HOLIDAYS) == set(LANGUAGES)


def test_two_holidays_on_one_day_are_both_named():
    assert holiday(dt.date(2024, 5, 9), "de") == "Christi Himmelfahrt; Europatag"


@pytest.mark.parametrize("day", ["2026-04-03", "2026-02-16", "2026-05-26", "2026-12-24", "2024-06-24"])
def test_customary_days_and_days_after_a_sunday_are_working_days(day):
    assert is_working_day(dt.date.fromisoformat(day))


def test_nobody_waits_longer_than_four_days_for_a_working_day():
    waits = {day: (working_day(day) - day).days for year in range(2019, 2061) for day in days(year)}
    assert max(waits.values()) == 4 and all(is_working_day(day) for day, wait in waits.items() if wait == 0)


@pytest.mark.long
@pytest.mark.parametrize("place", ["fr_FR.UTF-8", "uk_UA.UTF-8", "C"])
def test_language_of_the_server_does_not_matter(place):
    code = "import datetime; from models.deadlines.workdays import holiday; print(holiday(datetime.date(2026, 12, 25), 'lb'))"
    told = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        env=os.environ | {"LANG": place, "LANGUAGE": place[:2], "LC_ALL": place},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "Chrëschtdag\n"
