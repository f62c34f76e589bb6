"""News for an authority's own system: one signed POST."""

import hashlib
import hmac
import time

import urllib3

from .base import SendError

TIMEOUT = urllib3.Timeout(connect=5, read=10)


def send(url: str, secret: str, body: bytes) -> None:
    """POST `body` to `url`, once and without following redirects. Raises SendError unless it is answered with 2xx.

    The header eTracking-Signature is `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA-256 of `<t>.<body>` with the
    system's secret. A receiver compares it in constant time and refuses what is older than five minutes.
    """
    headers = {"Content-Type": "application/json", "eTracking-Signature": signature(secret, body, int(time.time()))}
    try:
        with urllib3.PoolManager(timeout=TIMEOUT, retries=False) as pool:
            # What it says besides its status is not read: an endless answer would keep all other messages waiting.
            answer = pool.request("POST", url, body=body, headers=headers, redirect=False, preload_content=False)
            answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise SendError(f"hook not reached: {type(error).__name__}") from error
    if not 200 <= answer.status < 300:
        raise SendError(f"hook answered with HTTP {answer.status}")


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of the header eTracking-Signature."""
    return f"t={at},v1={hmac.new(secret.encode(), b'%d.%s' % (at, body), hashlib.sha256).hexdigest()}"
