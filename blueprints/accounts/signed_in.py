"""The session of staff at the desk, and its cookies."""

from typing import Any

from flask import Response, current_app, g, request, session, url_for

from blueprints.accounts import form_tokens, returning
from blueprints.accounts.attempts import attempt, browser_cookie
from models import KnownBrowser, StaffSession
from models.security import events
from models.staff import credentials
from models.staff.proof import Proof
from models.staff.session import KNOWN_BROWSER_LIFETIME, SESSION_LIFETIME
from web import htmx
from wording import staff as staff_words

HALF_DONE = ("password_of", "challenge")  # of the session: what a sign-in leaves there until it is complete
BEFORE_SECOND_FACTOR = ("sign_in", "account", "pwa")  # blueprints that are open without a second factor


def cookie() -> str:
    """The name of the staff session cookie; the __Host- prefix binds it to this host over HTTPS."""
    return "__Host-desk" if current_app.config["SESSION_COOKIE_SECURE"] else "desk"


def browser() -> str:
    """The kind of browser that asks, as in "Firefox, Windows"."""
    return staff_words.browser(request.user_agent.string)


def load() -> None:
    """Set g.staff and g.staff_session for this request, or None. Only paths of the staff cost a query."""
    token = request.cookies.get(cookie())
    staff_side = request.path.startswith(("/desk", "/sign-"))
    g.staff_session = StaffSession.find(token) if token and staff_side else None
    g.staff = g.staff_session.staff if g.staff_session else None
    g.session_over = bool(token) and staff_side and g.staff is None
    if g.staff:
        form_tokens.bind(g.staff)


def ask_for_second_factor() -> Response | None:
    """Redirect to the account page until a session opened by a password alone has a second factor."""
    bare = g.staff_session and g.staff_session.password_only and current_app.config["STAFF_SECOND_FACTOR"]
    if not bare or request.blueprint in BEFORE_SECOND_FACTOR:
        return None
    events.record("route-denied", "factor")
    return htmx.goto(url_for("account.show"))


def keep_nothing(response: Response) -> Response:
    """Forbid caches to keep a staff page."""
    response.headers["Cache-Control"] = "no-store"
    return response


def enter(proof: Proof) -> Response:
    """Open a session, remember this browser as known, and redirect to the page that was asked for.

    Ends the session it had before, and what was half done in it: its CSRF token, a password without its code.
    """
    # A recovery code is for the day when a device is gone: what is asked then is to set up another one.
    asked_for = returning.destination(proof.staff)
    response = htmx.follow(url_for("account.show") if proof.factor == "recovery" else asked_for)
    form_tokens.renew(proof.staff)
    for half_done in HALF_DONE:
        session.pop(half_done, None)
    _set_session(response, StaffSession.open(proof, browser(), before=request.cookies.get(cookie(), "")))
    known = KnownBrowser.remember(proof.staff, request.cookies.get(browser_cookie(), ""))
    _set_cookie(response, browser_cookie(), known, int(KNOWN_BROWSER_LIFETIME.total_seconds()))
    return response


def renew(proof: Proof, url: str) -> Response:
    """Redirect to `url` after a re-authentication, with a new session token.

    If a password alone had opened the session, it can more from now on: its CSRF token is renewed too.
    """
    if g.staff_session.password_only:
        form_tokens.renew(g.staff)
    response = htmx.follow(url)
    _set_session(response, g.staff_session.renew(proof))
    return response


def leave(url: str) -> Response:
    """End the session, in the database and in the browser, and redirect to `url`."""
    if token := request.cookies.get(cookie()):
        StaffSession.close(token)
    returning.forget()
    form_tokens.renew(None)
    response = htmx.follow(url)
    _set_cookie(response, cookie(), "", 0)
    response.headers["Clear-Site-Data"] = returning.CACHED_PAGES
    return response


def prove(password: str, code: str) -> tuple[Proof | None, str]:
    """Check password and code of the signed-in account: (proof, ""), or (None, name of the wrong field)."""
    staff = g.staff
    proof = attempt(staff.email, lambda: credentials.check_password(staff.email, password))
    if proof is None:
        return None, "password"
    if proof.factor == "password" and credentials.has_second_factor(staff):
        return attempt(staff.email, lambda: credentials.check_code(staff, code, browser()), "code"), "code"
    return proof, ""


def _set_session(response: Any, token: str) -> None:
    _set_cookie(response, cookie(), token, int(SESSION_LIFETIME.total_seconds()))


def _set_cookie(response: Any, name: str, value: str, max_age: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        httponly=True,
        samesite="Strict",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
