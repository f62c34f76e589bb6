"""Registration of a form, in three steps: the CAPTCHA, the contacts, the number."""

import secrets
import time
from collections.abc import Sequence

from flask import Blueprint, Response, abort, request, session, url_for
from flask_babel import gettext as _
from peewee import ModelSelect

from blueprints.public import captcha, contact_limits
from blueprints.public.forms import ContactForm
from blueprints.public.procedures import offered_forms
from models import Dossier, Form, Procedure
from models.built_once import BuiltOnce
from web import htmx
from web.languages import current
from web.responses import private

bp = Blueprint("tracking", __name__, url_prefix="/track")

PASS_SECONDS = 3600  # how long a pass of the CAPTCHA is valid, for one dossier
MAX_PASSES = 8  # that a session keeps, so that several tabs work


def tracked(slug: str, form: str) -> "ModelSelect[Form]":
    """Query: the form that eTracking is offered for under this address."""
    return offered_forms().where(Form.tracked, Procedure.slug == slug, Form.slug == form)


TRACKED = BuiltOnce(tracked)


@bp.get("/<slug>/<form>")
def start(slug: str, form: str) -> Response:
    """Show the CAPTCHA."""
    return _start(_tracked(slug, form))


@bp.post("/<slug>/<form>")
def check(slug: str, form: str) -> Response:
    """Check the CAPTCHA and give out a pass, valid for one number."""
    wanted = _tracked(slug, form)
    kept = _kept()
    if not _has_unused_pass(_scope(wanted)):  # after a double tap, the first request has already made the pass
        error, key = captcha.verify(request.form, _scope(wanted), session.get("visitor", ""))
        if error:
            return _start(wanted, error, kept)
        _give_pass(_scope(wanted), key)
    if kept:
        return _contact(wanted, _answer(wanted, key=_newest_pass(_scope(wanted)) or ""))
    return htmx.follow(url_for(".contact", slug=slug, form=form))


@bp.get("/<slug>/<form>/contact")
def contact(slug: str, form: str) -> Response:
    """Ask for e-mail, SMS, both or neither. Without a pass, redirect to the CAPTCHA."""
    wanted = _tracked(slug, form)
    key = _newest_pass(_scope(wanted))
    if key is None:
        return htmx.follow(url_for(".start", slug=slug, form=form))
    if dossier := Dossier.get_or_none(Dossier.key == key):
        return htmx.goto(url_for("status.show", number=dossier.number))
    return _contact(wanted, _answer(wanted, key=key))


@bp.post("/<slug>/<form>/contact")
def register(slug: str, form: str) -> Response:
    """Announce the dossier and redirect to its page. One pass is one dossier, however often it is sent.

    Without a valid pass the CAPTCHA comes again, and with it what was typed.
    """
    wanted = _tracked(slug, form)
    answer = _answer(wanted)
    if answer.key.data not in _passes(_scope(wanted)):
        return _again(wanted, answer.key.data or "")
    if not answer.validate_on_submit() or _is_program(answer):
        return _contact(wanted, answer, 422)
    contacts = answer.contacts()
    dossier = contact_limits.announce(wanted, current(), answer.key.data, contacts)
    if dossier is None:
        return _again(wanted, answer.key.data or "")
    without = contact_limits.untold(dossier, contacts)
    return htmx.goto(url_for("status.show", number=dossier.number, new=1, without=without))


def _again(form: Form, key: str) -> Response:
    """Ask for the CAPTCHA once more, in place of the pass `key`, and keep what was typed into the contact step."""
    session["passes"] = {other: of for other, of in session.get("passes", {}).items() if other != key}
    kept = _kept()
    return _start(form, kept=kept) if kept else htmx.follow(_start_url(form))


def _tracked(slug: str, form: str) -> Form:
    """The form of this address, or 404. Each step of a registration asks for it."""
    (found,) = TRACKED.rows(slug=slug, form=form) or [None]
    return found or abort(404)


def _scope(form: Form) -> str:
    return f"{form.procedure.slug}/{form.slug}"


def _start(form: Form, error: str | None = None, kept: Sequence[tuple[str, str]] = ()) -> Response:
    """The CAPTCHA. `kept` are fields of the contact step that come along; they are checked there."""
    session.setdefault("visitor", secrets.token_urlsafe(12))  # who presses twice is known by it
    offer = captcha.offer(_scope(form))
    context = {"form": form, "captcha": offer, "captcha_error": error, "kept": kept}
    status = 422 if error or kept else 200
    response = private(htmx.page("public/tracking/start.html", status, _start_url(form), **context))
    if offer["place"]:
        response.status_code, response.headers["Retry-After"] = 429, str(offer["place"].seconds)
    return response


def _start_url(form: Form) -> str:
    return url_for(".start", slug=form.procedure.slug, form=form.slug)


def _kept() -> list[tuple[str, str]]:
    """What was typed into the contact step, if the form that was sent has any of it."""
    return [(name, text[:300]) for name in ContactForm.TYPED if (text := request.form.get(name, ""))]


def _answer(form: Form, **data: str) -> ContactForm:
    """The form of the contact step, without a mobile number if no SMS can be chosen."""
    answer = ContactForm(**data)
    if not contact_limits.offers_sms(form.procedure):
        del answer.by_sms, answer.mobile
    return answer


def _contact(form: Form, answer: ContactForm, status: int = 200) -> Response:
    return htmx.page("public/tracking/contact.html", status, form=form, answer=answer, push=request.path)


def _give_pass(scope: str, key: str) -> None:
    kept = sorted(session.get("passes", {}).items(), key=lambda item: item[1][1])[1 - MAX_PASSES :]
    session["passes"] = dict(kept) | {key: [scope, time.time() + PASS_SECONDS]}


def _passes(scope: str) -> list[str]:
    """The keys of this session's valid passes for `scope`, oldest first."""
    passes = sorted(session.get("passes", {}).items(), key=lambda item: item[1][1])
    return [key for key, (of, expires) in passes if of == scope and expires > time.time()]


def _newest_pass(scope: str) -> str | None:
    passes = _passes(scope)
    return passes[-1] if passes else None


def _is_program(answer: ContactForm) -> bool:
    """True if the honeypot field is filled in. It is emptied, so that after a password manager the next try works."""
    filled, answer.website.data, answer.website.raw_data = bool(answer.website.data), "", []
    if filled:
        answer.website.errors = [_("Something filled in a hidden field. Please send the form once more.")]
    return filled


def _has_unused_pass(scope: str) -> bool:
    key = _newest_pass(scope)
    return key is not None and not Dossier.select().where(Dossier.key == key).exists()
