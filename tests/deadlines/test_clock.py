"""The legal clock: what a period becomes under the law of 30 May 1984, and why. Pure dates, no database."""

import datetime as dt

import pytest
import time_machine

from models import today
from models.base import LUXEMBOURG
from models.deadlines import clock
from models.deadlines.clock import Counted, HandedOver, Restarted, Rolled, Started, Stopped, Suspended, Waiting
from models.deadlines.workdays import DAY
from support.clock import asked, day, read, rule, story

GOLDEN = {
    # case: (start, length, unit, suspensions, nominal end, limit)
    "ends on Labour Day, a Friday": ("03-02", 60, "days", "", "05-01", "05-04"),
    "ends on Easter Sunday": ("02-04", 60, "days", "", "04-05", "04-07"),
    "ends on the Saturday before Easter": ("02-03", 60, "days", "", "04-04", "04-07"),
    "ends on a Saturday": ("01-06", 60, "days", "", "03-07", "03-09"),
    "ends on Europe Day, a Saturday": ("03-10", 60, "days", "", "05-09", "05-11"),
    "ends on Ascension Day": ("03-15", 60, "days", "", "05-14", "05-15"),
    "ends at Christmas before a weekend": ("10-26", 60, "days", "", "12-25", "12-28"),
    "ends on New Year's Day": ("11-02", 60, "days", "", "2027-01-01", "2027-01-04"),
    "National Day on a Sunday is not moved": ("2024-04-24", 60, "days", "", "2024-06-23", "2024-06-24"),
    "Europe Day on Ascension Day is one day": ("2024-03-10", 60, "days", "", "2024-05-09", "2024-05-10"),
    "over 29 February": ("2028-01-01", 60, "days", "", "2028-03-01", "2028-03-01"),
    "over the night of summer time": ("03-20", 10, "days", "", "03-30", "03-30"),
    "suspended once": ("03-02", 60, "days", "03-16 04-05", "05-21", "05-21"),
    "asked and supplied on one day": ("03-02", 60, "days", "03-16 03-16", "05-01", "05-04"),
    "suspended twice": ("03-02", 60, "days", "03-16 03-26, 04-10 04-17", "05-18", "05-18"),
    "suspensions that overlap": ("03-02", 60, "days", "03-16 03-26, 03-20 03-31", "05-16", "05-18"),
    "suspended on the last day": ("03-02", 60, "days", "05-01 05-11", "05-11", "05-11"),
    "one month from 31 January": ("01-31", 1, "months", "", "02-28", "03-02"),
    "three months from 30 November": ("11-30", 3, "months", "", "2027-02-28", "2027-03-01"),
    "three months to National Day": ("03-23", 3, "months", "", "06-23", "06-24"),
    "two weeks": ("04-20", 2, "weeks", "", "05-04", "05-04"),
    # and what stands beside the table in words
    "suspended too late": ("03-02", 60, "days", "05-02 05-11", "05-01", "05-04"),
    "documents before they were asked for": ("03-02", 60, "days", "03-16 03-10", "05-01", "05-04"),
    "asked for before it arrived": ("03-02", 60, "days", "02-20 03-12", "05-11", "05-11"),
    "one month from 31 December": ("2026-12-31", 1, "months", "", "2027-01-31", "2027-02-01"),
    "a year of months to 29 February": ("2027-02-28", 12, "months", "", "2028-02-28", "2028-02-28"),
}


@pytest.mark.parametrize("case", GOLDEN.values(), ids=GOLDEN)
def test_period_ends_as_the_law_says(case):
    start, length, unit, suspensions, nominal, limit = case
    pauses = [tuple(map(day, pair.split())) for pair in suspensions.split(", ") if pair]
    reading = clock.read([rule(length, unit)], asked(day(start), *pauses))
    assert (reading.end, reading.deadline) == (day(nominal), day(limit))
    assert reading.target == reading.end and reading.started == day(start) and reading.stopped is None


def test_period_without_a_move_to_a_working_day_ends_where_it_ends():
    assert read("arrived 03-02", rule(roll=False)).deadline == day("05-01")


def test_aim_of_the_authority_is_lengthened_like_the_period():
    reading = read("arrived 03-02, requested 03-16, supplied 04-05", rule(target=40))
    assert (reading.target, reading.deadline) == (day("05-01"), day("05-21"))
    late = read("arrived 03-02, requested 04-20, supplied 04-25", rule(target=40))
    assert (late.target, late.end) == (day("04-11"), day("05-06"))  # what was asked for after it does not move it


# What is done while documents are missing, and by another authority


def test_clock_that_waits_for_documents_shows_no_date():
    reading = read("arrived 03-02, requested 03-16, supplied 03-26, requested 04-10", rule(target=40))
    assert (reading.end, reading.target, reading.deadline, reading.stopped) == (None, None, None, day("04-10"))
    assert [reading.used(day(on)) for on in ("03-02", "03-03", "03-20", "03-27", "12-31")] == [0, 1, 14, 15, 29]
    assert reading.steps[-1] == Stopped(day("04-10"), 29, 60)


def test_second_request_waits_for_its_own_answer():
    assert read("arrived 03-02, requested 03-16, requested 03-20, supplied 03-26").stopped == day("03-16")


def test_examination_means_that_nothing_is_missing_any_more():
    reading = read("arrived 03-02, requested 03-16, requested 03-20, complete 04-05")
    assert reading.deadline == day("05-21")


def test_documents_can_start_the_period_anew():
    anew = rule(missing="restart")
    waiting = read("arrived 03-02, requested 03-16", anew)
    assert (waiting.deadline, waiting.stopped, waiting.steps[-1]) == (None, day("03-16"), Stopped(day("03-16"), 14, 60))
    reading = read("arrived 03-02, requested 03-16, supplied 04-05", anew)
    assert (reading.started, reading.deadline) == (day("04-05"), day("06-04"))
    assert reading.steps == (
        Started(day("03-02"), "arrival"),
        Restarted(day("04-05"), "supplied"),
        Counted(60, "days", day("06-04")),
    )
    late = read("arrived 03-02, requested 05-02, supplied 05-11", anew)
    assert late.end == day("05-01")  # asked for when the period was over


def test_documents_can_leave_the_period_alone():
    for told in ("arrived 03-02, requested 03-16", "arrived 03-02, requested 03-16, supplied 04-05"):
        reading = read(told, rule(missing="none"))
        assert (reading.deadline, reading.stopped, len(reading.steps)) == (day("05-04"), None, 3)


def test_handing_over_lets_the_period_go_on():
    reading = read("arrived 03-02, requested 03-16, supplied 04-05, transferred 03-10")
    assert reading.deadline == day("05-21")
    assert reading.steps[2:] == (HandedOver(day("03-10")), Suspended(day("03-16"), day("04-05"), 20, day("05-21")))


def test_clock_stays_stopped_when_the_dossier_is_handed_over():
    reading = read("arrived 03-02, requested 03-16, transferred 03-20")
    assert (reading.stopped, reading.deadline) == (day("03-16"), None)


def test_handing_over_can_start_the_period_anew():
    anew = rule(transfer="restart")
    reading = read("arrived 03-02, requested 03-16, supplied 03-26, transferred 03-20", anew)
    assert (reading.started, reading.end) == (day("03-20"), day("05-25"))  # 60 days and the 6 that it still waited
    assert reading.steps[1] == Restarted(day("03-20"), "transferred")
    assert read("arrived 03-02, transferred 05-02", anew).end == day("05-01")  # the period was over
    both = rule(transfer="restart", missing="restart")
    assert read("arrived 03-02, requested 03-16, transferred 03-20, supplied 03-26", both).started == day("03-26")


@pytest.mark.parametrize(
    ("told", "started", "end"),
    [
        ("arrived 03-02", "03-02", "05-01"),
        ("arrived 03-02, complete 03-10", "03-02", "05-01"),
        ("arrived 03-02, requested 03-16, supplied 04-05", "04-05", "06-04"),
        ("arrived 03-02, requested 03-16, supplied 03-20, requested 03-24, supplied 04-05", "04-05", "06-04"),
        ("arrived 03-02, requested 03-16, complete 04-05", "04-05", "06-04"),
        ("arrived 03-02, complete 03-10, requested 03-16, supplied 04-05", "03-02", "05-21"),
    ],
)
def test_period_can_start_when_the_dossier_is_complete(told, started, end):
    reading = read(told, rule(start="completeness"))
    assert (reading.started, reading.end) == (day(started), day(end))


def test_period_that_starts_when_the_dossier_is_complete_waits_for_it():
    reading = read("arrived 03-02, requested 03-16, supplied 03-20, requested 03-24", rule(start="completeness"))
    assert (reading.started, reading.deadline, reading.stopped, reading.total) == (None, None, day("03-24"), 0)
    assert reading.steps == (Waiting(day("03-24")),) and reading.used(day("04-30")) == 0


def test_what_is_decided_uses_no_more_days():
    reading = read("arrived 03-02, ended 03-22, ended 04-10")
    assert (reading.ended, reading.deadline) == (day("03-22"), day("05-04"))
    assert [reading.used(day(on)) for on in ("03-12", "03-22", "04-30")] == [10, 20, 20]


def test_documents_that_come_after_all_revive_a_lapsed_dossier():
    reading = read("arrived 03-02, requested 03-16, ended 04-01, supplied 04-05")
    assert (reading.ended, reading.deadline) == (None, day("05-21"))
    assert read("ended 02-01, arrived 03-02").ended is None


def test_nothing_that_arrived_has_no_clock():
    assert clock.read([rule()], []) is None and clock.read([], story("arrived 03-02")) is None
    assert clock.read([rule()], story("ended 03-02")) is None


def test_used_days_never_exceed_the_period():
    assert read("arrived 03-02").used(day("2027-12-31")) == 60


# Which version of a rule


def test_old_dossiers_keep_their_rule():
    rules = [rule(60), rule(45, valid_from=day("03-10")), rule(30, valid_from=day("06-01"))]
    arrivals = {"2020-03-02": 60, "03-09": 60, "03-10": 45, "05-31": 45, "06-01": 30, "2030-01-01": 30}
    lengths = {on: clock.read(rules, story(f"arrived {on}")).rule.length for on in arrivals}
    assert lengths == arrivals
    kept = clock.read(rules, story("arrived 03-09, requested 03-12, supplied 06-10"))
    assert (kept.rule.length, kept.deadline) == (60, day("08-06"))


def test_clock_that_starts_with_completeness_follows_the_rule_of_that_day():
    rules = [rule(60, start="completeness"), rule(45, start="completeness", valid_from=day("03-10"))]
    assert clock.read(rules, story("arrived 03-02")).rule.length == 60
    assert clock.read(rules, story("arrived 03-02, requested 03-04, supplied 03-12")).rule.length == 45
    mixed = [rule(60), rule(45, start="completeness", valid_from=day("03-10"))]
    assert clock.read(mixed, story("arrived 03-02, requested 03-04, supplied 03-12")).rule.length == 60


def test_restarted_clock_keeps_the_rule_of_its_first_start():
    rules = [rule(60, missing="restart"), rule(45, missing="restart", valid_from=day("03-10"))]
    reading = clock.read(rules, story("arrived 03-02, requested 03-04, supplied 03-12"))
    assert (reading.rule.length, reading.started) == (60, day("03-12"))


def test_before_the_first_version_there_is_no_period():
    assert clock.read([rule(valid_from=day("03-10"))], story("arrived 03-09")) is None


# Why this date


def test_steps_tell_how_the_date_came_about():
    assert read("arrived 10-26").steps == (
        Started(day("10-26"), "arrival"),
        Counted(60, "days", day("12-25")),
        Rolled((day("12-25"), day("12-26"), day("12-27")), day("12-28")),
    )
    overlapping = read("arrived 03-02, requested 03-16, requested 03-20, supplied 03-26, supplied 03-31")
    assert overlapping.steps[2:] == (
        Suspended(day("03-16"), day("03-31"), 15, day("05-16")),
        Rolled((day("05-16"), day("05-17")), day("05-18")),
    )


# What is due


@pytest.mark.parametrize(
    ("ahead", "bucket"),
    [
        (-400, "overdue"),
        (-1, "overdue"),
        (0, "today"),
        (1, "3 days"),
        (3, "3 days"),
        (4, "7 days"),
        (7, "7 days"),
        (8, "14 days"),
        (14, "14 days"),
        (15, "later"),
        (400, "later"),
    ],
)
def test_work_is_sorted_by_how_near_its_limit_is(ahead, bucket):
    on = day("03-29")
    assert clock.bucket(on + ahead * DAY, on) == bucket


@pytest.mark.parametrize("limit", ["03-28", "03-29", "10-24", "10-25", "12-31"])
def test_limit_is_over_at_midnight_in_luxembourg(limit):
    midnight = dt.datetime.combine(day(limit) + DAY, dt.time(), LUXEMBOURG).astimezone(dt.UTC)
    for second, bucket in ((-1, "today"), (0, "overdue")):
        with time_machine.travel(midnight + dt.timedelta(seconds=second), tick=False):
            assert clock.bucket(day(limit), today()) == bucket


def test_every_distance_has_one_bucket():
    names = [clock.bucket(day("03-01") + ahead * DAY, day("03-01")) for ahead in range(-3, 30)]
    for name, (first, last) in clock.BUCKETS.items():
        days = [ahead for ahead in range(-3, 30) if names[ahead + 3] == name]
        assert (days[0], days[-1]) == (-3 if first is None else first, 29 if last is None else last)
