"""Deliveries to the hook of an authority's own system: one signed POST each."""

import hashlib
import hmac
import socket
import threading
import time
from contextlib import suppress

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.util import parse_url

from senders import public_addresses
from senders.base import SendError

TIMEOUT = urllib3.Timeout(connect=5, read=10)
MAX_SECONDS = 20.0  # for the whole request: TIMEOUT starts again with every byte of the answer


def send(url: str, secret: str, body: bytes, private: bool = False) -> None:
    """POST `body` to `url`, once and without following redirects. Raises SendError unless it is answered with 2xx.

    Only if `private`, it may lead to an address that is not public.

    The header eTracking-Signature is `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA-256 of `<t>.<body>` with the
    system's secret. A receiver compares it in constant time and refuses what is older than five minutes.
    """
    headers = {"Content-Type": "application/json", "eTracking-Signature": signature(secret, body, int(time.time()))}
    post(url, body, headers, private)


def post(url: str, body: bytes, headers: dict[str, str], private: bool) -> None:
    """POST `body` to `url` as send() does, without a signature in the headers."""
    try:
        with urllib3.connection_from_url(url, timeout=TIMEOUT, retries=False) as pool:
            pool.ConnectionCls = _Connection if private else _PublicConnection
            path = parse_url(url).request_uri
            # The body of the answer is not read: an endless one would hold up all other deliveries.
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
    """Is cut after MAX_SECONDS."""

    watchdog: "_Watchdog | None" = None

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self.watchdog = _Watchdog(connection)
        return connection

    def close(self) -> None:
        if self.watchdog:
            self.watchdog.cancel()
        super().close()


class _PublicConnection(_Connection):
    """Connects to public addresses only (server-side request forgery).

    The name is looked up once, and the connection made to what was found: a name that is pointed elsewhere in between
    (DNS rebinding) changes nothing, and no packet goes to a private address.
    """

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        *others, last = self._looked_up()
        try:
            for self._dns_host in others:
                with suppress(urllib3.exceptions.HTTPError):
                    return super()._new_conn()
            self._dns_host = last
            return super()._new_conn()
        finally:
            self._dns_host = name  # the certificate is checked for it

    def _looked_up(self) -> list[str]:
        """The addresses of the host. Raises SendError if one of them is not public."""
        try:
            found = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise urllib3.exceptions.NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
        addresses = [str(where[0]) for *_kind, where in found]
        if not all(map(public_addresses.is_public, addresses)):
            raise SendError("hook leads into a private network")
        return addresses


class _Watchdog(threading.Timer):
    """Shuts a connection down when its time is over."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(MAX_SECONDS, self.cut)
        self.daemon, self.connection = True, connection.dup()  # TLS takes the socket itself
        self.start()

    def cut(self) -> None:
        with suppress(OSError):  # it has just been closed
            self.connection.shutdown(socket.SHUT_RDWR)

    def cancel(self) -> None:
        super().cancel()
        self.connection.close()
