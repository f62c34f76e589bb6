"""Which push services we send requests to: a browser may claim any endpoint."""

import re
from collections.abc import Sequence

# No user, no fragment, no backslash, nothing percent-encoded in the host: no two programs may read it differently.
ENDPOINT = re.compile(r"https://([a-z0-9.-]{4,100}(?::\d{1,5})?)/[\w.~%:/?=&+-]{1,700}", re.ASCII)


def permitted(endpoint: str, hosts: Sequence[str]) -> bool:
    """True if `endpoint` is at one of `hosts`; `*.` stands for any subdomain."""
    found = ENDPOINT.fullmatch(endpoint)
    return found is not None and any(_at(found[1], host) for host in hosts)


def _at(place: str, host: str) -> bool:
    return place.endswith(host[1:]) if host.startswith("*.") else place == host
