"""A real mail server on this machine, with STARTTLS and a password, that answers as a test says; and certificates."""

import asyncio
import datetime as dt
import email
import email.policy
import ipaddress
import ssl
import threading
from pathlib import Path
from queue import Queue

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

USER, PASSWORD = "etracking", "a password"


class MailServer(Controller):
    """Keeps every mail it was handed in `mails`.

    `answers` maps a command (EHLO, MAIL, RCPT, DATA) to what is said instead of yes: to DATA, after the whole mail. "drop"
    breaks the line before the answer, and "hold" sets `holding` and never answers.
    """

    def __init__(self, certificate: Path) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.arrivals: Queue[email.message.EmailMessage] = Queue()  # the same, to wait for
        self.raw: list[bytes] = []
        self.senders: list[str] = []
        self.answers: dict[str, str] = {}
        self.refuse_mailboxes, self.refusal = "", "550 5.1.1 unknown"  # those whose names begin like this
        self.holding = threading.Event()
        self.during_data = lambda: None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        super().__init__(
            self,
            hostname="127.0.0.1",
            port=0,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=self.authenticate,
        )

    @property
    def settings(self) -> dict[str, object]:
        """The app's settings to send through this server."""
        return {
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": self.port,
            "MAIL_USERNAME": USER,
            "MAIL_PASSWORD": PASSWORD,
        }

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # the free port that 0 asked for
        super()._trigger_server()

    def authenticate(self, _server, _session, _envelope, _mechanism, data) -> AuthResult:
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    async def handle_EHLO(self, server: SMTP, session, _envelope, name, responses) -> list[str]:
        session.host_name = name
        await self._answer(server, "EHLO")
        return responses

    async def handle_MAIL(self, server: SMTP, _session, envelope, address, _options) -> str:
        envelope.mail_from = address
        return await self._answer(server, "MAIL")

    async def handle_RCPT(self, server: SMTP, _session, envelope, address, _options) -> str:
        if self.refuse_mailboxes and address.startswith(self.refuse_mailboxes):
            return self.refusal
        envelope.rcpt_tos.append(address)
        return (await self._answer(server, "RCPT")).replace("<>", f"<{address}>")

    async def handle_DATA(self, server: SMTP, _session, envelope) -> str:
        self.during_data()
        self.raw.append(envelope.content)
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        self.arrivals.put(self.mails[-1])
        self.senders.append(envelope.mail_from)
        return await self._answer(server, "DATA")

    async def _answer(self, server: SMTP, command: str) -> str:
        answer = self.answers.get(command, "250 OK")
        if answer == "drop":
            server.transport.abort()
        if answer == "hold":
            self.holding.set()
            await asyncio.Event().wait()
        return answer


def make_certificate(folder: Path, host: str = "localhost") -> Path:
    """A file with a key and a certificate for 127.0.0.1 and `host` that nobody vouches for but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName(host)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2000, 1, 1, tzinfo=dt.UTC))  # whatever --clock says
        .not_valid_after(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName(names), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file
