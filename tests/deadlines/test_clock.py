"""The legal clock: what a period becomes under the law of 30 May 1984, and why. Pure dates, no database."""

import datetime as dt
import time

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from models import Event, today
from models.base import LUXEMBOURG
from models.deadlines import clock
from models.deadlines.clock import Counted, HandedOver, Restarted, Rolled, Rule, Started, Stopped, Suspended, Waiting
from models.deadlines.facts import Fact, facts, pauses_of
from models.deadlines.workdays import DAY, is_working_day

YEAR = 2026


def day(text: str) -> dt.date:
    """A date: month and day of 2026, or with another year before it."""
    return dt.date.fromisoformat(text if len(text) > 5 else f"{YEAR}-{text}")


def rule(length: int = 60, unit: str = "days", **others) -> Rule:
    return Rule(**{"length": length, "unit": unit, "start": "arrival", "missing": "suspend", "source": {}} | others)


def story(words: str) -> list[Fact]:
    """Facts from words like "arrived 03-02, requested 03-16, supplied 04-05"."""
    return [Fact(kind, day(on)) for kind, on in (fact.split() for fact in words.split(", "))]


def asked(start: dt.date, *pauses: tuple[dt.date, dt.date]) -> list[Fact]:
    """What arrived on `start`, with documents asked for and supplied."""
    told = [Fact("arrived", start)]
    for since, until in pauses:
        told += [Fact("requested", since), Fact("supplied", until)]
    return told


def read(words: str, *rules: Rule) -> clock.Reading:
    return clock.read(rules or (rule(),), story(words))


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
    assert (reading.end, reading.limit) == (day(nominal), day(limit))
    assert reading.target == reading.end and reading.started == day(start) and reading.stopped is None


def test_period_without_a_move_to_a_working_day_ends_where_it_ends():
    assert read("arrived 03-02", rule(roll=False)).limit == day("05-01")


def test_aim_of_the_authority_is_lengthened_like_the_period():
    reading = read("arrived 03-02, requested 03-16, supplied 04-05", rule(target=40))
    assert (reading.target, reading.limit) == (day("05-01"), day("05-21"))
    late = read("arrived 03-02, requested 04-20, supplied 04-25", rule(target=40))
    assert (late.target, late.end) == (day("04-11"), day("05-06"))  # what was asked for after it does not move it


# What is done while documents are missing, and by another authority


def test_clock_that_waits_for_documents_shows_no_date():
    reading = read("arrived 03-02, requested 03-16, supplied 03-26, requested 04-10", rule(target=40))
    assert (reading.end, reading.target, reading.limit, reading.stopped) == (None, None, None, day("04-10"))
    assert [reading.used(day(on)) for on in ("03-02", "03-03", "03-20", "03-27", "12-31")] == [0, 1, 14, 15, 29]
    assert reading.steps[-1] == Stopped(day("04-10"), 29, 60)


def test_second_request_waits_for_its_own_answer():
    assert read("arrived 03-02, requested 03-16, requested 03-20, supplied 03-26").stopped == day("03-16")


def test_examination_means_that_nothing_is_missing_any_more():
    reading = read("arrived 03-02, requested 03-16, requested 03-20, complete 04-05")
    assert reading.limit == day("05-21")


def test_documents_can_start_the_period_anew():
    anew = rule(missing="restart")
    waiting = read("arrived 03-02, requested 03-16", anew)
    assert (waiting.limit, waiting.stopped, waiting.steps[-1]) == (None, day("03-16"), Stopped(day("03-16"), 14, 60))
    reading = read("arrived 03-02, requested 03-16, supplied 04-05", anew)
    assert (reading.started, reading.limit) == (day("04-05"), day("06-04"))
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
        assert (reading.limit, reading.stopped, len(reading.steps)) == (day("05-04"), None, 3)


def test_handing_over_lets_the_period_go_on():
    reading = read("arrived 03-02, requested 03-16, supplied 04-05, transferred 03-10")
    assert reading.limit == day("05-21")
    assert reading.steps[2:] == (HandedOver(day("03-10")), Suspended(day("03-16"), day("04-05"), 20, day("05-21")))


def test_clock_stays_stopped_when_the_dossier_is_handed_over():
    reading = read("arrived 03-02, requested 03-16, transferred 03-20")
    assert (reading.stopped, reading.limit) == (day("03-16"), None)


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
    assert (reading.started, reading.limit, reading.stopped, reading.total) == (None, None, day("03-24"), 0)
    assert reading.steps == (Waiting(day("03-24")),) and reading.used(day("04-30")) == 0


def test_what_is_decided_uses_no_more_days():
    reading = read("arrived 03-02, ended 03-22, ended 04-10")
    assert (reading.ended, reading.limit) == (day("03-22"), day("05-04"))
    assert [reading.used(day(on)) for on in ("03-12", "03-22", "04-30")] == [10, 20, 20]


def test_documents_that_come_after_all_revive_a_lapsed_dossier():
    reading = read("arrived 03-02, requested 03-16, ended 04-01, supplied 04-05")
    assert (reading.ended, reading.limit) == (None, day("05-21"))
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
    assert (kept.rule.length, kept.limit) == (60, day("08-06"))


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


# Properties

DAYS = st.dates(dt.date(2019, 1, 1), dt.date(2040, 12, 31))
LENGTHS = st.integers(1, 400)


@st.composite
def cases(draw) -> tuple[dt.date, int, list[tuple[dt.date, dt.date]]]:
    """A start, a length, and suspensions that overlap, touch, come too early or too late."""
    start, length = draw(DAYS), draw(LENGTHS)
    spans = draw(st.lists(st.tuples(st.integers(-10, 500), st.integers(0, 60)), max_size=5))
    return start, length, [(start + since * DAY, start + (since + days) * DAY) for since, days in spans]


def by_hand(start: dt.date, length: int, pauses: list[tuple[dt.date, dt.date]]) -> dt.date:
    """The last day of the period, found by crossing out one day after the other."""
    on, used = start, 0
    while used < length or any(since <= on < until for since, until in pauses):
        on += DAY
        used += not any(since < on <= until for since, until in pauses)
    return on


def limits(start: dt.date, length: int, pauses: list[tuple[dt.date, dt.date]]) -> tuple[dt.date, dt.date]:
    reading = clock.read([rule(length)], asked(start, *pauses))
    return reading.end, reading.limit


@given(cases())
def test_period_is_what_crossing_out_days_gives(case):
    end, limit = limits(*case)
    assert end == by_hand(*case)
    assert is_working_day(limit) and 0 <= (limit - end).days <= 4


@given(cases(), st.integers(0, 30), st.integers(0, 30))
def test_longer_period_or_later_documents_never_bring_the_limit_forward(case, more, later):
    start, length, pauses = case
    assert limits(start, length + more, pauses) >= limits(start, length, pauses)
    for index, (since, until) in enumerate(pauses):
        longer = [*pauses[:index], (since, until + later * DAY), *pauses[index + 1 :]]
        assert limits(start, length, longer) >= limits(start, length, pauses)


@given(cases(), st.randoms(), st.integers(0, 60))
def test_order_and_division_of_suspensions_do_not_matter(case, random, cut):
    start, length, pauses = case
    expected = limits(*case)
    shuffled = random.sample(pauses, len(pauses))
    assert limits(start, length, shuffled) == expected
    divided = []
    for since, until in pauses:
        middle = min(since + cut * DAY, until)
        divided += [(since, middle), (middle, until)]
    assert limits(start, length, divided) == expected


@given(DAYS, st.integers(1, 30), st.sampled_from(["weeks", "months"]), st.integers(0, 12))
def test_weeks_and_months_end_on_the_same_day_of_week_or_month(start, length, unit, more):
    end = clock.add(start, length, unit)
    if unit == "weeks":
        assert end.weekday() == start.weekday() and (end - start).days == 7 * length
    else:
        last = (end + DAY).month != end.month
        assert end.day == start.day or (last and end.day < start.day)
        assert (end.year - start.year) * 12 + end.month - start.month == length
    assert clock.add(start, length + more, unit) >= end


@given(cases(), st.integers(0, 900))
def test_used_days_are_those_crossed_out(case, later):
    start, length, pauses = case
    on = start + later * DAY
    reading = clock.read([rule(length)], asked(start, *pauses))
    until = min(on, reading.end)
    crossed = sum(
        not any(since < start + step * DAY <= end for since, end in pauses)
        for step in range(1, (until - start).days + 1)
    )
    assert reading.used(on) == crossed


# From events to facts


def event(kind: str, at: str = "2026-03-02T10:00+01:00", arrived: str = "", **details) -> Event:
    return Event(
        kind=kind, at=dt.datetime.fromisoformat(at), arrived_on=day(arrived) if arrived else None, details=details
    )


def test_history_is_read_as_facts():
    history = [
        event("announced", "2026-02-20T10:00+01:00"),
        event("posted", "2026-02-21T10:00+01:00", on="2026-02-21"),
        event("received", "2026-03-04T10:00+01:00", "03-02"),
        event("incomplete", "2026-03-16T10:00+01:00", until="2026-04-16", missing=["passport"]),
        event("supplied", "2026-04-06T10:00+02:00", "04-05"),
        event("examination", "2026-04-07T10:00+02:00"),
        event("transferred", "2026-04-08T10:00+02:00"),
        event("decided", "2026-05-01T10:00+02:00"),
        event("closed", "2026-05-03T10:00+02:00"),
    ]
    assert facts(history) == [
        Fact("arrived", day("03-02")),
        Fact("requested", day("03-16")),
        Fact("supplied", day("04-05")),
        Fact("complete", day("04-07")),
        Fact("transferred", day("04-08")),
        Fact("ended", day("05-01")),
        Fact("ended", day("05-03")),
    ]


def test_second_arrival_brings_the_documents():
    told = facts([event("received", arrived="03-02"), event("incomplete"), event("received", arrived="03-09")])
    assert [fact.kind for fact in told] == ["arrived", "requested", "supplied"]


def test_corrected_arrival_recomputes_everything():
    history = [
        event("received", "2026-03-04T10:00+01:00", "03-04"),
        event("incomplete", "2026-03-16T10:00+01:00"),
        event("supplied", "2026-04-05T10:00+02:00", "04-05"),
        event("corrected", "2026-04-06T10:00+02:00", "03-02"),
        event("corrected", "2026-04-07T10:00+02:00", "03-03"),
    ]
    assert clock.read([rule()], facts(history[:3])).limit == day("05-26")  # the 23rd is a Saturday, then Whit Monday
    assert clock.read([rule()], facts(history[:4])).limit == day("05-21")
    assert clock.read([rule()], facts(history)).limit == day("05-22")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_where_the_server_stands_does_not_matter(monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        instants = ["2026-03-15T23:00+00:00", "2026-03-16T22:59:59+00:00", "2026-03-16T12:00-07:00"]
        assert [facts([event("incomplete", at)])[0].on for at in instants] == [day("03-16")] * 3
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.times(), st.times())
def test_time_of_day_does_not_matter(asked_at, decided_at):
    def local(date: str, at: dt.time) -> str:
        return dt.datetime.combine(day(date), at, LUXEMBOURG).astimezone(dt.UTC).isoformat()

    told = facts([event("incomplete", local("03-29", asked_at)), event("decided", local("10-25", decided_at))])
    assert [fact.on for fact in told] == [day("03-29"), day("10-25")]  # both nights in which the hour changes


def test_open_requests_are_open():
    assert pauses_of(story("requested 03-16")) == [(day("03-16"), clock.OPEN)]


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
