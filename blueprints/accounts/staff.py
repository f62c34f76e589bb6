"""Staff accounts, for administrators: invite, disable, enable, sign out, reset; and confirm what takes two of them."""

from collections.abc import Callable

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from peewee import IntegrityError
from playhouse.flask_utils import get_object_or_404

from blueprints.accounts import guard, signed_in
from blueprints.accounts.forms import InvitationForm
from models import Approval, Authority, Staff
from models.staff import accounts, rights
from models.staff.approval import APPROVAL_LIFETIME, NobodyToConfirmError
from models.staff.staff import ROLES, RefusedError
from web import htmx
from web.languages import in_language
from web.links import link_to
from wording import staff as staff_words

bp = Blueprint("staff", __name__, url_prefix="/desk/staff")
bp.before_request(guard.with_right("accounts"))
bp.after_request(signed_in.keep_nothing)

PAGE_ROWS = 25
MAX_PAGE = 10_000
ACTIONS = {"disable": accounts.disable, "enable": accounts.enable, "sign-out": accounts.end_sessions}


@bp.before_request
def want_proof() -> Response | None:
    """Require a recent re-authentication for every change."""
    free = g.staff_session.recently_proved or request.method in ("GET", "HEAD")
    return None if free else htmx.goto(url_for("account.ask", to="staff"))


@bp.get("")
def show() -> Response:
    """List the accounts."""
    return _show(_form(formdata=None))


@bp.post("")
def invite() -> Response:
    """Make an account and show its invitation link. Only this answer shows the link, so it does not redirect."""
    answer = _form()
    if not answer.validate_on_submit():
        return _show(answer, 422)
    email, role, slug = answer.email.data, answer.role.data, answer.authority.data
    authority = Authority.get_or_none(Authority.slug == slug) if rights.has_authority(role) else None
    try:
        return _link(email, accounts.invite(email, role, authority, by=g.staff))
    except accounts.SecondNeededError:
        return _ask_for_second(lambda: Approval.ask_to_invite(email, role, g.staff, signed_in.browser()), answer)
    except IntegrityError:
        return _show(_taken(answer), 422)
    except ValueError:
        answer.authority.errors = [_("A clerk belongs to an authority: please choose it.")]
        return _show(answer, 422)


@bp.post("/<row:account>")
def change(account: int) -> Response:
    """Disable an account, enable it again, or end all its sessions."""
    staff, action = get_object_or_404(Staff.people(), Staff.id == account), request.form.get("action", "")
    if action not in ACTIONS:
        abort(400)
    try:
        ACTIONS[action](staff, by=g.staff, browser=signed_in.browser())
    except RefusedError:
        return _refuse("account")
    except accounts.SecondNeededError:
        return _ask_for_second(lambda: Approval.ask(action, staff, g.staff, signed_in.browser()))
    return htmx.follow(url_for(".show", done=action))


@bp.post("/<row:account>/reset")
def reset(account: int) -> Response:
    """Delete password and second factors of an account; show its new invitation link, once."""
    staff = get_object_or_404(Staff.people(), Staff.id == account)
    try:
        return _link(staff.email, accounts.reset(staff, by=g.staff, browser=signed_in.browser()))
    except RefusedError:
        return _refuse("account")
    except accounts.SecondNeededError:
        return _ask_for_second(lambda: Approval.ask("reset", staff, g.staff, signed_in.browser()))


@bp.post("/approvals/<row:approval>")
def decide(approval: int) -> Response:
    """Confirm what another administrator asked for, or refuse it. A new invitation link is shown once."""
    found = get_object_or_404(Approval.waiting(), Approval.id == approval)
    try:
        if request.form.get("action") == "confirm":
            token = accounts.confirm(found, g.staff, signed_in.browser())
            return _link(found.email, token) if token else htmx.follow(url_for(".show", done="confirmed"))
        found.refuse(g.staff, signed_in.browser())
    except (RefusedError, IntegrityError):
        return _refuse("approval")
    return htmx.follow(url_for(".show", done="refused"))


def _ask_for_second(ask: Callable[[], None], answer: InvitationForm | None = None) -> Response:
    """Ask another administrator to confirm, by `ask`."""
    try:
        ask()
    except NobodyToConfirmError:
        return _refuse("nobody")
    except RefusedError:
        return _refuse("account")
    except IntegrityError:
        return _show(_taken(answer), 422) if answer else _refuse("approval")
    return htmx.follow(url_for(".show", done="asked"))


def _taken(answer: InvitationForm) -> InvitationForm:
    answer.email.errors = [_("There is an account with this e-mail address already.")]
    return answer


def _refuse(why: str) -> Response:
    return _show(_form(formdata=None), 409, refused=why)


def _form(**options: None) -> InvitationForm:
    answer = InvitationForm(**options)
    answer.role.choices = [(role, staff_words.role(role)) for role in ROLES]
    authorities = sorted((in_language(one.name), one.slug) for one in Authority.select())
    answer.authority.choices = [("", "–"), *((slug, name) for name, slug in authorities)]
    return answer


def _show(answer: InvitationForm, status: int = 200, refused: str = "") -> Response:
    page = min(max(request.args.get("page", 1, type=int), 1), MAX_PAGE)
    rows = accounts.overview(PAGE_ROWS + 1, offset=(page - 1) * PAGE_ROWS)
    text = render_template(
        "accounts/staff/show.html",
        accounts=rows[:PAGE_ROWS],
        approvals=list(Approval.waiting()),
        lifetime=APPROVAL_LIFETIME,
        more=len(rows) > PAGE_ROWS,
        page=page,
        answer=answer,
        refused=refused,
        fresh=g.staff_session.recently_proved,
        done=request.args.get("done", ""),
    )
    return make_response(text, status)


def _link(email: str, token: str) -> Response:
    url = link_to("invitations.show", token=token)
    return make_response(render_template("accounts/staff/link.html", email=email, url=url))
