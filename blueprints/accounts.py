"""Signing in to the desk and out of it."""

import datetime as dt
from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import TooManyRequests

from models import Counter, Staff, StaffSession
from models.staff import LONGEST
from models.throttle import visitor

from .forms import SignInForm

bp = Blueprint("accounts", __name__)

# Wrong passwords allowed. One visitor is stopped long before an account is: one stranger alone cannot lock a clerk out.
QUARTER, HOUR = dt.timedelta(minutes=15), dt.timedelta(hours=1)
PER_VISITOR, PER_ACCOUNT = 10, 100


def cookie() -> str:
    """The name of the staff's own session cookie; the __Host- prefix binds it to this host over HTTPS."""
    return "__Host-desk" if current_app.config["SESSION_COOKIE_SECURE"] else "desk"


@bp.before_app_request
def load_staff() -> None:
    """Who is signed in, once a request: g.staff is None for everybody else. Only the desk pays for the look-up."""
    token = request.cookies.get(cookie())
    staff_side = request.path.startswith(("/desk", "/sign-"))
    g.staff = StaffSession.find(token) if token and staff_side else None


@bp.get("/sign-in")
def sign_in() -> Response:
    """Ask for e-mail address and password."""
    if g.staff:
        return redirect(url_for("desk.index"), 303)
    return _page(SignInForm(formdata=None))


@bp.post("/sign-in")
def open_session() -> Response:
    """Open a session; unknown address and wrong password look the same and take as long."""
    answer = SignInForm()
    if not answer.validate_on_submit():
        return _page(answer, 422)
    _refuse_guessing(answer.email.data)
    staff = Staff.check(answer.email.data, answer.password.data)
    if staff is None:
        _count_failure(answer.email.data)
        answer.password.errors = [_("This e-mail address and password do not belong together.")]
        return _page(answer, 422)
    response = redirect(url_for("desk.index"), 303)
    _set_cookie(response, StaffSession.open(staff), max_age=int(LONGEST.total_seconds()))
    return response


@bp.post("/sign-out")
def close_session() -> Response:
    """End the session in the database, not only in the browser."""
    if token := request.cookies.get(cookie()):
        StaffSession.close(token)
    response = redirect(url_for(".sign_in"), 303)
    _set_cookie(response, "", max_age=0)
    return response


def _page(answer: SignInForm, status: int = 200) -> Response:
    response = make_response(render_template("accounts/sign_in.html", answer=answer), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _set_cookie(response: Any, token: str, max_age: int) -> None:
    response.set_cookie(cookie(), token, max_age=max_age, httponly=True, samesite="Strict",
                        secure=current_app.config["SESSION_COOKIE_SECURE"])  # fmt: skip


def _limits(email: str) -> tuple[tuple[str, dt.timedelta, int], ...]:
    one = visitor(request.remote_addr, current_app.config["SECRET_KEY"])
    return (f"sign-in|{one}", QUARTER, PER_VISITOR), (f"sign-in|{email.lower()}", HOUR, PER_ACCOUNT)


def _refuse_guessing(email: str) -> None:
    for name, window, most in _limits(email):
        if Counter.peek(name, window) >= most:
            raise TooManyRequests(retry_after=int(window.total_seconds()))


def _count_failure(email: str) -> None:
    for name, window, _most in _limits(email):
        Counter.hit(name, window)
