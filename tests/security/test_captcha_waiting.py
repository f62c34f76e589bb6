"""Without a proof of work few pass, and those who come after them wait. The door is never shut."""

import datetime as dt

import pytest
import time_machine

from models.security import captcha_waiting
from models.security.captcha_waiting import NoPlaceError
from models.security.throttle import Counter, networks
from support.registration import CONTACT, START, digits
from support.visitor import Visitor, values

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def clock():
    with time_machine.travel(dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC), tick=False) as clock:
        yield clock


def waits(key, ip):
    """Seconds that the solution `key` from `ip` has to wait; None if there is no place for it."""
    try:
        return captcha_waiting.wait(str(key), networks(ip)).total_seconds()
    except NoPlaceError:
        return None


def test_a_whole_provider_meets_its_bound_and_nobody_else_notices(either, clock):
    given = [waits(site, f"2001:db8:{site:x}::1") for site in range(120)]
    assert given[:30] == [0] * 30 and given[30:33] == [10, 20, 30]
    assert given[89] == 600 and given[90:] == [None] * 30
    assert waits("neighbour", "2001:db8:ffff::1") is None
    assert waits("elsewhere", "2001:db9::1") == 0
    clock.shift(HOUR + dt.timedelta(minutes=3))
    assert waits("neighbour", "2001:db8:ffff::1") == 0


@pytest.mark.parametrize(("ip", "free", "all_"), [("192.0.2.7", 3, 23), ("2001:db8::{:x}", 3, 23)])
def test_one_visitor_meets_a_bound(app, clock, ip, free, all_):
    given = [waits(number, ip.format(number)) for number in range(30)]
    assert given.count(0) == free and given.index(None) == all_


def test_one_site_with_many_networks_meets_a_bound(app, clock):
    given = [waits(number, f"2001:db8:0:{number:x}::1") for number in range(60)]
    assert given.count(0) == 10 and given.index(None) == 40


def test_all_together_meet_a_bound_and_a_quiet_provider_still_finds_a_place(app, clock, monkeypatch):
    monkeypatch.setattr(captcha_waiting, "MIN_BUDGET", 10)
    monkeypatch.setattr(captcha_waiting, "MAX_PASSES", 40)
    monkeypatch.setattr(captcha_waiting, "RESERVED", 5)
    given = [waits(number, f"192.{number % 20}.{number}.1") for number in range(60)]
    assert given[:9] == [0] * 9 and given[9] == 30 and given[39] == 120 and given[40:] == [None] * 20
    assert [waits(f"quiet {number}", f"203.{number}.0.1") for number in range(6)] == [120] * 5 + [None]


def test_a_place_is_counted_once_and_its_wait_goes_by(app, clock):
    for number in range(3):
        waits(number, "192.0.2.1")
    assert waits("mine", "192.0.2.1") == 30
    clock.shift(dt.timedelta(seconds=10))
    assert waits("mine", "192.0.2.1") == 20
    clock.shift(dt.timedelta(seconds=20))
    assert waits("mine", "192.0.2.1") == 0


def test_the_budget_follows_the_use_of_a_week_and_has_an_end(app, clock):
    assert captcha_waiting.budget() == 120
    for uses, budget in ((60, 180), (10_000, 600)):
        for back in range(1, 8):
            Counter.update(count=uses * 24).execute()
            clock.move_to(dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC) - dt.timedelta(days=back))
            Counter.hit("captcha place everybody", captcha_waiting.DAY, keep=9 * captcha_waiting.DAY)
            clock.move_to(dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC))
        Counter.update(count=uses * 24).execute()
        assert captcha_waiting.budget() == budget


# By the pages


def crowd(visitor, number=30):
    """So many have passed without a proof from the address of `visitor`."""
    for site in range(number):
        waits(site, visitor.address)


def test_who_has_to_wait_is_told_for_how_long_and_goes_on_with_what_was_solved(app, visitor, clock):
    crowd(visitor, 3)
    page = visitor.get(START)
    told = visitor.submit(page, START, 429, captcha_code=digits(page))
    assert "Please wait until 11:00:30" in told.text and told.soup.title.text.startswith("Please wait:")
    assert told.soup.select_one("[role=status]") and not told.errors and not told.soup.select("[name=captcha_code]")
    clock.shift(dt.timedelta(seconds=10))
    early = visitor.submit(told, START, 429)
    assert "11:00:30" in early.text
    clock.shift(dt.timedelta(seconds=20))
    assert visitor.submit(early, START).url == CONTACT


def test_without_a_place_the_solution_is_kept_until_there_is_one(visitor, clock):
    crowd(visitor)
    page = visitor.get(START)
    told = visitor.submit(page, START, 429, captcha_code=digits(page))
    assert "very many ask just now" in told.text
    clock.shift(dt.timedelta(minutes=40))
    told = visitor.submit(told, START, 429)
    clock.shift(dt.timedelta(minutes=30))
    assert visitor.submit(told, START).url == CONTACT


def test_a_ticket_counts_once_and_for_its_own_form(app, visitor, clock):
    crowd(visitor, 3)
    page = visitor.get(START)
    told = visitor.submit(page, START, 429, captcha_code=digits(page))
    clock.shift(dt.timedelta(minutes=1))
    data = values(told.form(START))
    stranger = Visitor(app)
    other = "/track/rental-guarantee/application"
    assert "not accepted" in stranger.post(other, 422, data=data).errors["captcha"]
    assert visitor.post(START, data=data).url == CONTACT
    assert "already been used" in stranger.post(START, 422, data=data).errors["captcha"]
    clock.shift(HOUR)
    assert "has expired" in stranger.post(START, 422, data=data).errors["captcha"]


def test_a_look_up_that_costs_a_captcha_waits_the_same_way(visitor, dossier, clock):
    crowd(visitor, 3)
    path = f"/t/{dossier.number}"
    page = visitor.post(path, 422)
    told = visitor.submit(page, path, 429, captcha_code=digits(page))
    assert "Please wait until 11:00:30" in told.text and not told.soup.title.text.startswith("Error:")
    clock.shift(dt.timedelta(seconds=30))
    assert visitor.submit(told, path).url == path
