"""CAPTCHA: a proof of work, or a code of six digits to read or hear. Both are signed and can be used once.

What it gives: no number for a one-line script, a cost of every request that rises under attack, no replay, and no third
party that learns who asks. What it does not give: proof of a human. Free tools read the digits more often than not, and
computing power is cheap. The rate limits (see blueprints/public/captcha.py) do the real work.

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
REPEATED_WITHIN = dt.timedelta(minutes=1)
MAX_PROOF_LENGTH = 4000  # characters; a real one has about 800
DIGIT_FONTS = sorted(map(str, FONTS.glob("NotoSans_*.ttf"))) + DEFAULT_FONTS


class Verdict(StrEnum):
    """The result of a check. Every one but PASSED has a sentence in blueprints/public/captcha.py."""

    PASSED = "passed"
    UNTICKED = "unticked"
    UNTYPED = "untyped"
    WRONG = "wrong"
    INVALID = "invalid"
    EXPIRED = "expired"
    USED = "used"
    TOO_FAST = "too fast"
    TOO_MANY = "too many"


class Result(NamedTuple):
    """The verdict, and a key that is the same whenever this challenge is passed; no challenge gives two."""

    verdict: Verdict
    key: str = ""


def new_challenge(secret: str, scope: str, cost: int, ceiling: int) -> dict[str, Any]:
    """An ALTCHA v2 challenge for one form (`scope`): `cost` rounds a guess, fewer than `ceiling` guesses."""
    challenge = altcha.create_challenge(
        ALGORITHM,
        cost,
        counter=secrets.randbelow(ceiling),  # from 0: a minimum would only cost honest visitors
        expires_at=int(time.time() + PROOF_LIFETIME.total_seconds()),
        data={"scope": scope},
        hmac_secret=_key(secret, "challenge"),
        hmac_key_secret=_key(secret, "solution"),
    )
    return challenge.to_dict()


def check_proof(secret: str, scope: str, proof: str, holder: str = "") -> Result:
    """Check a solved challenge and consume it if it is right. `holder` is the session, see _consume()."""
    try:
        payload = altcha.Payload.from_base64(proof[:MAX_PROOF_LENGTH])
        result = altcha.verify_solution(payload, _key(secret, "challenge"), hmac_key_secret=_key(secret, "solution"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # all that malformed input can raise
        return Result(Verdict.INVALID)
    if result.expired:
        return Result(Verdict.EXPIRED)
    if not result.verified or payload.challenge.parameters.data != {"scope": scope}:
        return Result(Verdict.INVALID)
    # Consume the signature, not the payload: its unsigned parts can be changed, and it would be valid once more.
    return _consume(f"captcha proof {payload.challenge.signature}", PROOF_LIFETIME, holder)


def new_code(secret: str, scope: str) -> str:
    """A signed token that stands for six digits. They cannot be derived from it without the secret."""
    return _serializer(secret).dumps([secrets.token_hex(8), scope])


def code_id(secret: str, token: str) -> str:
    """The id of the code in a token. Raises itsdangerous' BadData if it is forged, SignatureExpired if too old."""
    return _serializer(secret).loads(token, max_age=int(CODE_LIFETIME.total_seconds()))[0]


def digits(secret: str, code: str) -> str:
    """The six digits of the code with this id."""
    value = int.from_bytes(hmac.digest(_key(secret, "code"), code.encode(), hashlib.sha256))
    return "".join(ALPHABET[value // len(ALPHABET) ** place % len(ALPHABET)] for place in range(CODE_LENGTH))


def check_code(secret: str, scope: str, token: str, typed: str, min_seconds: float = 0, holder: str = "") -> Result:
    """Check typed digits. A code allows one attempt, right or wrong; an answer faster than `min_seconds` is none."""
    try:
        code_scope, code, age = _read(secret, token)
    except SignatureExpired:
        return Result(Verdict.EXPIRED)
    except BadData:
        return Result(Verdict.INVALID)
    if code_scope != scope:
        return Result(Verdict.INVALID)
    if age < min_seconds:
        return Result(Verdict.TOO_FAST)
    read = "".join(filter(str.isdecimal, typed))
    consumed = _consume(f"captcha code {code}", CODE_LIFETIME, f"{holder} {read}" if holder else "")
    right = hmac.compare_digest(read.encode(), digits(secret, code).encode())
    return consumed if right or consumed.verdict is Verdict.USED else Result(Verdict.WRONG)


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


def _read(secret: str, token: str) -> tuple[str, str, float]:
    (code, scope), signed = _serializer(secret).loads(
        token, max_age=int(CODE_LIFETIME.total_seconds()), return_timestamp=True
    )
    return scope, code, time.time() - signed.timestamp()


def _consume(name: str, lifetime: dt.timedelta, holder: str) -> Result:
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


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_key(secret, "token"))


def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(str(secret).encode(), f"captcha {purpose}".encode(), hashlib.sha256)
