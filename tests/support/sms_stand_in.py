"""A stand-in for Vonage's Messages API on this machine: HTTPS, answers as told, keeps what it was asked."""

import json
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Queue

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from support.tls_server import TLSServer
from web import sending_checks

sending_checks.load_pem_private_key = cache(load_pem_private_key)  # it takes 40 ms, for each app of a test
APPLICATION = "2f2ff4f4-5d0c-4d7a-9c0e-7d3c2f6f0f11"
ACCEPTED = json.dumps({"message_uuid": "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"})
REFUSED = json.dumps({"type": "t", "title": "Refused", "detail": "about +352621123456", "instance": "i"})


class SmsProvider(TLSServer):
    """Keeps every request in `posts` (path, headers, body).

    `answer` is "ok", a status to refuse with, a pair of status and body, "empty", "bad" (no JSON), "drop" (the line
    breaks before the answer), "hold" (`holding` is set, and the answer never comes) or "endless" (it begins).
    """

    def __init__(self, certificate: Path) -> None:
        super().__init__(certificate, _Handler)
        self.posts: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.arrivals: Queue[dict[str, str]] = Queue()  # their bodies, to wait for
        self.answer: str | int | tuple[int, dict] = "ok"
        self.holding = threading.Event()

    @property
    def settings(self) -> dict[str, object]:
        """The app's settings to send through this stand-in (with REQUESTS_CA_BUNDLE set to its certificate)."""
        private, _public = keys()
        return {
            "VONAGE_APPLICATION_ID": APPLICATION,
            "VONAGE_PRIVATE_KEY": private,
            "VONAGE_API_HOST": f"127.0.0.1:{self.server_port}",
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SmsProvider

    def log_message(self, *_args: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, dict(self.headers), json.loads(body)))
        self.server.arrivals.put(json.loads(body))
        answer = self.server.answer
        if answer == "drop":
            self.close_connection = True
        elif answer == "hold":
            self.server.holding.set()
            self.rfile.read(1)  # until the client goes away
        elif answer == "endless":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
            self.rfile.read(1)
        else:
            self._say(answer)

    def _say(self, answer: str | int | tuple[int, dict]) -> None:
        status = answer if isinstance(answer, int) else 202
        body = {"ok": ACCEPTED, "empty": "", "bad": "<html>"}.get(str(answer), REFUSED).encode()
        if isinstance(answer, tuple):
            status, body = answer[0], json.dumps(answer[1]).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@cache
def keys(_name: str = "") -> tuple[str, str]:
    """A private and a public key, PEM; others for another name."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
