"""Paper without a readable QR code: find it by the first characters of its number, or give out a new number."""

import secrets
from typing import Any

from flask import Response, abort, g, url_for
from flask_babel import gettext as _
from wtforms import SelectChoice

import senders
from blueprints.accounts.guard import needs, require
from blueprints.desk.blueprint import bp, readable
from blueprints.desk.post_bag import own_bags
from blueprints.desk.post_bag_forms import BeginForm, NumberForm
from blueprints.public import contact_limits
from models import ConflictError, Contact, Dossier, Form, db, today
from models.desk import arrival
from models.dossiers.number import grouped
from web import htmx
from web.languages import current, in_language
from web.responses import private
from web.settings import undo_time
from wording import spelling

MAX_ROWS = 20  # if more are found, the page asks for one more character


@bp.get("/arrivals")
@needs("receive")
def arrivals() -> Response:
    """Ask for the first characters of a number that cannot be read completely."""
    return _arrivals(_begin_form())


@bp.post("/arrivals")
@needs("receive")
def find_arrivals() -> Response:
    """Find dossiers that expect paper by the first characters of their number. POST, as URLs are logged."""
    answer = _begin_form()
    if not answer.validate_on_submit():
        return _arrivals(answer, 422)
    found = list(g.scope.expected(answer.begin.data, answer.procedure.data).limit(MAX_ROWS + 1))
    return _arrivals(answer, found=found)


@bp.get("/registrations")
@needs("issue")
def registrations() -> Response:
    """Ask for a new number: for papers that came without one, or for a caller."""
    bag = own_bags().first()
    day = bag.arrived_on if bag and bag.of_today else today()
    answer = _number_form(formdata=None, key=secrets.token_urlsafe(18), language=current(), arrived_on=day)
    return _registrations(answer, 200)


@bp.post("/registrations")
@needs("issue")
def add_registration() -> Response:
    """Make a dossier; received at once if its papers are here. Idempotent by the key of the form."""
    answer = _number_form()
    tracked = _choose(answer)
    if not answer.key.data:  # without a key, two papers would get the same number
        abort(400)
    if answer.here.data:
        require("receive")
    if not answer.validate_on_submit():
        return _registrations(answer, 422)
    try:
        dossier = _within_limits(tracked[answer.tracked.data], answer)
    except ConflictError:
        abort(409)
    if dossier is None:
        return _registrations(answer, 422)
    return htmx.goto(url_for(".show_registration", number=dossier.number))


@bp.get("/registrations/<number:number>")
@needs("issue")
def show_registration(number: str) -> Response:
    """Show the new number, to read out or print."""
    dossier = readable(number)
    spelled = spelling.spelled(number, current())
    return private(
        htmx.page(
            "desk/registration.html",
            dossier=dossier,
            spelling=spelled,
            contacts=list(Contact.of(dossier)),
            marks=dossier.form.marks(current()),
            may_ask=bool(dossier.arrived_on) and "incomplete" in dossier.possible and g.staff.may("move"),
        )
    )


def _within_limits(form: Form, answer: NumberForm) -> Dossier | None:
    """Make the dossier; None, with the error at the field, if a limit is reached. Then nothing is counted."""
    with db.atomic() as transaction:
        dossier = _issue(form, answer) if _may_write(answer) else None
        if dossier is None or dossier.was_announced_before:
            transaction.rollback()
    return dossier


def _issue(form: Form, answer: NumberForm) -> Dossier:
    key, language, contacts = f"desk {g.staff.id} {answer.key.data}"[:40], answer.language.data, answer.contacts()
    if not answer.here.data:
        return Dossier.announce(form, language, key, contacts, by=g.staff)
    papers = arrival.Papers(form, language, contacts, answer.arrived_on.data, answer.reason.data or "")
    return arrival.record(papers, key, by=g.staff, hold=undo_time())


def _may_write(answer: NumberForm) -> bool:
    """True if the addresses are within the rate limits; else the error is added to the field."""
    allowed = True
    for channel, address in answer.contacts():
        if not contact_limits.allowed(channel, address, by=g.staff):
            field = answer.email if channel == "email" else answer.mobile
            field.errors = [_("We cannot write to this address at the moment. Please try again tomorrow.")]
            allowed = False
    return allowed


def _number_form(**given: Any) -> NumberForm:
    """The form for a new number, without a mobile number if no SMS can leave."""
    answer = NumberForm(**given)
    if "sms" not in senders.configured():
        del answer.by_sms, answer.mobile
    return answer


def _choose(answer: NumberForm) -> dict[str, Form]:
    """Set the choices of the form field; return {value of a choice: form}."""
    forms = {f"{each.procedure.slug}/{each.slug}": each for each in g.scope.forms()}
    titles = ((name, f"{in_language(each.procedure.title)}: {in_language(each.title)}") for name, each in forms.items())
    answer.tracked.choices = [SelectChoice(name, title) for name, title in titles]
    return forms


def _begin_form() -> BeginForm:
    answer = BeginForm()
    procedures = [each for each in g.scope.procedures() if each.tracked]
    answer.procedure.choices = [SelectChoice(each.slug, in_language(each.title)) for each in procedures]
    return answer


def _arrivals(answer: BeginForm, status: int = 200, found: list[Dossier] | None = None) -> Response:
    more = len(found or []) > MAX_ROWS
    answer.begin.data = grouped(answer.begin.data or "").strip("-")
    return htmx.page(
        "desk/arrivals.html",
        status,
        answer=answer,
        found=found and found[:MAX_ROWS],
        looked=found is not None,
        more=more,
    )


def _registrations(answer: NumberForm, status: int) -> Response:
    _choose(answer)
    return htmx.page(
        "desk/registrations.html", status, answer=answer, may_receive=g.staff.may("receive"), today=today()
    )
