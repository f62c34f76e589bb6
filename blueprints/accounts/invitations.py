"""Where the link of an invitation leads: into a new account, or back into one's own."""

from flask import Blueprint, Response, make_response, render_template

from blueprints.accounts import passkeys, signed_in
from blueprints.accounts.forms import PasswordForm
from models import Invitation
from models.staff import credentials
from models.staff.passkey import InvalidPasskeyError
from models.staff.passwords import EasyPasswordError
from models.staff.staff import RefusedError
from wording import staff as words

bp = Blueprint("invitations", __name__, url_prefix="/sign-in/invitation")
bp.after_request(signed_in.keep_nothing)


@bp.get("/<token>")
def show(token: str) -> Response:
    """Two ways to come in. Looking at it uses nothing up: mail programs follow links."""
    found = Invitation.find(token)
    return _show(token, found, PasswordForm(formdata=None)) if found else _over()


@bp.post("/<token>")
def accept(token: str) -> Response:
    """Come in with a password; a second step is set up next."""
    found, answer = Invitation.find(token), PasswordForm()
    if found is None:
        return _over()
    if not answer.validate_on_submit():
        return _show(token, found, answer, 422)
    try:
        return signed_in.enter(credentials.accept_by_password(found, answer.password.data))
    except EasyPasswordError:
        answer.refuse()
        return _show(token, found, answer, 422)
    except RefusedError:
        return _over()


@bp.post("/<token>/challenge")
def challenge(token: str) -> Response:
    """What the browser needs to make a passkey for who was invited."""
    found = Invitation.find(token)
    return passkeys.offer(found.staff) if found else _over()


@bp.post("/<token>/passkey")
def accept_passkey(token: str) -> Response:
    """Come in with a passkey."""
    found = Invitation.find(token)
    if found is None:
        return _over()
    try:
        return signed_in.enter(credentials.accept_by_passkey(found, *passkeys.made(found.staff)))
    except InvalidPasskeyError:
        return _show(token, found, PasswordForm(formdata=None), 422, refused=True)
    except RefusedError:
        return _over()


def _show(token: str, found: Invitation, answer: PasswordForm, status: int = 200, refused: bool = False) -> Response:
    page = render_template(
        "accounts/invitations/show.html",
        token=token,
        staff=found.staff,
        authority=found.staff.authority,
        answer=answer,
        refused=refused,
        role=words.role(found.staff.role),
        passkeys=passkeys.possible(),
    )
    return make_response(page, status)


def _over() -> Response:
    """Used, too old, replaced or never given out: all look the same."""
    return make_response(render_template("accounts/invitations/over.html"), 404)
