"""The names of a visitor's networks in rate limits."""

import datetime as dt

import pytest
import time_machine

from models.security import keys
from models.security.throttle import networks


@pytest.fixture(autouse=True)
def one_moment():
    keys.initialize("a secret of at least thirty-two characters")
    with time_machine.travel(dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC), tick=False):
        yield


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("192.0.2.1", "192.0.2.1", {"visitor", "network", "provider"}),
        ("192.0.2.1", "192.0.2.200", {"network", "provider"}),
        ("192.0.2.1", "192.0.3.1", {"provider"}),
        ("192.0.2.1", "192.1.2.1", set()),
        ("2001:db8:0:1::1", "2001:db8:0:1:ffff::9", {"visitor", "network", "provider"}),
        ("2001:db8:0:1::1", "2001:db8:0:ffff::1", {"network", "provider"}),
        ("2001:db8:1::1", "2001:db8:ffff::1", {"provider"}),
        ("2001:db8::1", "2001:db9::1", set()),
        ("192.0.2.1", "::ffff:192.0.2.1", {"visitor", "network", "provider"}),
        ("192.0.2.1", "64:ff9b::192.0.2.1", {"visitor", "network", "provider"}),
        ("64:ff9b::192.0.2.1", "64:ff9b::198.51.100.1", set()),  # behind NAT64, IPv4 visitors are still told apart
        ("192.0.2.1", "2002:c000:201:7::1", {"visitor", "network", "provider"}),  # 6to4
        (None, "nonsense", {"visitor", "network", "provider"}),
    ],
)
def test_two_visitors_share_the_networks_that_hold_both(one, other, shared):
    first, second = networks(one)._asdict(), networks(other)._asdict()
    assert {width for width in first if first[width] == second[width]} == shared
    assert len(set(first.values())) == 3


def test_all_the_sites_of_one_provider_share_one_name():
    names = {networks(f"2001:db8:{site:x}::1") for site in range(0, 65536, 257)}
    assert len({name.network for name in names}) == 256 and len({name.provider for name in names}) == 1


def test_a_name_changes_at_midnight_and_with_the_key():
    before = networks("192.0.2.1")
    with time_machine.travel(dt.datetime(2026, 3, 3, 0, 0, tzinfo=dt.UTC), tick=False):
        assert not set(before) & set(networks("192.0.2.1"))
    keys.initialize("another secret of thirty-two characters")
    assert not set(before) & set(networks("192.0.2.1"))
