"""Passkey challenges: bound to one browser and one purpose, valid for five minutes, and once."""

import base64
import datetime as dt
import ipaddress
import secrets
from urllib.parse import urlsplit

from flask import Response, current_app, request, session

from blueprints.accounts import signed_in
from models import Passkey, Staff, Used, now
from models.security import events
from models.staff.passkey import InvalidPasskeyError, NewPasskey, Site
from models.staff.proof import Proof

CHALLENGE_LIFETIME = dt.timedelta(minutes=5)
DEFAULT_PORTS = {"http": 80, "https": 443}  # browsers leave them out of an origin


def site() -> Site:
    """Host and origin of this site, from SITE_URL; headers of browsers or proxies are not trusted for this."""
    url = urlsplit(current_app.config["SITE_URL"].lower())
    port = f":{url.port}" if url.port not in (None, DEFAULT_PORTS[url.scheme]) else ""
    return Site(url.hostname or "", f"{url.scheme}://{url.hostname}{port}")


def possible() -> bool:
    """True if browsers support passkeys for this site: its host must be a name, not an IP."""
    try:
        ipaddress.ip_address(site().host)
    except ValueError:
        return True
    return False


def ask() -> Response:
    """The options (with challenge) for the browser to sign in with a passkey."""
    return _options(Passkey.authentication_options(site(), _challenge("show")))


def offer(staff: Staff) -> Response:
    """The options (with challenge) for the browser to make a passkey for `staff`."""
    return _options(Passkey.registration_options(staff, site(), _challenge(f"make {staff.id}")))


def shown() -> Proof:
    """Check the passkey in the form; return the proof with its account. Raises InvalidPasskeyError."""
    try:
        return Passkey.check(request.form.get("credential", ""), site(), _answered("show"))
    except InvalidPasskeyError:
        events.record("sign-in-failed", "passkey")
        raise


def made(staff: Staff) -> NewPasskey:
    """The new passkey in the form. Raises InvalidPasskeyError."""
    name = request.form.get("name", "").strip() or signed_in.browser() or "–"
    return NewPasskey(request.form.get("credential", ""), site(), _answered(f"make {staff.id}"), name)


def _options(json: str) -> Response:
    response = Response(json, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _challenge(purpose: str) -> bytes:
    challenge = secrets.token_bytes(32)
    session["challenge"] = base64.b64encode(challenge).decode(), purpose, now().timestamp()
    return challenge


def _answered(purpose: str) -> bytes:
    """Consume the challenge that this browser was given. Raises InvalidPasskeyError if it was used, or is too old."""
    text, given_for, given_at = session.pop("challenge", ("", "", 0))
    late = now().timestamp() - given_at > CHALLENGE_LIFETIME.total_seconds()
    # The session cookie is in the browser, which could send an old one again: so used challenges are stored here.
    if given_for != purpose or late or not Used.consume_once(f"challenge|{text}", CHALLENGE_LIFETIME):
        raise InvalidPasskeyError
    return base64.b64decode(text)
