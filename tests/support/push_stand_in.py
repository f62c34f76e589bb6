"""A stand-in for a browser's push service, and for the browser: it reads what only the device can decrypt."""

import base64
import json
import threading
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.tls_server import TLSServer

PRIVATE_KEY = "bcdkk3VklDY7SNvyJTNxPqN5j8Fk5H_m9ZeVFPPqwu8"


class Device:
    """A browser that was asked to subscribe at `service`."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint, self.key, self.auth = endpoint, ec.generate_private_key(ec.SECP256R1()), b"sixteen bytes  !"

    @cached_property
    def gives(self) -> dict[str, str]:
        """The fields that its script sends."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": text(point), "auth": text(self.auth)}

    def read(self, body: bytes) -> dict[str, str]:
        """What it would show."""
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


class PushService(TLSServer):
    """Keeps every request in `posts` (path, headers, body).

    `answer` is a status, "drop" (the line breaks before the answer), "hold" (`holding` is set, and the answer never
    comes) or "elsewhere" (a redirection back to itself).
    """

    def __init__(self, certificate: Path) -> None:
        super().__init__(certificate, _Handler)
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: str | int = 201
        self.holding = threading.Event()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    @property
    def settings(self) -> dict[str, object]:
        """The app's settings to send through this stand-in (with REQUESTS_CA_BUNDLE set to its certificate)."""
        key = ec.derive_private_key(int.from_bytes(base64.urlsafe_b64decode(PRIVATE_KEY + "=")), ec.SECP256R1())
        public = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"PUSH_PUBLIC_KEY": text(public), "PUSH_PRIVATE_KEY": PRIVATE_KEY, "PUSH_HOSTS": [self.place]}

    def device(self, name: str = "one") -> Device:
        """A browser that subscribed here."""
        return Device(f"https://{self.place}/push/{name}")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PushService

    def log_message(self, *_args: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path, dict(self.headers), body))
        answer = self.server.answer
        if answer == "drop":
            self.close_connection = True
        elif answer == "hold":
            self.server.holding.set()
            self.rfile.read(1)  # until the client goes away
        else:
            self.send_response(307 if answer == "elsewhere" else int(answer))
            self.send_header("Location", f"https://{self.server.place}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
