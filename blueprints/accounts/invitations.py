"""Accept an invitation: set a password or a passkey for a new account, or for one that was reset."""

from flask import Blueprint, Response, make_response, render_template

from blueprints.accounts import passkeys, signed_in
from blueprints.accounts.forms import PasswordForm
from models import Invitation
from models.security import events
from models.staff import credentials
from models.staff.passkey import InvalidPasskeyError
from models.staff.passwords import EasyPasswordError
from models.staff.staff import RefusedError
from wording import staff as staff_words

bp = Blueprint("invitations", __name__, url_prefix="/sign-in/invitation")
bp.after_request(signed_in.keep_nothing)


@bp.get("/<token>")
def show(token: str) -> Response:
    """Offer a password or a passkey. This does not consume the invitation, because mail programs open links too."""
    found = Invitation.find(token)
    return _show(token, found, PasswordForm(formdata=None)) if found else _over()


@bp.post("/<token>")
def accept(token: str) -> Response:
    """Accept with a password; the second factor is set up next."""
    found, answer = Invitation.find(token), PasswordForm()
    if found is None:
        return _over()
    if not answer.validate_on_submit():
        return _show(token, found, answer, 422)
    try:
        return signed_in.enter(credentials.accept_by_password(found, answer.password.data, signed_in.browser()))
    except EasyPasswordError as error:
        answer.refuse(error)
        return _show(token, found, answer, 422)
    except RefusedError:
        return _over()


@bp.post("/<token>/challenge")
def challenge(token: str) -> Response:
    """The options (with challenge) for the browser to make a passkey for the invited person."""
    found = Invitation.find(token)
    return passkeys.offer(found.staff) if found else _over()


@bp.post("/<token>/passkey")
def accept_passkey(token: str) -> Response:
    """Accept with a passkey."""
    found = Invitation.find(token)
    if found is None:
        return _over()
    try:
        return signed_in.enter(credentials.accept_by_passkey(found, passkeys.made(found.staff), signed_in.browser()))
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
        role=staff_words.role(found.staff.role),
        passkeys=passkeys.possible(),
    )
    return make_response(page, status)


def _over() -> Response:
    """404: the same page for a used, expired, replaced or unknown invitation."""
    events.record("token-refused", "invitation")
    return make_response(render_template("accounts/invitations/over.html"), 404)
