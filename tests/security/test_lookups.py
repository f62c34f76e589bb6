"""Lookup throttling: a client over its limit is blocked for its window; a flood from elsewhere blocks no one else."""

import datetime as dt

import pytest
import time_machine

from models.security.lookups import MAX_BY_VISITOR, BlockedClients, Limit, count_miss, limits

SECRET = "a secret of at least thirty-two characters"


@pytest.fixture
def guesser(app):
    return limits("192.0.2.7", SECRET)


def test_nobody_is_blocked_at_first(guesser):
    assert BlockedClients().wait(guesser) == 0


def test_a_visitor_is_blocked_with_the_last_guess_that_is_free(app, guesser):
    blocked = BlockedClients()
    for _guess in range(MAX_BY_VISITOR - 1):
        count_miss(guesser, blocked)
    assert blocked.wait(guesser) == 0
    count_miss(guesser, blocked)
    assert 3500 < blocked.wait(guesser) <= 3601
    assert blocked.wait(limits("198.51.100.7", SECRET)) == 0, "nobody else is"


def test_a_block_ends_with_its_window_and_is_forgotten(app, guesser):
    blocked = BlockedClients()
    with time_machine.travel(dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), tick=False) as clock:
        blocked.block(Limit(guesser.visitor.client, dt.timedelta(hours=1), 30))
        assert blocked.wait(guesser) == 3601
        clock.shift(3601)
        assert blocked.wait(guesser) == 0
        blocked.block(limits("198.51.100.7", SECRET).visitor)
        assert len(blocked) == 1


def test_a_limit_of_all_blocks_only_those_who_were_wrong_themselves(app, guesser):
    blocked = BlockedClients()
    blocked.block(guesser.everybody)
    assert blocked.wait(guesser) == 0
    count_miss(guesser, blocked)
    assert 0 < blocked.wait(guesser) <= 61
