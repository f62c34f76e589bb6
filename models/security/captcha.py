"""CAPTCHA: a proof of work, or a code of six digits to read or hear. Both are signed and can be used once.

What it proves: that somebody paid a price for this one form, by work (captcha_price.py) or, without scripts, by their
network's share of few passes (captcha_waiting.py). No replay, and no third party that learns who asks. What it does not
prove: that they are human. Free programs read and hear the digits more often than not, and computing power is cheap.
The bounds for each network do the real work; docs/security.md has them.

Stateless until an answer comes in: challenges and codes carry their own scope, age and signature.
"""

import datetime as dt
import hashlib
import hmac
import io
import secrets
import time
from enum import StrEnum
from typing import Any, NamedTuple

import altcha
from captcha.image import DEFAULT_FONTS, ColorTuple, ImageCaptcha, random_color
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from models.base import db
from models.security import keys
from models.security.throttle import Used
from paths import FONTS

ALGORITHM = "PBKDF2/SHA-256"  # as fast in a browser as in native code: no advantage for the attacker
ALPHABET = "2345689"  # people confuse 1 and 7, and 0 with a letter
CODE_LENGTH = 6
PROOF_LIFETIME = dt.timedelta(minutes=10)
CODE_LIFETIME = dt.timedelta(minutes=20)
TICKET_LIFETIME = dt.timedelta(hours=1)
REPEATED_WITHIN = dt.timedelta(minutes=1)
CHALLENGE_KEY, SOLUTION_KEY, CODE_KEY = "captcha challenge", "captcha solution", "captcha code"
MAX_PROOF_LENGTH = 4000  # characters; a real one has about 800
DIGIT_FONTS = sorted(map(str, FONTS.glob("NotoSans_*.ttf"))) + DEFAULT_FONTS


class Verdict(StrEnum):
    """The result of a check. Every one but PASSED has its sentence in blueprints/public/captcha.py."""

    PASSED = "passed"
    UNTICKED = "unticked"
    UNTYPED = "untyped"
    WRONG = "wrong"
    INVALID = "invalid"
    EXPIRED = "expired"
    USED = "used"
    TOO_FAST = "too fast"
    TOO_MANY = "too many"
    WAITING = "waiting"


class Result(NamedTuple):
    """The verdict, and a key that is the same whenever this challenge is passed; no challenge gives two."""

    verdict: Verdict
    key: str = ""


def new_challenge(scope: str, cost: int, ceiling: int, level: int = 0) -> dict[str, Any]:
    """An ALTCHA v2 challenge for one form (`scope`): `cost` rounds a guess, fewer than `ceiling` guesses."""
    challenge = altcha.create_challenge(
        ALGORITHM,
        cost,
        counter=secrets.randbelow(ceiling),  # from 0: a minimum would only cost honest visitors
        expires_at=int(time.time() + PROOF_LIFETIME.total_seconds()),
        data={"scope": scope, "level": level},
        hmac_secret=keys.key(CHALLENGE_KEY),
        hmac_key_secret=keys.key(SOLUTION_KEY),
    )
    return challenge.to_dict()


def check_proof(scope: str, proof: str, holder: str = "", least_level: int = 0) -> Result:
    """Check a solved challenge and consume it if it is right. `holder` is the session, see consume().

    One below `least_level` counts as expired: nobody can hoard easy challenges for the time when they get harder.
    """
    try:
        payload = altcha.Payload.from_base64(proof[:MAX_PROOF_LENGTH])
        result = _verified(payload)
        data = payload.challenge.parameters.data or {}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # all that malformed input can raise
        return Result(Verdict.INVALID)
    if result.expired:
        return Result(Verdict.EXPIRED)
    if not result.verified or data.get("scope") != scope:
        return Result(Verdict.INVALID)
    if data["level"] < least_level:
        return Result(Verdict.EXPIRED)
    # Consume the signature, not the payload: its unsigned parts can be changed, and it would be valid once more.
    return consume(f"captcha proof {payload.challenge.signature}", PROOF_LIFETIME, holder)


def _verified(payload: altcha.Payload) -> altcha.VerifySolutionResult:
    """The result of the library for the key that signed the challenge; for the newest key if none did."""
    pairs = zip(keys.all_keys(CHALLENGE_KEY), keys.all_keys(SOLUTION_KEY), strict=True)
    results = [altcha.verify_solution(payload, one, hmac_key_secret=other) for one, other in pairs]
    return next((result for result in results if result.verified), results[0])


def new_code(scope: str) -> str:
    """A signed token that stands for six digits. They cannot be derived from it without the key."""
    return _serializer().dumps([secrets.token_hex(8), scope])


def code_id(token: str) -> str:
    """The id of the code in a token. Raises itsdangerous' BadData if it is forged, SignatureExpired if too old."""
    return _serializer().loads(token, max_age=int(CODE_LIFETIME.total_seconds()))[0]


def digits(code: str) -> str:
    """The six digits of the code with this id."""
    return _digits(code, keys.key(CODE_KEY))


def check_code(scope: str, token: str, typed: str, min_seconds: float = 0, holder: str = "") -> Result:
    """Check typed digits. A code allows one attempt, right or wrong; an answer faster than `min_seconds` is none."""
    try:
        code_scope, code, age = _read(token)
    except SignatureExpired:
        return Result(Verdict.EXPIRED)
    except BadData:
        return Result(Verdict.INVALID)
    if code_scope != scope:
        return Result(Verdict.INVALID)
    if age < min_seconds:
        return Result(Verdict.TOO_FAST)
    read = "".join(filter(str.isdecimal, typed))
    consumed = consume(f"captcha code {code}", CODE_LIFETIME, f"{holder} {read}" if holder else "")
    shown = [_digits(code, key) for key in keys.all_keys(CODE_KEY)[: keys.LOOKED_UP]]  # also before a rotation
    right = any([hmac.compare_digest(read.encode(), one.encode()) for one in shown])
    return consumed if right or consumed.verdict is Verdict.USED else Result(Verdict.WRONG)


def new_ticket(scope: str, key: str) -> str:
    """A signed ticket of somebody who has typed the right digits, `key`, and has to wait."""
    return _serializer("ticket").dumps([key, scope])


def check_ticket(scope: str, ticket: str) -> Result:
    """Check a ticket, and not whether its wait is over. Consumes nothing."""
    try:
        key, of = _serializer("ticket").loads(ticket, max_age=int(TICKET_LIFETIME.total_seconds()))
    except SignatureExpired:
        return Result(Verdict.EXPIRED)
    except BadData:
        return Result(Verdict.INVALID)
    return Result(Verdict.PASSED, key) if of == scope else Result(Verdict.INVALID)


def consume_ticket(key: str, holder: str) -> Result:
    """Consume the ticket of the solution `key`. The result has the same key."""
    return consume(f"captcha ticket {key}", TICKET_LIFETIME, holder)._replace(key=key)


def consume_picture(code: str) -> bool:
    """True once for each code: a program could average several renderings of the same digits."""
    return Used.consume_once(_picture_mark(code), CODE_LIFETIME)


def picture_left(code: str) -> bool:
    """True until the picture of this code is consumed."""
    return Used.until(_picture_mark(code)) is None


def _picture_mark(code: str) -> str:
    return f"captcha picture {code}"


class _Picture(ImageCaptcha):
    """Dark ink on a light ground. The library makes dark ink faint: it uses the luminance as opacity."""

    lookup_table = [0] + [255] * 255
    character_rotate = (-20, 20)
    word_offset_dx = 0.08  # little overlap: it stops people, not programs


_PICTURE = _Picture(280, 90, fonts=DIGIT_FONTS, font_sizes=(48, 54, 60))


def colours() -> tuple[ColorTuple, ColorTuple]:
    """Random colours of ink and ground. The worst pair still has a contrast above 4.5:1."""
    return random_color(10, 90), random_color(238, 255)


def picture(text: str) -> bytes:
    """A PNG of the digits, distorted anew at every call."""
    ink, ground = colours()
    out = io.BytesIO()
    image = _PICTURE.generate_image(text, fg_color=ink, bg_color=ground)
    image.quantize(16).save(out, "PNG")  # a third of the bytes
    return out.getvalue()


def consume(name: str, lifetime: dt.timedelta, holder: str) -> Result:
    """Consume a challenge. It passes once, and once more for the same `holder` within REPEATED_WITHIN.

    Somebody who presses twice without JavaScript sees the answer to the second request only. Both get the same key.
    """
    with db.atomic():
        if Used.consume_once(name, lifetime):
            if holder:
                Used.mark(f"{name} by {holder}", REPEATED_WITHIN)
        elif not (holder and Used.until(f"{name} by {holder}") and Used.consume_once(f"{name} again", lifetime)):
            return Result(Verdict.USED)
    return Result(Verdict.PASSED, keys.digest("captcha pass", name)[:24])


def _read(token: str) -> tuple[str, str, float]:
    (code, scope), signed = _serializer().loads(
        token, max_age=int(CODE_LIFETIME.total_seconds()), return_timestamp=True
    )
    return scope, code, time.time() - signed.timestamp()


def _digits(code: str, key: bytes) -> str:
    value = int.from_bytes(hmac.digest(key, code.encode(), hashlib.sha256))
    return "".join(ALPHABET[value // len(ALPHABET) ** place % len(ALPHABET)] for place in range(CODE_LENGTH))


def _serializer(what: str = "token") -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys.all_keys(f"captcha {what}")[::-1])  # the last one signs
