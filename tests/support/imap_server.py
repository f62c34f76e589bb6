"""A mailbox on this machine that speaks just enough IMAP over TLS for what comes back to be read."""

import re
import socketserver
import ssl
import threading
from pathlib import Path

USER, PASSWORD = "bounces", "a password"


class Mailbox(socketserver.ThreadingTCPServer):
    """Holds `mails`; those marked as deleted go with EXPUNGE."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, certificate: Path, *mails: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails = dict(enumerate(mails, start=11))
        self.deleted: set[int] = set()
        self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.tls.load_cert_chain(certificate)

    @property
    def settings(self) -> dict[str, object]:
        """The app's settings to read this mailbox."""
        return {
            "MAIL_BOUNCE_SERVER": "127.0.0.1",
            "MAIL_BOUNCE_PORT": self.server_address[1],
            "MAIL_BOUNCE_USERNAME": USER,
            "MAIL_BOUNCE_PASSWORD": PASSWORD,
        }

    def __enter__(self) -> "Mailbox":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error) -> None:
        self.shutdown()
        self.server_close()

    def get_request(self):
        connection, address = super().get_request()
        return self.tls.wrap_socket(connection, server_side=True), address

    def handle_error(self, _request, _address) -> None:
        """A client that does not trust us hangs up."""


class _Session(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.say(b"* OK ready")
        while line := self.rfile.readline():
            tag, command, *rest = line.decode().split(maxsplit=2)
            command, text = command.upper(), rest[0].strip() if rest else ""
            answer = self.obey(command, text)
            self.say(f"{tag} {answer}".encode())
            if command == "LOGOUT":
                return

    def obey(self, command: str, text: str) -> str:
        if command == "CAPABILITY":
            self.say(b"* CAPABILITY IMAP4rev1")
        if command == "LOGIN" and PASSWORD not in text:
            return "NO wrong"
        if command == "SELECT":
            self.say(b"* %d EXISTS" % len(self.server.mails))
        if command == "UID":
            self.by_uid(*text.split(maxsplit=1))
        if command == "EXPUNGE":
            for uid in self.server.deleted:
                del self.server.mails[uid]
            self.server.deleted.clear()
        if command == "LOGOUT":
            self.say(b"* BYE")
        return "OK done"

    def by_uid(self, command: str, text: str) -> None:
        uid = int(found[0]) if (found := re.match(r"\d+", text)) else 0
        if command == "SEARCH":
            self.say(b"* SEARCH " + b" ".join(b"%d" % each for each in self.server.mails))
        if command == "FETCH":
            mail = self.server.mails[uid]
            self.say(b"* 1 FETCH (UID %d BODY[] {%d}\r\n%b)" % (uid, len(mail), mail))
        if command == "STORE" and "\\Deleted" in text:
            self.server.deleted.add(uid)

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
