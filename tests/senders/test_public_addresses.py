"""Hooks lead to public addresses: each block of the registries of IANA, however an address is written or resolved."""

import ipaddress
import socket

import pytest

from senders import webhook
from senders.base import SendError
from senders.public_addresses import is_public

# The special-purpose registries (RFC 6890 and its updates), multicast, and blocks that nobody has been given.
IPV4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.0.0/29", "192.0.0.8/32", "192.0.0.170/31", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
    *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"),
)
IPV6 = (
    *("::/128", "::1/128", "::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32"),
    *("2001:1::1/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48", "2001:10::/28", "2001:20::/28", "2001:30::/28"),
    *("2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "4000::/3", "5f00::/16", "a000::/3", "fc00::/7"),
    *("fe80::/10", "fec0::/10", "ff00::/8", "::ffff:0:0:0/96"),
)
PUBLIC = ("1.1.1.1", "158.64.1.1", "223.255.255.255", "2001:41d0::1", "2606:4700::1111", "2a02:678::1")


def ends(block: str) -> tuple[str, str]:
    network = ipaddress.ip_network(block)
    return str(network[0]), str(network[-1])


def test_no_block_of_the_registries_is_public():
    assert [at for block in IPV4 + IPV6 for at in ends(block) if is_public(at)] == []
    assert not is_public("fe80::1%eth0")


def test_addresses_on_both_sides_of_each_block_are_judged_by_themselves():
    assert all(map(is_public, PUBLIC))
    beside = {
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "198.20.0.0",
    }
    assert all(map(is_public, beside | {"2001:200::1", "2003::1", "3ffe:ffff::1"}))


@pytest.mark.parametrize("wrapping", ["::ffff:{}", "64:ff9b::{}"])
def test_ipv4_address_inside_another_is_judged_by_what_it_is(wrapping):
    inside = [at for block in IPV4 for at in ends(block)]
    assert [at for at in inside if is_public(wrapping.format(at))] == []
    assert is_public(wrapping.format("158.64.1.1"))


def test_tunnels_lead_nowhere_whatever_is_inside():
    embedded = int(ipaddress.IPv4Address("158.64.1.1"))
    six_to_four = ipaddress.IPv6Address((0x2002 << 112) | (embedded << 80))
    teredo = ipaddress.IPv6Address((0x20010000 << 96) | (embedded << 64) | (embedded ^ 0xFFFFFFFF))
    assert not any(is_public(str(at)) for at in (six_to_four, teredo, ipaddress.IPv6Address(embedded)))


@pytest.fixture
def resolver(monkeypatch):
    """What a name is resolved to, the next time first; and what has been connected to."""
    answers, connected = [], []

    def getaddrinfo(host, port, *_more, **_kinds):
        found = answers.pop(0) if not host.replace(".", "").isdecimal() else [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (at, port)) for at in found]

    def connect(self, address):
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return answers, connected


def test_name_is_looked_up_once_and_connected_to_what_was_found(resolver):
    answers, connected = resolver
    answers += [["158.64.1.1", "158.64.1.2"], ["127.0.0.1"]]  # pointed elsewhere after the first look
    with pytest.raises(SendError, match="not reached"):
        webhook.send("https://hook.example.lu/news", "secret", b"{}")
    assert connected == ["158.64.1.1", "158.64.1.2"] and len(answers) == 1


@pytest.mark.parametrize("found", [["10.0.0.1"], ["158.64.1.1", "10.0.0.1"], ["127.0.0.1"]])
def test_no_packet_goes_to_a_name_with_a_private_address(resolver, found):
    answers, connected = resolver
    answers.append(found)
    with pytest.raises(SendError, match="private network"):
        webhook.send("https://hook.example.lu/news", "secret", b"{}")
    assert connected == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"]
)
def test_address_in_any_spelling_is_known(host):
    with pytest.raises(SendError, match="private network"):
        webhook.send(f"https://{host}/news", "secret", b"{}")
