"""Where a request came from, as a log may say it: a hash instead of an IP, the name of a route instead of its URL."""

from collections.abc import Callable

from flask import has_request_context, request

LENGTH = 12  # characters of the hash: enough to tell the visitors of a day apart


def current(hashed: Callable[[str | None], str]) -> tuple[str, str]:
    """Visitor and endpoint of this request; empty texts outside of one. `hashed` hashes an IP."""
    if not has_request_context():
        return "", ""
    return hashed(request.remote_addr)[:LENGTH], request.endpoint or ""
