"""A mailbox on this machine that speaks enough IMAP over TLS for what comes back to be read and moved."""

import re
import socketserver
import ssl
import threading
from pathlib import Path

USER, PASSWORD = "bounces", "a password"


class Mailbox(socketserver.ThreadingTCPServer):
    """Holds `mails` in its INBOX, beside `folders`; those marked as deleted go with EXPUNGE.

    It can do what `able` says. `refuses` are commands about one mail that it refuses ("FETCH 12"), `breaks_off` is
    one at which it hangs up.
    """

    allow_reuse_address = daemon_threads = True

    def __init__(
        self, certificate: Path, *mails: bytes, able: str = "MOVE UIDPLUS NAMESPACE", prefix: str = ""
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails = dict(enumerate(mails, start=11))
        self.able, self.prefix = able, prefix
        self.folders: dict[str, list[bytes]] = {}
        self.deleted: set[int] = set()
        self.refuses: set[str] = set()
        self.breaks_off = ""
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

    @property
    def kept(self) -> list[bytes]:
        """The mails in the folder for a person."""
        return self.folders.get(f"{self.prefix}eTracking-kept", [])

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
        self.able = ""  # more of it is told after the login, as Dovecot does
        self.say(b"* OK ready")
        while line := self.rfile.readline():
            tag, command, *rest = line.decode().split(maxsplit=2)
            command, text = command.upper(), rest[0].strip() if rest else ""
            answer = self.obey(command, text)
            if answer is None:
                return
            self.say(f"{tag} {answer}".encode())
            if command == "LOGOUT":
                return

    def obey(self, command: str, text: str) -> str | None:
        if command == "UID":
            return self.by_uid(*text.split(maxsplit=1))
        return getattr(self, f"do_{command.lower()}", lambda _text: "OK done")(text) or "OK done"

    def do_capability(self, _text: str) -> None:
        self.say(f"* CAPABILITY IMAP4rev1 {self.able}".encode())

    def do_login(self, text: str) -> str | None:
        if PASSWORD not in text:
            return "NO wrong"
        self.able = self.server.able
        return None

    def do_namespace(self, _text: str) -> None:
        self.say(f'* NAMESPACE (("{self.server.prefix}" ".")) NIL NIL'.encode())

    def do_create(self, text: str) -> str | None:
        name = text.strip('"')
        if name in self.server.folders or not name.startswith(self.server.prefix):
            return "NO it is there, or in a wrong namespace"
        self.server.folders[name] = []
        return None

    def do_select(self, _text: str) -> None:
        self.say(b"* %d EXISTS" % len(self.server.mails))

    def do_expunge(self, _text: str) -> None:
        self.expunge(set(self.server.deleted))

    def do_logout(self, _text: str) -> None:
        self.say(b"* BYE")

    def by_uid(self, command: str, text: str) -> str | None:
        box, uid = self.server, int(found[0]) if (found := re.match(r"\d+", text)) else 0
        if f"{command} {uid}" == box.breaks_off:
            return None
        if f"{command} {uid}" in box.refuses:
            return "NO not now"
        if command == "SEARCH":
            self.say(b"* SEARCH " + b" ".join(b"%d" % each for each in box.mails))
        if command == "FETCH" and uid in box.mails:
            mail = box.mails[uid][: int(re.search(r"<0\.(\d+)>", text)[1])]
            self.say(b"* 1 FETCH (UID %d BODY[]<0> {%d}\r\n%b)" % (uid, len(mail), mail))
        if command == "STORE" and "\\Deleted" in text:
            box.deleted.add(uid)
        if command in ("COPY", "MOVE"):
            folder = text.split(maxsplit=1)[1].strip('"')
            if command not in f"COPY {self.able}" or folder not in box.folders:
                return "NO [TRYCREATE]"
            box.folders[folder].append(box.mails[uid])
            if command == "MOVE":
                del box.mails[uid]
        if command == "EXPUNGE":
            self.expunge(set(map(int, text.split(","))))
        return "OK done"

    def expunge(self, uids: set[int]) -> None:
        for uid in uids & self.server.deleted:
            del self.server.mails[uid]
        self.server.deleted -= uids

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
