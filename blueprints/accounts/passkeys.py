"""The challenges of passkeys: each belongs to one browser and one purpose, for five minutes, and counts once."""

import base64
import datetime as dt
import ipaddress
import secrets
from urllib.parse import urlsplit

from flask import Response, current_app, request, session

from models import Passkey, Staff, Used, now
from models.staff.passkey import InvalidPasskeyError, Site
from models.staff.proof import Proof
from wording import staff as words

LIFETIME = dt.timedelta(minutes=5)
PORTS = {"http": 80, "https": 443}  # which browsers leave out


def site() -> Site:
    """This site, by its settings: what a browser or a proxy says of it counts for nothing."""
    url = urlsplit(current_app.config["SITE_URL"].lower())
    port = f":{url.port}" if url.port not in (None, PORTS[url.scheme]) else ""
    return Site(url.hostname or "", f"{url.scheme}://{url.hostname}{port}")


def possible() -> bool:
    """Whether browsers make passkeys for this site: they need a host with a name."""
    try:
        ipaddress.ip_address(site().host)
    except ValueError:
        return True
    return False


def ask() -> Response:
    """What the browser needs to show a passkey."""
    return _options(Passkey.authentication_options(site(), _challenge("show")))


def offer(staff: Staff) -> Response:
    """What the browser needs to make a passkey for `staff`."""
    return _options(Passkey.registration_options(staff, site(), _challenge(f"make {staff.id}")))


def shown() -> Proof:
    """Whose passkey the form has brought. Raises InvalidPasskeyError."""
    return Passkey.check(request.form.get("credential", ""), site(), _answered("show"))


def made(staff: Staff) -> tuple[str, Site, bytes, str]:
    """What the form has brought for `staff`, as credentials.add_passkey() takes it. Raises InvalidPasskeyError."""
    name = request.form.get("name", "").strip() or words.browser(request.user_agent.string) or "–"
    return request.form.get("credential", ""), site(), _answered(f"make {staff.id}"), name


def _options(json: str) -> Response:
    response = Response(json, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _challenge(purpose: str) -> bytes:
    challenge = secrets.token_bytes(32)
    session["challenge"] = base64.b64encode(challenge).decode(), purpose, now().timestamp()
    return challenge


def _answered(purpose: str) -> bytes:
    """Consume the challenge that this browser was given, once. Raises InvalidPasskeyError."""
    text, given_for, given_at = session.pop("challenge", ("", "", 0))
    late = now().timestamp() - given_at > LIFETIME.total_seconds()
    # The session is kept by the browser, which could bring an old one again: what was answered is written down here.
    if given_for != purpose or late or not Used.consume_once(f"challenge|{text}", LIFETIME):
        raise InvalidPasskeyError
    return base64.b64decode(text)
