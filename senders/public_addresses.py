"""Which IP addresses are public: global unicast, and not in the special-purpose registries of IANA."""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

# Registry "IPv4 Special-Purpose Address Space", with multicast and what is kept for later. A block that the registry
# calls reachable but where no hook can live (protocol assignments, the anycast of old tunnels) is private too.
PRIVATE_IPV4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA has given out; the rest is local, multicast or not in use
# Registry "IPv6 Special-Purpose Address Space", inside GLOBAL_UNICAST: protocol assignments with Teredo and ORCHID,
# documentation, 6to4 (a tunnel to an IPv4 address inside it), AS112.
PRIVATE_IPV6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address as networks without IPv4 see it
MAPPED = IPv6Network("::ffff:0:0/96")


def is_public(address: str) -> bool:
    """True if `address` leads to a host of the public Internet. An IPv4 address inside an IPv6 one is looked at."""
    ip = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    if isinstance(ip, IPv4Address):
        return not any(ip in block for block in PRIVATE_IPV4)
    return ip in GLOBAL_UNICAST and not any(ip in block for block in PRIVATE_IPV6)


def _unwrapped(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv6Address) and (ip in NAT64 or ip in MAPPED):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
