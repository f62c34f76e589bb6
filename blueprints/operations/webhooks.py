"""Webhooks: delivery reports and answers from the SMS provider, bounces from a mail server.

Nothing is believed but by its signature, only while it is fresh, and only once. Nothing here moves a dossier.
"""

import datetime as dt
import hashlib
import hmac
import json
import re
import time
import unicodedata
from collections.abc import Callable
from typing import Any

import jwt
from flask import Blueprint, Response, abort, current_app, request

from models import Counter, Notification, Used, db
from models.notifications import consent
from senders import bounces, vonage_answers

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

MAX_NOTICE_BYTES = 8 * 1024  # from the SMS provider
MAX_MAIL_BYTES = 512 * 1024  # a bounce may bring the whole mail back, with its attachments
SIGNATURE_SECONDS = 300  # a signature is good for so long
DAY = dt.timedelta(days=1)
MOBILE = re.compile(r"[1-9]\d{6,14}")
# The first word that somebody who wants no more is likely to send, in capitals and without accents.
STOP_WORDS = (
    *("STOP", "STOPP", "STOPPT", "STOPPEN", "STOPALL", "ARRET", "ARRETER", "ARRETEZ", "DESABONNER"),
    *("ENDE", "ABMELDEN", "ABBESTELLEN", "OPHALEN", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"),
)
START_WORDS = ("START", "UNSTOP")  # those by which mobile networks take a stop back


@bp.url_value_preprocessor
def limit(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """How much we read of it, said before anything looks at the body."""
    request.max_content_length = MAX_MAIL_BYTES if endpoint == "webhooks.bounce" else MAX_NOTICE_BYTES


@bp.post("/vonage/status")
def status() -> Response:
    """A delivery report. One for an unknown notification is answered like the others, and counted."""
    return _accept("receipt", *_signed_by_vonage(), _record_report)


@bp.post("/vonage/inbound")
def inbound() -> Response:
    """Somebody answered an SMS. STOP ends all messages to their number, START takes that back; both are obeyed in
    silence, as an answer would cost money, might meet another program, and is one more message to somebody who wanted
    none.
    """
    return _accept("inbound", *_signed_by_vonage(), _obey)


@bp.post("/bounces")
def bounce() -> Response:
    """A mail that came back, as a mail server received it: docs/operating.md says how to sign it."""
    secret = current_app.config["MAIL_BOUNCE_SECRET"] or abort(404)
    moment, _, given = request.headers.get("X-Signature", "").partition(".")
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + request.get_data(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(signed.encode(), given.encode()) or not _fresh(int(moment) if moment.isdecimal() else 0):
        abort(401)
    return _accept("bounce", request.get_data(), given, _record_bounce)


def _accept(kind: str, said: Any, once: str, act: Callable[[Any], bool]) -> Response:
    """Do what was `said`. If that fails, its mark is not consumed, and the other side may say it again."""
    with db.atomic():
        if not Used.consume_once(f"{kind} {once}", 2 * dt.timedelta(seconds=SIGNATURE_SECONDS)):
            abort(401)
        meant_us = act(said)
    if not meant_us:
        Counter.hit(f"{kind} that changed nothing", DAY)
    return Response(status=200)


def _signed_by_vonage() -> tuple[dict[str, Any], str]:
    """The notice in the body, and the name that it has only once; 401 unless the signature covers this very body."""
    secret = current_app.config["VONAGE_SIGNATURE_SECRET"] or abort(404)
    claims = _claims(request.headers.get("Authorization", "").removeprefix("Bearer "), secret)
    body = request.get_data()
    signed, given = hashlib.sha256(body).hexdigest(), str(claims["payload_hash"])
    if not hmac.compare_digest(signed.encode(), given.encode()) or not _fresh(claims["iat"]):
        abort(401)
    try:
        notice = json.loads(body)
    except (ValueError, RecursionError):
        abort(400)
    return (notice, claims["jti"]) if isinstance(notice, dict) else abort(400)


def _claims(token: str, secret: str) -> dict[str, Any]:
    """What the JWT says, if Vonage has signed it. Its library's own check looks at neither body nor age."""
    try:
        return jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            leeway=SIGNATURE_SECONDS,
            options={"require": ["iat", "jti", "payload_hash"]},
        )
    except jwt.InvalidTokenError:
        abort(401)


def _fresh(moment: float) -> bool:
    return abs(time.time() - moment) <= SIGNATURE_SECONDS


def _record_report(notice: dict[str, Any]) -> bool:
    report = vonage_answers.delivery_report(notice)
    return report is not None and Notification.record_delivery_report(*report)


def _record_bounce(mail: bytes) -> bool:
    bounce = bounces.parse(mail)
    return bounce is not None and Notification.record_bounce(*bounce)


def _obey(notice: dict[str, Any]) -> bool:
    number, word = str(notice.get("from", "")).removeprefix("+"), _first_word(str(notice.get("text", "")))
    if not MOBILE.fullmatch(number) or word not in (*STOP_WORDS, *START_WORDS):
        return False
    (consent.stop_everywhere if word in STOP_WORDS else consent.start_everywhere)("sms", f"+{number}")
    return True


def _first_word(text: str) -> str:
    """In capitals and without accents; empty if there is none."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.upper()) if not unicodedata.combining(letter)
    )
    first = re.search(r"[A-Z]+", plain)
    return first[0] if first else ""
