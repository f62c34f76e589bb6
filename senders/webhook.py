"""News for an authority's own system: one signed POST."""

import hashlib
import hmac
import ipaddress
import socket
import threading
import time
from contextlib import suppress

import urllib3
from flask import current_app
from urllib3.connection import HTTPSConnection
from urllib3.util import parse_url

from senders.base import SendError

TIMEOUT = urllib3.Timeout(connect=5, read=10)
LONGEST = 20.0  # seconds for all of it: TIMEOUT begins anew with every byte of the answer


def send(url: str, secret: str, body: bytes) -> None:
    """POST `body` to `url`, once and without following redirects. Raises SendError unless it is answered with 2xx.

    The header eTracking-Signature is `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA-256 of `<t>.<body>` with the
    system's secret. A receiver compares it in constant time and refuses what is older than five minutes.
    """
    headers = {"Content-Type": "application/json", "eTracking-Signature": signature(secret, body, int(time.time()))}
    try:
        with urllib3.connection_from_url(url, timeout=TIMEOUT, retries=False) as pool:
            pool.ConnectionCls = _Connection
            path = parse_url(url).request_uri
            # What it says besides its status is not read: an endless answer would keep all other messages waiting.
            answer = pool.urlopen("POST", path, body, headers, redirect=False, preload_content=False)
            answer.close()
    except urllib3.exceptions.HTTPError as error:
        raise SendError(f"hook not reached: {type(error).__name__}") from error
    if not 200 <= answer.status < 300:
        raise SendError(f"hook answered with HTTP {answer.status}")


def signature(secret: str, body: bytes, at: int) -> str:
    """The value of the header eTracking-Signature."""
    return f"t={at},v1={hmac.new(secret.encode(), b'%d.%s' % (at, body), hashlib.sha256).hexdigest()}"


class _Connection(HTTPSConnection):
    """Ends when its time is over, and leads where a name may lead: into networks of ours only if the settings say so.

    The address is looked at when the line stands: a name may mean another one a moment after somebody has checked it.
    """

    watch: "_Watch | None" = None

    def _new_conn(self) -> socket.socket:
        line = super()._new_conn()
        if not (current_app.config["HOOK_PRIVATE"] or _is_public(line.getpeername()[0])):
            line.close()
            raise SendError("hook leads into a private network")
        self.watch = _Watch(line)
        return line

    def close(self) -> None:
        if self.watch:
            self.watch.cancel()
        super().close()


class _Watch(threading.Timer):
    """Cuts a line when its time is over."""

    def __init__(self, line: socket.socket) -> None:
        super().__init__(LONGEST, self.cut)
        self.daemon, self.line = True, line.dup()  # TLS takes the line itself
        self.start()

    def cut(self) -> None:
        with suppress(OSError):  # it has just been closed
            self.line.shutdown(socket.SHUT_RDWR)

    def cancel(self) -> None:
        super().cancel()
        self.line.close()


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return (getattr(ip, "ipv4_mapped", None) or ip).is_global
