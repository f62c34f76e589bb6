"""The CAPTCHA step: a box to tick (proof of work in the browser), or six digits to read or hear without JavaScript.

A page includes public/captcha/_captcha.html with `captcha = offer(scope)`, and calls `verify(request.form, scope)` when
its form is submitted. models/security/captcha.py says what the CAPTCHA protects against, and what not.
"""

import datetime as dt
import io
import logging
import time
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, current_app, request, send_file
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from itsdangerous import BadData, SignatureExpired
from werkzeug.exceptions import TooManyRequests

from models.base import db
from models.catalogue.procedure import LANGUAGES
from models.notifications import limits as sms_limits
from models.security import captcha
from models.security.captcha import Result, Verdict
from models.security.throttle import Counter, visitor_key
from models.security.voices import VARIANTS, NoVoicesError, spoken
from web import htmx

bp = Blueprint("captcha", __name__, url_prefix="/captcha")
log = logging.getLogger("etracking.captcha")

MINUTE, TEN_MINUTES = dt.timedelta(minutes=1), dt.timedelta(minutes=10)
# Requests of one visitor in ten minutes. Safari fetches a recording in two or three requests.
LIMITS = {"challenge": 60, "picture": 10, "recording": 40, "code": 10}
# (hash rounds, guesses) of three levels: about 0.2, 1 and 2 seconds on a laptop, five times as long on an old phone.
LEVELS = [[5000, 400], [5000, 2000], [5000, 4000]]
# Above these counts the next level applies: (challenges of one visitor in ten minutes, of all in one minute). It is
# one level higher while unusually few SMS contacts confirm, which suggests abuse.
LEVEL_THRESHOLDS = [(8, 120), (30, 600)]
MAX_SCOPE_LENGTH = 200

SENTENCES = {
    Verdict.UNTICKED: _("Please tick the box “I am a human”."),
    Verdict.UNTYPED: _("Please type the six digits."),
    Verdict.WRONG: _("These were not the right digits. Please try again with the new ones."),
    Verdict.INVALID: _("The security check was not accepted. Please do it once more."),
    Verdict.EXPIRED: _("The security check has expired. Please do it once more."),
    Verdict.USED: _("This security check has already been used. Please do it once more."),
    Verdict.TOO_FAST: _("That was very fast. Please wait a moment, then type the new digits."),
    Verdict.TOO_MANY: _("There were too many tries from your connection. Please wait ten minutes, then try again."),
}


def offer(scope: str) -> dict[str, str | int | bool]:
    """The context of captcha/_captcha.html, with a fresh code. `scope` is the form, as `<procedure>/<form>`."""
    language = get_locale().language
    return {
        "scope": scope,
        "token": captcha.new_code(_secret(), scope),
        "by_choice": "code" in request.args or "captcha_code" in request.form,
        # htmx parses <noscript> as normal content, also when it restores a page from the history.
        "swapped": bool(htmx.headers() or htmx.headers().history_restore_request),
        "lang": language if language in LANGUAGES else "de",
        "seconds": int(captcha.PROOF_LIFETIME.total_seconds()) - 30,
    }


def verify(form: Mapping[str, str], scope: str, holder: str = "") -> tuple[str | None, str]:
    """Check and consume the answer in the form: (the error to show beside the field, or None; the key of a pass).

    `holder` names the session: it may send the same answer once more, after a double click, and gets the same key.
    """
    verdict, key = _judge(form, scope, holder)
    return None if verdict is Verdict.PASSED else str(SENTENCES[verdict]), key


def _judge(form: Mapping[str, str], scope: str, holder: str) -> Result:
    proof, typed = form.get("captcha_proof", ""), form.get("captcha_code", "")
    if proof:
        return captcha.check_proof(_secret(), scope, proof, holder)
    if not typed.strip():
        return Result(Verdict.UNTYPED if "captcha_code" in form else Verdict.UNTICKED)
    if _hit("code") > LIMITS["code"]:
        return Result(Verdict.TOO_MANY)
    min_seconds = current_app.config.get("CAPTCHA_MIN_SECONDS", 2)
    return captcha.check_code(_secret(), scope, form.get("captcha_token", ""), typed, min_seconds, holder)


@bp.post("/challenge")
def challenge() -> dict[str, Any]:
    """A challenge for the web workers. Needs no CSRF token, as it changes no data of a person."""
    scope = request.args.get("scope", "")
    if not 0 < len(scope) <= MAX_SCOPE_LENGTH:
        abort(400)
    cost, ceiling = current_app.config.get("CAPTCHA_LEVELS", LEVELS)[_level()]
    return captcha.new_challenge(_secret(), scope, cost, ceiling)


@bp.get("/<token>.png")
def picture(token: str) -> Response:
    """The six digits as a picture. It is drawn once; then 410."""
    code = _code(token)
    _limit("picture")
    head = request.method == "HEAD"  # who tests a link uses nothing up
    if not (captcha.picture_left(code) if head else captcha.consume_picture(code)):
        abort(410)
    return Response(b"" if head else captcha.picture(captcha.digits(_secret(), code)), mimetype="image/png")


@bp.get("/<token>.wav")
def recording(token: str) -> Response:
    """The six digits spoken. The same token always gives the same bytes, because Safari fetches them in parts."""
    code, language = _code(token), request.args.get("lang", "de")
    if language not in LANGUAGES:
        abort(404)
    _limit("recording")
    try:
        sound = spoken(captcha.digits(_secret(), code), language, VARIANTS[int(code, 16) % len(VARIANTS)])
    except NoVoicesError as error:
        log.error("no audio code (%s): run `flask --app app captcha voices`", error)
        abort(503)
    return send_file(io.BytesIO(sound), mimetype="audio/wav", conditional=True)


@bp.after_request
def keep_out_of_caches(response: Response) -> Response:
    """Forbid caches to keep challenges and codes."""
    response.headers["Cache-Control"] = "no-store"
    return response


def _code(token: str) -> str:
    try:
        return captcha.code_id(_secret(), token)
    except SignatureExpired:
        abort(410)
    except BadData:
        abort(404)


def _level() -> int:
    """Count a challenge, for its visitor and for all, and return its level of difficulty."""
    with db.atomic():  # one commit for both counters
        mine = _limit("challenge")
        everybody = Counter.hit("captcha challenge", MINUTE)
    level = (
        sum(mine > for_one or everybody > for_all for for_one, for_all in LEVEL_THRESHOLDS) + sms_limits.suspicious()
    )
    return min(level, len(LEVEL_THRESHOLDS))


def _limit(kind: str) -> int:
    """Count a request of this kind. Raises TooManyRequests above its rate limit."""
    count = _hit(kind)
    if count > LIMITS[kind]:
        window = int(TEN_MINUTES.total_seconds())
        raise TooManyRequests(str(SENTENCES[Verdict.TOO_MANY]), retry_after=window - int(time.time()) % window)
    return count


def _hit(kind: str) -> int:
    return Counter.hit(f"captcha {kind} {visitor_key(request.remote_addr, _secret())}", TEN_MINUTES)


def _secret() -> str:
    return str(current_app.config["SECRET_KEY"])
