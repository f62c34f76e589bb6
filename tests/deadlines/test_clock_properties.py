"""What holds for the legal clock whatever the dates, compared with crossing out one day after the other."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from models.deadlines import clock
from models.deadlines.workdays import DAY, is_working_day
from support.clock import asked, rule

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
    return reading.end, reading.deadline


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
