"""The CAPTCHA step: a box to tick (proof of work in the browser), or six digits to read or hear without JavaScript.

A page includes public/captcha/_captcha.html with `captcha = offer(scope)`, and calls `verify(request.form, scope)` when
its form is submitted. Who chooses the digits pays the proof of work too, if scripts run; without one their passes are
few and may have to wait (models/security/captcha_waiting.py): then the page comes back with all that was typed, says
for how long, and its form carries a ticket in place of the digits. models/security/captcha.py says what the CAPTCHA
protects against, and what not.
"""

import datetime as dt
import io
import logging
import math
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import Blueprint, Response, abort, current_app, g, request, send_file
from flask_babel import format_time, get_locale, gettext
from flask_babel import lazy_gettext as _
from itsdangerous import BadData, SignatureExpired
from werkzeug.exceptions import TooManyRequests

from models.base import db, now
from models.catalogue.procedure import LANGUAGES
from models.notifications import sms_limits
from models.security import captcha, captcha_price, captcha_waiting, events
from models.security.captcha import Result, Verdict
from models.security.captcha_price import TooManySolvedError
from models.security.captcha_waiting import NoPlaceError
from models.security.throttle import Counter, Networks, networks
from models.security.voices import VARIANTS, NoVoicesError, spoken
from web import htmx

bp = Blueprint("captcha", __name__, url_prefix="/captcha")
log = logging.getLogger("etracking.captcha")

TEN_MINUTES = dt.timedelta(minutes=10)
# Requests in ten minutes of a visitor (IPv6 /64, IPv4 address), of a /48 or /24, and of a /32 or /16. Safari fetches a
# recording in two or three requests. A challenge is not counted: it costs less than the page it stands on.
LIMITS = {"picture": (10, 100, 3000), "recording": (40, 400, 6000), "code": (10, 100, 1000)}
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


class Place(NamedTuple):
    """What somebody without scripts holds who has typed the right digits and has to wait."""

    ticket: str
    seconds: int
    full: bool = False  # no place in this hour yet: whoever comes back later may get one


def offer(scope: str) -> dict[str, Any]:
    """The context of captcha/_captcha.html, with a fresh code. `scope` is the form, as `<procedure>/<form>`."""
    language = get_locale().language
    return {
        "scope": scope,
        "token": captcha.new_code(scope),
        "by_choice": "code" in request.args or "captcha_code" in request.form,
        # htmx parses <noscript> as normal content, also when it restores a page from the history.
        "swapped": bool(htmx.headers() or htmx.headers().history_restore_request),
        "lang": language if language in LANGUAGES else "de",
        "seconds": int(captcha.PROOF_LIFETIME.total_seconds()) - 30,
        "place": g.get("captcha_place"),
    }


def verify(form: Mapping[str, str], scope: str, holder: str = "") -> tuple[str | None, str]:
    """Check and consume the answer in the form: (the error to show beside the field, or None; the key of a pass).

    `holder` names the session: it may send the same answer once more, after a double click, and gets the same key.
    """
    path, (verdict, key) = _judge(form, scope, holder)
    events.record("captcha", f"{path}-{verdict.replace(' ', '-')}")
    if verdict is Verdict.PASSED:
        return None, key
    return _wait_sentence() if verdict is Verdict.WAITING else str(SENTENCES[verdict]), key


def _judge(form: Mapping[str, str], scope: str, holder: str) -> tuple[str, Result]:
    """The way by which the form answers the CAPTCHA, and the result."""
    proof, of = form.get("captcha_proof", ""), networks(request.remote_addr)
    if ticket := form.get("captcha_ticket"):
        return "ticket", _pass_alone(captcha.check_ticket(scope, ticket), scope, of, holder)
    if "captcha_code" not in form:
        return "proof", _check_proof(scope, proof, of, holder) if proof else Result(Verdict.UNTICKED)
    result = _check_code(form, scope, of, holder)
    if result.verdict is not Verdict.PASSED:
        return "code", result
    if proof and _check_proof(scope, proof, of, holder).verdict is Verdict.PASSED:
        return "both", result
    return "code", _pass_alone(result, scope, of)


def _check_proof(scope: str, proof: str, of: Networks, holder: str) -> Result:
    """Check a proof and count it. One too many for its network is not consumed: it can be sent again later."""
    try:
        with db.atomic():
            result = captcha.check_proof(scope, proof, holder, captcha_price.least_level(of))
            if result.verdict is Verdict.PASSED:
                captcha_price.count_solved(of)
    except TooManySolvedError:
        events.record("limit-reached", "captcha-proof")
        return Result(Verdict.TOO_MANY)
    return result


def _check_code(form: Mapping[str, str], scope: str, of: Networks, holder: str) -> Result:
    typed, min_seconds = form["captcha_code"], current_app.config.get("CAPTCHA_MIN_SECONDS", 2)
    if not typed.strip():
        return Result(Verdict.UNTYPED)
    if _above_limit("code", of):
        return Result(Verdict.TOO_MANY)
    return captcha.check_code(scope, form.get("captcha_token", ""), typed, min_seconds, holder)


def _pass_alone(solved: Result, scope: str, of: Networks, holder: str | None = None) -> Result:
    """Let a solution without a proof pass, or make it wait and remember its place for offer().

    With `holder`, the ticket of the solution is consumed.
    """
    if solved.verdict is not Verdict.PASSED:
        return solved
    try:
        wait, full = captcha_waiting.wait(solved.key, of), False
    except NoPlaceError:
        events.record("limit-reached", "captcha-budget")
        wait, full = captcha_waiting.LONGEST_WAIT, True
    if wait:
        seconds = math.ceil(wait.total_seconds())
        g.captcha_place = Place(captcha.new_ticket(scope, solved.key), seconds, full)
        return Result(Verdict.WAITING)
    return solved if holder is None else captcha.consume_ticket(solved.key, holder)


def _wait_sentence() -> str:
    """What somebody is told who has to wait. The time of day, as a page without scripts cannot count down."""
    place: Place = g.captcha_place
    moment = format_time(now() + dt.timedelta(seconds=place.seconds), "HH:mm:ss")
    if place.full:
        return gettext("Your digits were right, but very many ask just now. Please go on at %(time)s.", time=moment)
    return gettext("Your digits were right. Please wait until %(time)s, then go on.", time=moment)


@bp.post("/challenge")
def challenge() -> dict[str, Any]:
    """A challenge for the web workers. Needs no CSRF token, as it changes no data of a person."""
    scope = request.args.get("scope", "")
    if not 0 < len(scope) <= MAX_SCOPE_LENGTH:
        abort(400)
    level = captcha_price.level(networks(request.remote_addr), sms_limits.suspicious())
    cost, ceiling = current_app.config.get("CAPTCHA_LEVELS", captcha_price.LEVELS)[level]
    return captcha.new_challenge(scope, cost, ceiling, level)


@bp.get("/<token>.png")
def picture(token: str) -> Response:
    """The six digits as a picture. It is drawn once; then 410."""
    code = _code(token)
    _limit("picture")
    head = request.method == "HEAD"  # who tests a link uses nothing up
    if not (captcha.picture_left(code) if head else captcha.consume_picture(code)):
        abort(410)
    return Response(b"" if head else captcha.picture(captcha.digits(code)), mimetype="image/png")


@bp.get("/<token>.wav")
def recording(token: str) -> Response:
    """The six digits spoken. The same token always gives the same bytes, because Safari fetches them in parts."""
    code, language = _code(token), request.args.get("lang", "de")
    if language not in LANGUAGES:
        abort(404)
    _limit("recording")
    try:
        sound = spoken(captcha.digits(code), language, VARIANTS[int(code, 16) % len(VARIANTS)], code)
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
        return captcha.code_id(token)
    except SignatureExpired:
        abort(410)
    except BadData:
        events.record("token-refused", "captcha")
        abort(404)


def _limit(kind: str) -> None:
    """Count a request of this kind. Raises TooManyRequests above a rate limit."""
    if _above_limit(kind, networks(request.remote_addr)):
        window = int(TEN_MINUTES.total_seconds())
        raise TooManyRequests(str(SENTENCES[Verdict.TOO_MANY]), retry_after=window - int(time.time()) % window)


def _above_limit(kind: str, of: Networks) -> bool:
    """Count a request of this kind for the networks of its visitor; True if one is above its limit.

    A wider one is counted only where the narrower ones are within theirs: nobody uses it up alone.
    """
    with db.atomic():  # one commit for all counters
        for name, most in zip(of, LIMITS[kind], strict=True):
            if Counter.hit(f"captcha {kind} {name}", TEN_MINUTES) > most:
                events.record("limit-reached", f"captcha-{kind}")
                return True
    return False
