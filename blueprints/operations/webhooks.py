"""Webhooks: delivery reports and answers from the SMS provider, bounces from a mail server.

Each request needs a valid signature, is accepted for a few minutes only, and once (no replay). None moves a dossier.
"""

import datetime as dt
import hashlib
import hmac
import json
import re
import time
import unicodedata
from collections.abc import Callable
from typing import Any, NoReturn

import jwt
from flask import Blueprint, Response, abort, current_app, request

from models import Counter, Notification, Used, db
from models.notifications import consent, returned
from models.notifications.kept_mail import TooManyMailsError
from models.notifications.returned_mail import Kind
from models.security import events
from senders import bounces, vonage_answers

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

MAX_NOTICE_BYTES = 8 * 1024  # from the SMS provider
MAX_MAIL_BYTES = 512 * 1024  # a bounce may contain the whole mail, with its attachments
SIGNATURE_SECONDS = 300  # how long a signature is accepted
DAY = dt.timedelta(days=1)
MOBILE_PATTERN = re.compile(r"[1-9]\d{6,14}")
# First words of an SMS answer that unsubscribe, in capitals and without accents.
STOP_WORDS = (
    *("STOP", "STOPP", "STOPPT", "STOPPEN", "STOPALL", "ARRET", "ARRETER", "ARRETEZ", "DESABONNER"),
    *("ENDE", "ABMELDEN", "ABBESTELLEN", "OPHALEN", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"),
)
START_WORDS = ("START", "UNSTOP")  # undo a stop, as mobile networks define them


@bp.url_value_preprocessor
def limit(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Limit the size of the body before anything reads it."""
    request.max_content_length = MAX_MAIL_BYTES if endpoint == "webhooks.bounce" else MAX_NOTICE_BYTES


@bp.post("/vonage/status")
def status() -> Response:
    """A delivery report. A report for an unknown notification is answered like any other, and counted."""
    return _accept("receipt", *_signed_by_vonage(), _record_report)


@bp.post("/vonage/inbound")
def inbound() -> Response:
    """An SMS answer. STOP ends all SMS to this mobile number, START allows them again.

    Neither is confirmed by SMS: that would cost money, could start a loop with another program, and would be one more
    SMS to a person who wants none.
    """
    return _accept("inbound", *_signed_by_vonage(), _obey)


@bp.post("/bounces")
def bounce() -> Response:
    """A bounced mail as the mail server received it; docs/operating.md says how to sign the request."""
    secret = current_app.config["MAIL_BOUNCE_SECRET"] or abort(404)
    moment, _, given = request.headers.get("X-Signature", "").partition(".")
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + request.get_data(), hashlib.sha256).hexdigest()
    _check(signed, given, int(moment) if moment.isdecimal() else 0)
    return _accept("bounce", request.get_data(), given, _take_mail)


def _accept(kind: str, said: Any, once: str, act: Callable[[Any], bool]) -> Response:
    """Process a request once; 401 if it was processed before. If `act` fails, the other side may send it again."""
    with db.atomic():
        if not Used.consume_once(f"{kind} {once}", 2 * dt.timedelta(seconds=SIGNATURE_SECONDS)):
            _refuse("replayed")
        meant_us = act(said)
    if not meant_us:
        Counter.hit(f"{kind} that changed nothing", DAY)
    return Response(status=200)


def _signed_by_vonage() -> tuple[dict[str, Any], str]:
    """The notice in the body and its unique id (jti); 401 unless the signature covers exactly this body."""
    secret = current_app.config["VONAGE_SIGNATURE_SECRET"] or abort(404)
    claims = _claims(request.headers.get("Authorization", "").removeprefix("Bearer "), secret)
    body = request.get_data()
    _check(hashlib.sha256(body).hexdigest(), str(claims["payload_hash"]), claims["iat"])
    try:
        notice = json.loads(body)
    except (ValueError, RecursionError):
        notice = None
    return (notice, claims["jti"]) if isinstance(notice, dict) else _refuse("malformed", 400)


def _claims(token: str, secret: str) -> dict[str, Any]:
    """The claims of the JWT; 401 if Vonage has not signed it. Body and age are checked by the caller, not by jwt."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            leeway=SIGNATURE_SECONDS,
            options={"require": ["iat", "jti", "payload_hash"]},
        )
        return claims | {"iat": float(claims["iat"])}
    except (jwt.InvalidTokenError, TypeError, ValueError, OverflowError):  # a time may be any JSON
        _refuse("signature")


def _check(signed: str, given: str, moment: float) -> None:
    """Refuse a body whose hash is not the one that was signed, and what was signed too long ago."""
    if not hmac.compare_digest(signed.encode(), given.encode()):
        _refuse("signature")
    if abs(time.time() - moment) > SIGNATURE_SECONDS:
        _refuse("stale")


def _refuse(why: str, code: int = 401) -> NoReturn:
    events.record("webhook-refused", why)
    abort(code)


def _record_report(notice: dict[str, Any]) -> bool:
    report = vonage_answers.delivery_report(notice)
    return report is not None and Notification.record_delivery_report(*report)


def _take_mail(mail: bytes) -> bool:
    """Deal with a mail that came back. 503 while too many wait for a person: its mail server keeps it."""
    try:
        return returned.take(bounces.read(mail)) is not Kind.HARMLESS
    except TooManyMailsError:
        abort(503, response=Response("too many mails wait for a person\n", 503, {"Retry-After": "3600"}))


def _obey(notice: dict[str, Any]) -> bool:
    mobile, word = str(notice.get("from", "")).removeprefix("+"), _first_word(str(notice.get("text", "")))
    if not MOBILE_PATTERN.fullmatch(mobile) or word not in (*STOP_WORDS, *START_WORDS):
        return False
    (consent.stop_everywhere if word in STOP_WORDS else consent.start_everywhere)("sms", f"+{mobile}")
    return True


def _first_word(text: str) -> str:
    """The first word in capitals and without accents; empty if there is none."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.upper()) if not unicodedata.combining(letter)
    )
    first = re.search(r"[A-Z]+", plain)
    return first[0] if first else ""
