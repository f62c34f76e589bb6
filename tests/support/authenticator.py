"""A passkey device made of software: answers like a browser with one, and can be told to answer wrong."""

import base64
import hashlib
import json
import secrets
import struct
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from support.visitor import Page, Visitor

ORIGIN = "http://localhost"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def data(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


class Device:
    """One passkey, made at the site `origin`. `flags`, `origin` and `host` say how it answers."""

    def __init__(self, count: int = 1, origin: str = ORIGIN) -> None:
        self.origin, self.host = origin, str(urlsplit(origin).hostname)
        self.id, self.key, self.count, self.user = (
            secrets.token_bytes(32),
            ec.generate_private_key(ec.SECP256R1()),
            count,
            b"",
        )

    def make(self, options: dict, origin: str = "", host: str = "", flags: int = PRESENT | VERIFIED) -> str:
        """What a browser sends after navigator.credentials.create()."""
        self.user = data(options["user"]["id"])
        point = self.key.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + key
        said = self._said(host, flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": said})
        client = self._client("webauthn.create", options, origin)
        return self._sent(clientDataJSON=client, attestationObject=attestation)

    def show(self, options: dict, origin: str = "", host: str = "", flags: int = PRESENT | VERIFIED) -> str:
        """What a browser sends after navigator.credentials.get()."""
        client, said = self._client("webauthn.get", options, origin), self._said(host, flags)
        signature = self.key.sign(said + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._sent(clientDataJSON=client, authenticatorData=said, signature=signature, userHandle=self.user)

    def _said(self, host: str, flags: int) -> bytes:
        said = hashlib.sha256((host or self.host).encode()).digest() + struct.pack(">BI", flags, self.count)
        self.count += 1
        return said

    def _client(self, kind: str, options: dict, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": origin or self.origin}).encode()

    def _sent(self, **response: bytes) -> str:
        answer = {name: text(value) for name, value in response.items()}
        return json.dumps({"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": answer})


def csrf(page: Page) -> str:
    return page.soup.select_one("[name=csrf_token]")["value"]


def options(browser: Visitor, page: Page, kind: str) -> dict:
    """What the server asks of the device, by the form of `page`."""
    form = page.soup.select_one(f"form[data-passkey={kind}]")
    answer = browser.open(form["data-challenge"], "POST", data={"csrf_token": csrf(page)})
    assert answer.status_code == 200 and answer.mimetype == "application/json", answer.status
    return answer.json


def send(browser: Visitor, page: Page, kind: str, credential: str, status: int = 200, **fields: str) -> Page:
    form = page.soup.select_one(f"form[data-passkey={kind}]")
    return browser.post(form["action"], status, data={"csrf_token": csrf(page), "credential": credential} | fields)


def add_passkey(browser: Visitor, device: Device, address: str = "/desk/account", **fields: str) -> Page:
    page = browser.get(address)
    return send(browser, page, "create", device.make(options(browser, page, "create")), **fields)


def sign_in_with(browser: Visitor, device: Device, status: int = 200, **wrong) -> Page:
    page = browser.get("/sign-in")
    return send(browser, page, "get", device.show(options(browser, page, "get"), **wrong), status)
