"""Staff accounts, for administrators: invite, disable, enable, sign out, reset."""

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from peewee import IntegrityError
from playhouse.flask_utils import get_object_or_404

from blueprints.accounts import guard, signed_in
from blueprints.accounts.forms import InvitationForm
from models import Authority, Staff
from models.staff import accounts, rights
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
    role, slug = answer.role.data, answer.authority.data
    authority = Authority.get_or_none(Authority.slug == slug) if rights.has_authority(role) else None
    try:
        token = accounts.invite(answer.email.data, role, authority, by=g.staff)
    except IntegrityError:
        answer.email.errors = [_("There is an account with this e-mail address already.")]
        return _show(answer, 422)
    except ValueError:
        answer.authority.errors = [_("A clerk belongs to an authority: please choose it.")]
        return _show(answer, 422)
    return _link(answer.email.data, token)


@bp.post("/<row:account>")
def change(account: int) -> Response:
    """Disable an account, enable it again, or end all its sessions."""
    staff, verb = get_object_or_404(Staff.people(), Staff.id == account), ACTIONS.get(request.form.get("action", ""))
    if verb is None:
        abort(400)
    try:
        verb(staff, by=g.staff)
    except RefusedError:
        return _show(_form(formdata=None), 409, refused=True)
    return htmx.follow(url_for(".show", done=request.form["action"]))


@bp.post("/<row:account>/reset")
def reset(account: int) -> Response:
    """Delete password and second factors of an account; show its new invitation link, once."""
    staff = get_object_or_404(Staff.people(), Staff.id == account)
    try:
        return _link(staff.email, accounts.reset(staff, by=g.staff))
    except RefusedError:
        return _show(_form(formdata=None), 409, refused=True)


def _form(**options: None) -> InvitationForm:
    answer = InvitationForm(**options)
    answer.role.choices = [(role, staff_words.role(role)) for role in ROLES]
    authorities = sorted((in_language(one.name), one.slug) for one in Authority.select())
    answer.authority.choices = [("", "–"), *((slug, name) for name, slug in authorities)]
    return answer


def _show(answer: InvitationForm, status: int = 200, refused: bool = False) -> Response:
    page = min(max(request.args.get("page", 1, type=int), 1), MAX_PAGE)
    rows = accounts.overview(PAGE_ROWS + 1, offset=(page - 1) * PAGE_ROWS)
    text = render_template(
        "accounts/staff/show.html",
        accounts=rows[:PAGE_ROWS],
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
