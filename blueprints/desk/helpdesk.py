"""On the telephone: find the dossier, see what was sent and what arrived, put an address right. All in one minute."""

import datetime as dt
import secrets
from typing import Any

from flask import Response, abort, g, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import TooManyRequests

from blueprints.accounts.guard import needs
from blueprints.desk import bp
from blueprints.desk.helpdesk_forms import ContactForm, LookUpForm
from blueprints.public import contact_limits
from models import Contact, Counter, Dossier, Notification
from models.desk import helpdesk
from models.notifications import addresses
from web import htmx as hx
from web.form_fields import ButtonForm
from wording import dossier as words
from wording import notifications as notification_words

SHOWN = 50
HOUR, LOOK_UPS = dt.timedelta(hours=1), 120  # of one account: nobody has more calls, a program would


@bp.get("/helpdesk")
@needs("help")
def helpdesk_page() -> Response:
    """The fields to find a dossier, and whom we could not reach."""
    return _page(LookUpForm(formdata=None))


@bp.post("/helpdesk")
@needs("help")
def look_up_contact() -> Response:
    """The dossiers that tell the address that the caller says. It goes into no address bar and no log."""
    form = LookUpForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    _count_look_up()
    found = helpdesk.find(g.scope, form.channel, form.address.data, form.reason.data)
    return hx.page("desk/found.html", found=found, most=helpdesk.MOST)


@bp.get("/contacts/<row:contact>")
@needs("help")
def show_contact(contact: int) -> Response:
    """One contact of a dossier, and what can be done about it."""
    return _contact(_known(contact), ContactForm(formdata=None))


@bp.post("/contacts/<row:contact>")
@needs("help")
def handle_contact(contact: int) -> Response:
    """Show, correct, stop or erase an address. What is shown is shown in this answer and kept nowhere."""
    known, form = _known(contact), ContactForm()
    if not form.validate_on_submit():
        return _contact(known, form, 422) if form.act.data in form.ACTS else abort(400)
    reason = form.reason.data
    if form.act.data == "unmask":
        _count_look_up()
        return _contact(known, ContactForm(formdata=None), shown=helpdesk.unmask(known, g.staff, reason))
    if form.act.data == "correct" and (problem := _corrected(known, form)):
        form.address.errors = [problem]
        return _contact(known, form, 422)
    if form.act.data == "stop":
        helpdesk.stop(known, g.staff, reason)
    if form.act.data == "erase":
        helpdesk.erase(known, g.staff, reason)
        return hx.goto(url_for(".show", number=known.dossier.number))
    return hx.follow(url_for(".show_contact", contact=contact, done=form.act.data))


@bp.get("/notifications/<row:notification>")
@needs("help")
def show_notification(notification: int) -> Response:
    """One notification: what became of it."""
    return _notification(notification)


@bp.post("/notifications/<row:notification>/again")
@needs("help")
def send_again(notification: int) -> Response:
    """One more round of attempts for a notification that we had given up."""
    known = g.scope.notification(notification) or abort(404)
    if not ButtonForm().validate_on_submit():
        abort(400)
    if not helpdesk.send_again(known, g.staff):
        return _notification(notification, 409)
    return hx.follow(url_for(".show_notification", notification=notification))


@bp.context_processor
def parts() -> dict[str, Any]:
    """What the parts about a dossier ask for themselves, so that any page of the desk may include them."""
    return {
        "contacts_of": _contacts_of,
        "notifications_of": _notifications_of,
        "as_seen": words.of,
        "successor_of": addresses.pending,
        "contact_form": lambda: ContactForm(formdata=None),
        "sent": notification_words,
    }


def _contacts_of(dossier: Dossier) -> list[Contact]:
    standing = (Contact.dossier == dossier) & Contact.replaced_at.is_null()
    return list(g.scope.contacts().where(standing).order_by(Contact.id))


def _notifications_of(dossier: Dossier) -> list[tuple[Notification, bool]]:
    """The notifications about `dossier`, the latest first; with each, whether it can be sent again."""
    of_dossier = Dossier.id == dossier.id
    rows = list(g.scope.notifications().where(of_dossier).order_by(Notification.id.desc()))
    ended_badly = any(row.state in ("failed", "unknown") for row in rows)
    dead = {row.id for row in g.scope.dead_letters().where(of_dossier)} if ended_badly else set()
    return [(row, row.id in dead) for row in rows]


def _page(form: LookUpForm, status: int = 200) -> Response:
    unreached, dead = g.scope.unreached(), g.scope.dead_letters()
    return hx.page(
        "desk/helpdesk.html",
        status,
        form=form,
        unreached=list(unreached.order_by(Contact.id.desc()).limit(SHOWN)),
        unreached_count=unreached.count(),
        dead_letters=list(dead.order_by(Notification.id.desc()).limit(SHOWN)),
        dead_count=dead.count(),
        shown=SHOWN,
    )


def _count_look_up() -> None:
    """Whoever reads address after address is no caller's helper: neither by what is typed nor row by row."""
    if Counter.hit_rolling(f"look-ups of {g.staff.id}", HOUR) > LOOK_UPS:
        raise TooManyRequests(retry_after=int(HOUR.total_seconds()))


def _known(contact: int) -> Contact:
    return g.scope.contact(contact) or abort(404)


def _contact(contact: Contact, form: ContactForm, status: int = 200, shown: str = "") -> Response:
    """One contact; `shown` is its address, for this one answer."""
    return hx.page(
        "desk/contact.html",
        status,
        contact=contact,
        form=form,
        address_shown=shown,
        contact_done=request.args.get("done", ""),
    )


def _notification(key: int, status: int = 200) -> Response:
    notification = g.scope.notification(key) or abort(404)
    again = g.scope.dead_letters().where(Notification.id == key).exists()
    return hx.page("desk/notification.html", status, notification=notification, again=again, too_late=status == 409)


def _corrected(contact: Contact, form: ContactForm) -> str:
    """Ask the new address; or why that cannot be done."""
    channel, address = form.channel, form.address.data
    if not contact_limits.allowed(channel, address, permit=secrets.token_hex(8), by=g.staff):
        return _("We cannot write to this address at the moment. Please try again tomorrow.")
    try:
        helpdesk.correct(contact, channel, address, g.staff, form.reason.data)
    except addresses.Taken:
        return _("This address is being told already.")
    except addresses.Full:
        return _("No more than %(most)s addresses can be told of one dossier.", most=addresses.MOST)
    return ""
