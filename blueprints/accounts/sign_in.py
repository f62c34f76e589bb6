"""Sign in to the desk, by passkey or by password and code; sign out."""

from flask import Blueprint, Response, g, make_response, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import ServiceUnavailable

from blueprints.accounts import form_tokens, passkeys, returning, signed_in, stale_tokens
from blueprints.accounts.attempts import attempt
from blueprints.accounts.forms import CodeForm, SignInForm
from models import Passkey, Staff, Totp, now
from models.security import events
from models.staff import credentials
from models.staff.passkey import InvalidPasskeyError
from models.staff.passwords import BusyError
from web import errors, htmx
from wording import staff as staff_words

bp = Blueprint("sign_in", __name__)
bp.before_app_request(signed_in.load)
bp.before_app_request(signed_in.ask_for_second_factor)
bp.after_request(signed_in.keep_nothing)
bp.after_app_request(returning.give_back)
bp.add_app_template_global(staff_words.role, "role_name")

MAX_SECONDS_TO_CODE = 300  # between the password and the code
RETRY_SECONDS = 5  # when more passwords are to be checked than there is memory for


@bp.app_errorhandler(CSRFError)
def take_back(error: CSRFError) -> Response:
    """Answer a form with a CSRF token that is not valid (any more)."""
    signing_in = request.endpoint in ("sign_in.open_session", "sign_in.take_code")
    if signing_in and form_tokens.FIELD in request.form and errors.from_own_page():
        errors.note(error)
        return _sign_in(SignInForm(formdata=None), 400, stale=True)
    response = stale_tokens.answer()
    if response is None:
        return errors.show(error, repeat=g.staff is None or form_tokens.sender() in (None, g.staff.id))
    errors.note(error)
    return response


@bp.get("/sign-in")
def show() -> Response:
    """Ask for a passkey, or for e-mail address and password."""
    if g.staff:
        return htmx.follow(returning.destination(g.staff))
    return _sign_in(SignInForm(formdata=None))


@bp.post("/sign-in")
def open_session() -> Response:
    """Check the password. An unknown e-mail address gives the same answer as a wrong password, in the same time."""
    answer = SignInForm()
    if not answer.validate_on_submit():
        return _sign_in(answer, 422)
    proof = attempt(answer.email.data, lambda: credentials.check_password(answer.email.data, answer.password.data))
    if proof is None:
        answer.password.errors = [_("This e-mail address and password do not belong together.")]
        return _sign_in(answer, 422)
    if proof.factor == "password" and credentials.has_second_factor(proof.staff):
        session["password_of"] = proof.staff.id, now().timestamp()
        return htmx.follow(url_for(".second_step"))
    return signed_in.enter(proof)


@bp.get("/sign-in/code")
def second_step() -> Response:
    """Ask for the second factor after a correct password."""
    staff = _awaiting_code()
    return _second_step(staff, CodeForm(formdata=None)) if staff else htmx.follow(url_for(".show"))


@bp.post("/sign-in/code")
def take_code() -> Response:
    """Check the code and open a session."""
    staff, answer = _awaiting_code(), CodeForm()
    if staff is None:
        return htmx.follow(url_for(".show"))
    if not answer.validate_on_submit():
        return _second_step(staff, answer, 422)
    proof = attempt(staff.email, lambda: credentials.check_code(staff, answer.code.data, signed_in.browser()), "code")
    if proof is None:
        answer.code.errors = [wrong_code(staff)]
        return _second_step(staff, answer, 422)
    session.pop("password_of")
    return signed_in.enter(proof)


@bp.post("/sign-in/challenge")
def challenge() -> Response:
    """The options (with challenge) for the browser to sign in with a passkey."""
    return passkeys.ask()


@bp.post("/sign-in/passkey")
def take_passkey() -> Response:
    """Check the passkey and open a session."""
    try:
        return signed_in.enter(passkeys.shown())
    except InvalidPasskeyError:
        return _sign_in(SignInForm(formdata=None), 422, refused=True)


@bp.post("/sign-out")
def close_session() -> Response:
    """End the session."""
    return signed_in.leave(url_for(".show"))


@bp.app_errorhandler(BusyError)
def busy(error: BusyError) -> Response:
    """503: too many passwords were being checked at once."""
    events.record("limit-reached", "hashes")
    return errors.show(ServiceUnavailable(retry_after=RETRY_SECONDS))


def wrong_code(staff: Staff) -> str:
    """The error for a wrong code: of the app, if there is one, else of the recovery codes."""
    app = Totp.of(staff)
    if app and app.readable:
        return _("This code is not right, or it was used before. The app shows a new one every 30 seconds.")
    return _("This is none of your recovery codes, or it was used before.")


def _awaiting_code() -> Staff | None:
    """The account whose correct password was typed in this browser in the last minutes."""
    key, at = session.get("password_of", (0, 0))
    if now().timestamp() - at > MAX_SECONDS_TO_CODE:
        return None
    return Staff.get_or_none((Staff.id == key) & Staff.disabled_at.is_null())


def _sign_in(answer: SignInForm, status: int = 200, refused: bool = False, stale: bool = False) -> Response:
    page = render_template(
        "accounts/sign_in/show.html",
        answer=answer,
        refused=refused,
        stale=stale,
        kept=returning.KEPT in session,
        passkeys=passkeys.possible(),
    )
    return make_response(page, status)


def _second_step(staff: Staff, answer: CodeForm, status: int = 200) -> Response:
    with_passkey = passkeys.possible() and Passkey.of(staff).exists()
    page = render_template(
        "accounts/sign_in/second_step.html", answer=answer, passkeys=with_passkey, app=Totp.of(staff)
    )
    return make_response(page, status)
