"""What the stand-ins for services on the internet have in common: HTTPS on this machine, in a thread of its own."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class TLSServer(ThreadingHTTPServer):
    """Serves while it is entered. Its clients trust `certificate` by REQUESTS_CA_BUNDLE."""

    daemon_threads = True

    def __init__(self, certificate: Path, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.certificate = certificate
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def __enter__(self) -> "TLSServer":
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()

    def handle_error(self, *_request: object) -> None:
        """A client that went away is what some tests are about."""
