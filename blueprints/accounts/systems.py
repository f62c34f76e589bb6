"""The authorities' own systems and their tokens, for administrators: add, give a further token, revoke."""

from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from playhouse.flask_utils import get_object_or_404

from blueprints.accounts import guard, signed_in
from blueprints.accounts.system_forms import SystemForm, TokenForm
from models import ApiToken, Authority, System
from models.systems import delivery
from models.systems.system import Keys, last_day
from web import htmx
from web.languages import in_language

bp = Blueprint("systems", __name__, url_prefix="/desk/systems")
bp.before_request(guard.with_right("systems"))
bp.after_request(signed_in.keep_nothing)


@bp.before_request
def want_proof() -> Response | None:
    """Require a recent re-authentication for every change."""
    free = g.staff_session.recently_proved or request.method in ("GET", "HEAD")
    return None if free else htmx.goto(url_for("account.ask", to="systems"))


@bp.get("")
def show() -> Response:
    """List the systems with their tokens."""
    return _show(_form(SystemForm))


@bp.post("")
def add() -> Response:
    """Register a system and show its credentials. Only this answer shows them, so it does not redirect."""
    answer: Any = _form(SystemForm, sent=True)
    if not answer.validate_on_submit():
        return _show(answer, 422)
    authority = Authority.get(Authority.slug == answer.authority.data)
    name, test = answer.name.data, answer.test.data
    try:
        system, keys = System.add(authority, name, answer.hook_url.data, test, answer.expires_at, by=g.staff)
    except ValueError:
        answer.name.errors = [_("The authority has a system of this name already.")]
        return _show(answer, 422)
    return _once(system, keys)


@bp.get("/<row:system>")
def show_system(system: int) -> Response:
    """Show one system with its tokens, all that can be changed."""
    return _one(_system(system), _form(TokenForm))


@bp.post("/<row:system>/tokens")
def add_token(system: int) -> Response:
    """Give a system a further token and show it. Only this answer shows it, so it does not redirect."""
    known, answer = _system(system), _form(TokenForm, sent=True)
    if not answer.validate_on_submit():
        return _one(known, answer, 422)
    try:
        _token, text = ApiToken.add(known, answer.name.data, answer.expires_at, by=g.staff)
    except ValueError:
        answer.name.errors = [_("The system has a token of this name already.")]
        return _one(known, answer, 422)
    return _once(known, Keys(text, ""))


@bp.get("/tokens/<row:api_token>/revoke")
def ask_to_revoke_token(api_token: int) -> Response:
    """Ask whether to revoke a token."""
    token = get_object_or_404(ApiToken.select().where(ApiToken.revoked_at.is_null()), ApiToken.id == api_token)
    return _ask(token.system, token)


@bp.post("/tokens/<row:api_token>/revoke")
def revoke_token(api_token: int) -> Response:
    """Revoke a token; the others of its system go on."""
    token = get_object_or_404(ApiToken.select(), ApiToken.id == api_token)
    token.revoke(by=g.staff)
    return htmx.follow(url_for(".show_system", system=token.system_id, done="revoked"))


@bp.get("/<row:system>/revoke")
def ask_to_revoke(system: int) -> Response:
    """Ask whether to revoke a system with all its tokens."""
    return _ask(_system(system))


@bp.post("/<row:system>/revoke")
def revoke(system: int) -> Response:
    """Revoke a system: its tokens and its hook."""
    delivery.revoke(_system(system), by=g.staff)
    return htmx.follow(url_for(".show", done="revoked"))


def _system(key: int) -> System:
    """A system that is not revoked, or 404."""
    return get_object_or_404(System.loaded().where(System.revoked_at.is_null()), System.id == key)


def _form(kind: type[TokenForm], sent: bool = False) -> TokenForm:
    answer = kind() if sent else kind(formdata=None, expires_on=last_day(current_app.config["API_TOKEN_DAYS"]))
    if isinstance(answer, SystemForm):
        authorities = sorted((in_language(one.name), one.slug) for one in Authority.select())
        answer.authority.choices = [("", "–"), *((slug, name) for name, slug in authorities)]
    return answer


def _show(answer: TokenForm, status: int = 200) -> Response:
    page = render_template(
        "accounts/systems/show.html",
        systems=System.overview(),
        answer=answer,
        fresh=g.staff_session.recently_proved,
        done=request.args.get("done", ""),
    )
    return make_response(page, status)


def _one(system: System, answer: TokenForm, status: int = 200) -> Response:
    page = render_template(
        "accounts/systems/system.html",
        system=system,
        tokens=list(system.tokens.order_by(ApiToken.id)),
        answer=answer,
        fresh=g.staff_session.recently_proved,
        done=request.args.get("done", ""),
    )
    return make_response(page, status)


def _ask(system: System, token: ApiToken | None = None) -> Response:
    return make_response(render_template("accounts/systems/revoke.html", system=system, token=token))


def _once(system: System, keys: Keys) -> Response:
    return make_response(render_template("accounts/systems/keys.html", system=system, keys=keys))
