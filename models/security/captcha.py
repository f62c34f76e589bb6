"""The logic of the CAPTCHA: a proof of work, or six digits to read or to hear. Both are signed, both count once.

What this step buys: no number by a one-line script, a price on every request that rises under attack, no replay, and no
third party that learns who asks. What it does not buy: proof of a human. Free tools read the digits more often than not
and computing power is cheap, so the limits on counting (see blueprints/captcha.py) do the real work.

Nothing is stored until an answer comes in: a challenge and a code carry their own scope, age and signature.
"""

import datetime as dt
import hashlib
import hmac
import io
import secrets
import time
from enum import StrEnum

import altcha
from captcha.image import DEFAULT_FONTS, ColorTuple, ImageCaptcha, random_color
from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from models.security.throttle import Used
from paths import FONTS

ALGORITHM = "PBKDF2/SHA-256"  # as fast in a browser as in native code: no advantage for the attacker
ALPHABET = "2345689"  # people confuse 1 and 7, and 0 with a letter
LENGTH = 6
PROOF_LIFETIME = dt.timedelta(minutes=10)
CODE_LIFETIME = dt.timedelta(minutes=20)
MAX_PROOF = 4000  # characters; a real one has about 800
DIGIT_FONTS = sorted(map(str, FONTS.glob("NotoSans_*.ttf"))) + DEFAULT_FONTS


class Verdict(StrEnum):
    """What became of an answer. Every one but PASSED needs a sentence for the person who gave it."""

    PASSED = "passed"
    UNTICKED = "unticked"
    UNTYPED = "untyped"
    WRONG = "wrong"
    INVALID = "invalid"
    EXPIRED = "expired"
    USED = "used"
    TOO_FAST = "too fast"
    TOO_MANY = "too many"


def new_challenge(secret: str, scope: str, cost: int, ceiling: int) -> dict:
    """An ALTCHA v2 challenge for one form: `cost` rounds for each guess, fewer than `ceiling` guesses."""
    challenge = altcha.create_challenge(
        ALGORITHM,
        cost,
        counter=secrets.randbelow(ceiling),  # from 0: a minimum would cost honest people only
        expires_at=int(time.time() + PROOF_LIFETIME.total_seconds()),
        data={"scope": scope},
        hmac_secret=_key(secret, "challenge"),
        hmac_key_secret=_key(secret, "solution"),
    )
    return challenge.to_dict()


def check_proof(secret: str, scope: str, proof: str) -> Verdict:
    """Judge a solved challenge, and burn it if it is right."""
    try:
        payload = altcha.Payload.from_base64(proof[:MAX_PROOF])
        result = altcha.verify_solution(payload, _key(secret, "challenge"), hmac_key_secret=_key(secret, "solution"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):  # whatever junk can lead to
        return Verdict.INVALID
    if result.expired:
        return Verdict.EXPIRED
    if not result.verified or payload.challenge.parameters.data != {"scope": scope}:
        return Verdict.INVALID
    # The signature, not the payload: its unsigned parts can be changed freely and it would still be right.
    return _burn(f"captcha proof {payload.challenge.signature}", PROOF_LIFETIME)


def new_code(secret: str, scope: str) -> str:
    """A signed token that stands for six digits; they cannot be read from it without the secret."""
    return _serializer(secret).dumps([secrets.token_hex(8), scope])


def code_id(secret: str, token: str) -> str:
    """The id inside a token; raises itsdangerous' BadData if it is forged or (SignatureExpired) too old."""
    return _serializer(secret).loads(token, max_age=int(CODE_LIFETIME.total_seconds()))[0]


def digits(secret: str, code: str) -> str:
    """The six digits of a code's id."""
    number = int.from_bytes(hmac.digest(_key(secret, "code"), code.encode(), hashlib.sha256))
    return "".join(ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)] for place in range(LENGTH))


def check_code(secret: str, scope: str, token: str, typed: str, min_seconds: float = 0) -> Verdict:
    """Judge what was typed. A code has one attempt, right or wrong; one that came too fast is not an attempt."""
    try:
        code_scope, code, age = _read(secret, token)
    except SignatureExpired:
        return Verdict.EXPIRED
    except BadData:
        return Verdict.INVALID
    if code_scope != scope:
        return Verdict.INVALID
    if age < min_seconds:
        return Verdict.TOO_FAST
    burnt = _burn(f"captcha code {code}", CODE_LIFETIME)
    right = hmac.compare_digest("".join(filter(str.isdecimal, typed)).encode(), digits(secret, code).encode())
    return burnt if right or burnt is Verdict.USED else Verdict.WRONG


def take_picture(code: str) -> bool:
    """True once for each code: a program that gets several renderings of the same digits averages them."""
    return Used.burn(f"captcha picture {code}", CODE_LIFETIME)


class _Picture(ImageCaptcha):
    """Dark ink on a light ground. The original makes dark ink faint: it takes its luminance for its opacity."""

    lookup_table = [0] + [255] * 255
    character_rotate = (-20, 20)
    word_offset_dx = 0.08  # overlapping digits stop people, not programs


_PICTURE = _Picture(280, 90, fonts=DIGIT_FONTS, font_sizes=(48, 54, 60))


def colours() -> tuple[ColorTuple, ColorTuple]:
    """A random ink and ground; even the nearest two of them have a contrast above 4.5:1."""
    return random_color(10, 90), random_color(238, 255)


def picture(text: str) -> bytes:
    """A PNG of the digits, drawn anew at every call."""
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


def _burn(name: str, lifetime: dt.timedelta) -> Verdict:
    return Verdict.PASSED if Used.burn(name, lifetime) else Verdict.USED


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_key(secret, "token"))


def _key(secret: str, purpose: str) -> bytes:
    return hmac.digest(str(secret).encode(), f"captcha {purpose}".encode(), hashlib.sha256)
