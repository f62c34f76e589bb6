"""What others send to our webhooks: the SMS provider, and the mail server that hands bounces over."""

import hashlib
import hmac
import json
import time
import uuid

import jwt

from models import Dossier, Notification, db
from models.notifications import outbox
from senders import bounces

SECRET = "a signature secret of at least thirty-two bytes"
STATUS, INBOUND, BOUNCES = "/webhooks/vonage/status", "/webhooks/vonage/inbound", "/webhooks/bounces"
SETTINGS = {
    "VONAGE_SIGNATURE_SECRET": SECRET,
    "MAIL_BOUNCE_ADDRESS": "bounces@example.lu",
    "MAIL_BOUNCE_SECRET": SECRET,
    "SMS_FROM_HOUR": 0,
    "SMS_UNTIL_HOUR": 24,
}


def token(body: bytes, secret: str = SECRET, drop: str = "", algorithm: str = "HS256", **claims) -> str:
    """What Vonage puts beside `body`."""
    known = {"iat": int(time.time()), "jti": str(uuid.uuid4()), "payload_hash": hashlib.sha256(body).hexdigest()}
    known = {name: value for name, value in (known | claims).items() if name != drop}
    return jwt.encode(known, secret, algorithm=algorithm)


def send(app, path: str, notice, sign=token, **headers) -> int:
    """Send `notice` as Vonage would; the status of the answer."""
    body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
    headers = {"Authorization": f"Bearer {sign(body)}"} | headers
    answer = app.test_client().post(path, data=body, content_type="application/json", headers=headers)
    db.connect(reuse_if_open=True)
    return answer.status_code


def on_its_way(form, channel: str = "sms", to: str = "") -> Notification:
    """A notification that the provider has taken."""
    address = to or ("+352621123456" if channel == "sms" else "somebody@example.org")
    dossier = Dossier.announce(form, "en", uuid.uuid4().hex, [(channel, address)])
    notification = outbox.claim("worker", channel, hours=outbox.Hours(0, 24))
    assert notification.event.dossier == dossier
    return notification


def said(notification: Notification, status: str, **more) -> dict:
    return {
        "message_uuid": "aaaa-bbbb",
        "client_ref": notification.reference,
        "status": status,
        "channel": "sms",
    } | more


def state(notification: Notification) -> str:
    return Notification.get_by_id(notification.id).state


def report(
    notification: Notification, status: str = "5.1.1", action: str = "failed", to: str = "", top: str = ""
) -> bytes:
    """A mail that came back, as a mail server writes it."""
    to = to or bounces.return_path(notification.return_token)
    return f"""Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.example.org
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
{top}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that somebody@example.org is unknown.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; somebody@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <somebody@example.org>: no such user

--b--
""".encode()


def hand_over(app, mail: bytes, moment: float | None = None, signature: str = "") -> int:
    moment = str(int(moment or time.time()))
    digest = hmac.new(SECRET.encode(), moment.encode() + b"." + mail, hashlib.sha256).hexdigest()
    headers = {"X-Signature": signature or f"{moment}.{digest}"}
    answer = app.test_client().post(BOUNCES, data=mail, content_type="message/rfc822", headers=headers)
    db.connect(reuse_if_open=True)
    return answer.status_code
