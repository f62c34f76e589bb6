"""One's own account at the desk: passkeys, password, authenticator app, recovery codes, open sessions."""

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    make_response,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from playhouse.flask_utils import get_object_or_404

from blueprints.accounts import guard, passkeys, returning, signed_in
from blueprints.accounts.forms import CodeForm, PasswordForm, ProofForm
from blueprints.accounts.sign_in import wrong_code
from models import Passkey, RecoveryCode, StaffSession, Totp
from models.staff import credentials
from models.staff.codes import app_url, draft_secrets
from models.staff.passkey import InvalidPasskeyError
from models.staff.passwords import EasyPasswordError
from models.staff.proof import Proof
from models.staff.staff import RefusedError
from paper import qr
from web import htmx
from wording import staff as staff_words

bp = Blueprint("account", __name__, url_prefix="/desk/account")
bp.before_request(guard.with_right("sign-in"))
bp.after_request(signed_in.keep_nothing)

WITHOUT_PROOF = ("account.show", "account.ask", "account.prove", "account.prove_by_passkey", "account.end_sessions")


@bp.before_request
def want_proof() -> Response | None:
    """Require a recent re-authentication before passkeys, passwords or codes can be changed."""
    free = g.staff_session.recently_proved or request.endpoint in WITHOUT_PROOF
    return None if free else htmx.goto(url_for(".ask"))


@bp.get("")
def show() -> Response:
    """Show the account: its factors and its open sessions."""
    return _show()


@bp.get("/proof")
def ask() -> Response:
    """Ask for a re-authentication."""
    return _ask(ProofForm(formdata=None))


@bp.post("/proof")
def prove() -> Response:
    """Re-authenticate by password and code."""
    answer = ProofForm()
    if not answer.validate_on_submit():
        return _ask(answer, 422)
    proof, wrong = signed_in.prove(answer.password.data, answer.code.data or "")
    if proof:
        return signed_in.renew(proof, url_for(f"{_target()}.show"))
    answer[wrong].errors = [wrong_code(g.staff) if wrong == "code" else _("This is not your password.")]
    return _ask(answer, 422)


@bp.post("/proof/passkey")
def prove_by_passkey() -> Response:
    """Re-authenticate by a passkey of this account."""
    try:
        proof = passkeys.shown()
    except InvalidPasskeyError:
        return _ask(ProofForm(formdata=None), 422, refused=True)
    if proof.staff != g.staff:
        return _ask(ProofForm(formdata=None), 422, refused=True)
    return signed_in.renew(proof, url_for(f"{_target()}.show"))


@bp.post("/passkeys/challenge")
def challenge() -> Response:
    """The options (with challenge) for the browser to make a passkey."""
    return passkeys.offer(g.staff)


@bp.post("/passkeys")
def add_passkey() -> Response:
    """Store the passkey that the browser made."""
    try:
        credentials.add_passkey(g.staff, passkeys.made(g.staff), signed_in.browser())
    except InvalidPasskeyError:
        return _show(422, refused="passkey")
    return signed_in.renew(Proof(g.staff, "passkey"), url_for(".show", done="passkey"))


@bp.post("/passkeys/<row:passkey>/remove")
def remove_passkey(passkey: int) -> Response:
    """Remove a passkey."""
    found = get_object_or_404(Passkey.of(g.staff), Passkey.id == passkey)
    try:
        credentials.remove_passkey(g.staff, found, g.staff_session, signed_in.browser())
    except RefusedError:
        return _show(409, refused="last")
    return htmx.follow(url_for(".show", done="removed"))


@bp.get("/authenticator")
def authenticator() -> Response:
    """Show the QR code for an authenticator app, and a field for the app's first code."""
    return _authenticator(CodeForm(formdata=None))


@bp.post("/authenticator")
def add_authenticator() -> Response:
    """Store the authenticator app if its code is right."""
    answer = CodeForm()
    if not answer.validate_on_submit():
        return _authenticator(answer, 422)
    code, browser = answer.code.data, signed_in.browser()
    if not any(credentials.add_totp(g.staff, secret, code, browser) for secret in _secrets()):
        answer.code.errors = [_("This code is not right. Is the clock of your telephone right?")]
        return _authenticator(answer, 422)
    return signed_in.renew(Proof(g.staff, "totp"), url_for(".show", done="authenticator"))


@bp.post("/authenticator/remove")
def remove_authenticator() -> Response:
    """Remove the authenticator app."""
    if not Totp.of(g.staff):
        abort(404)
    try:
        credentials.remove_totp(g.staff, g.staff_session, signed_in.browser())
    except RefusedError:
        return _show(409, refused="last")
    return htmx.follow(url_for(".show", done="removed"))


@bp.get("/password")
def password() -> Response:
    """Ask for a new password."""
    return _password(PasswordForm(formdata=None))


@bp.post("/password")
def change_password() -> Response:
    """Set a new password; end the other sessions."""
    answer = PasswordForm()
    if not answer.validate_on_submit():
        return _password(answer, 422)
    try:
        credentials.set_password(g.staff, answer.password.data, g.staff_session, signed_in.browser())
    except EasyPasswordError as error:
        answer.refuse(error)
        return _password(answer, 422)
    return htmx.follow(url_for(".show", done="password"))


@bp.post("/recovery-codes")
def renew_recovery_codes() -> Response:
    """Make ten new recovery codes. Only this answer shows them, so it does not redirect."""
    try:
        codes = credentials.renew_recovery_codes(g.staff, signed_in.browser())
    except RefusedError:
        return htmx.follow(url_for(".password"))
    return make_response(render_template("accounts/account/recovery_codes.html", codes=codes))


@bp.post("/sessions/end")
def end_sessions() -> Response:
    """End one session, or all but this one."""
    if request.form.get("session"):
        StaffSession.end(g.staff, request.form["session"])
    else:
        StaffSession.end_all(g.staff, keep=g.staff_session)
    return htmx.follow(url_for(".show", done="ended"))


def _show(status: int = 200, refused: str = "") -> Response:
    staff = g.staff
    page = render_template(
        "accounts/account/show.html",
        role=staff_words.role(staff.role),
        factor=staff_words.factor,
        passkeys=list(Passkey.of(staff)),
        possible=passkeys.possible(),
        authenticator=Totp.of(staff),
        codes=RecoveryCode.of(staff).count(),
        short=RecoveryCode.any_short(staff),
        by_recovery=g.staff_session.factor == "recovery",
        sessions=list(StaffSession.live().where(StaffSession.staff == staff)),
        bare=_bare(),
        fresh=g.staff_session.recently_proved,
        onward="" if _bare() else returning.asked_for(g.staff),
        done=request.args.get("done", ""),
        refused=refused,
    )
    return make_response(page, status)


def _bare() -> bool:
    """True while the session needs a second factor to open the desk."""
    return g.staff_session.password_only and current_app.config["STAFF_SECOND_FACTOR"]


def _ask(answer: ProofForm, status: int = 200, refused: bool = False) -> Response:
    page = render_template(
        "accounts/account/proof.html",
        answer=answer,
        passkeys=passkeys.possible() and Passkey.of(g.staff).exists(),
        codes=bool(g.staff.password_hash) and credentials.has_second_factor(g.staff),
        app=Totp.of(g.staff),
        target=_target(),
        refused=refused,
    )
    return make_response(page, status)


def _target() -> str:
    """The blueprint to go on to after the proof: `staff`, `systems` or `account`."""
    to = request.values.get("to")
    return to if to in ("staff", "systems") else "account"


def _authenticator(answer: CodeForm, status: int = 200) -> Response:
    if not g.staff.password_hash:  # an app is the second factor of a password, so the password comes first
        return htmx.follow(url_for(".password"))
    secret = _secrets()[0]
    code = qr.path(app_url(g.staff.email, secret), "M")
    return make_response(
        render_template("accounts/account/authenticator.html", answer=answer, qr=code, secret=secret), status
    )


def _secrets() -> list[str]:
    """The secret for the app that is being set up: the same in each tab, until the proof is too old."""
    return draft_secrets(g.staff, g.staff_session.proved_at)


def _password(answer: PasswordForm, status: int = 200) -> Response:
    return make_response(render_template("accounts/account/password.html", answer=answer), status)
