"""The helpdesk: find a caller's dossier, see its notifications, correct an address."""

import datetime as dt

from flask import Response, abort, g, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import TooManyRequests

from blueprints.accounts.guard import needs
from blueprints.desk import caller
from blueprints.desk.blueprint import bp
from blueprints.desk.helpdesk_forms import ContactForm, LookUpForm
from blueprints.public import contact_limits
from models import Contact, Counter, Notification, db
from models.desk import disclosure, helpdesk
from models.notifications import addresses
from models.security import events
from web import htmx
from web.form_fields import ButtonForm

MAX_ROWS = 50  # of each list; counting what is beyond them would read all of it
HOUR = dt.timedelta(hours=1)
MAX_LOOK_UPS = 120  # of one account in an hour: more than calls allow, so a program


@bp.get("/helpdesk")
@needs("help")
def helpdesk_page() -> Response:
    """Show the search, the contacts that could not be reached, and the dead letters."""
    if g.staff.may("see-all"):
        disclosure.listed(g.staff, "helpdesk")
    return _page(LookUpForm(formdata=None))


@bp.post("/helpdesk")
@needs("help")
def look_up_contact() -> Response:
    """Find the dossiers of a caller's e-mail address or mobile number. POST, so that it is in no URL and no log."""
    answer = LookUpForm()
    if not answer.validate_on_submit():
        return _page(answer, 422)
    _count_look_up()
    dossiers = helpdesk.find(g.scope, answer.channel, answer.address.data, answer.reason.data)
    contacts = helpdesk.contacts_of(g.scope, dossiers)
    found = [(dossier, [contact.masked for contact in contacts[dossier.id]]) for dossier in dossiers]
    return htmx.page("desk/found.html", found=found, max_found=helpdesk.MAX_FOUND)


@bp.get("/contacts/<row:contact>")
@needs("help")
def show_contact(contact: int) -> Response:
    """Show one contact of a dossier, with the form to change it."""
    known = _known(contact)
    disclosure.opened(g.staff, known.dossier_id)
    return _contact(known, ContactForm(formdata=None))


@bp.post("/contacts/<row:contact>")
@needs("help")
def handle_contact(contact: int) -> Response:
    """Unmask, correct, stop or erase a contact. An unmasked address is only in this answer."""
    known, answer = _known(contact), ContactForm()
    if not answer.validate_on_submit():
        return _contact(known, answer, 422) if answer.act.data in answer.ACTS else abort(400)
    reason = answer.reason.data
    if answer.act.data == "unmask":
        _count_look_up()
        return _contact(known, ContactForm(formdata=None), shown=helpdesk.unmask(known, g.staff, reason))
    if answer.act.data == "correct" and (problem := _corrected(known, answer)):
        answer.address.errors = [problem]
        return _contact(known, answer, 422)
    if answer.act.data == "stop":
        helpdesk.stop(known, g.staff, reason)
    if answer.act.data == "erase":
        helpdesk.erase(known, g.staff, reason)
        return htmx.goto(url_for(".show", number=known.dossier.number))
    return htmx.follow(url_for(".show_contact", contact=contact, done=answer.act.data))


@bp.get("/notifications/<row:notification>")
@needs("help")
def show_notification(notification: int) -> Response:
    """Show one notification and its state."""
    return _notification(notification)


@bp.post("/notifications/<row:notification>/again")
@needs("help")
def send_again(notification: int) -> Response:
    """Send a dead letter again, with a new round of attempts."""
    known = g.scope.notification(notification) or abort(404)
    if not ButtonForm().validate_on_submit():
        abort(400)
    if not helpdesk.send_again(known, g.staff):
        return _notification(notification, 409)
    return htmx.follow(url_for(".show_notification", notification=notification))


def _page(answer: LookUpForm, status: int = 200) -> Response:
    unreached = list(g.scope.unreached().order_by(Contact.failed_at.desc(), Contact.id.desc()).limit(MAX_ROWS + 1))
    letters = g.scope.dead_letters().order_by(Notification.created_at.desc(), Notification.id.desc())
    dead = list(letters.limit(MAX_ROWS + 1))
    return htmx.page(
        "desk/helpdesk.html",
        status,
        answer=answer,
        unreached=unreached[:MAX_ROWS],
        unreached_count=len(unreached),
        dead_letters=caller.dead_cards(dead[:MAX_ROWS]),
        dead_count=len(dead),
        max_rows=MAX_ROWS,
    )


def _count_look_up() -> None:
    """Rate limit on look-ups and unmasked addresses, against copying many. Raises TooManyRequests."""
    if Counter.hit_rolling(f"look-ups of {g.staff.id}", HOUR) > MAX_LOOK_UPS:
        events.record("limit-reached", "helpdesk")
        raise TooManyRequests(retry_after=int(HOUR.total_seconds()))


def _known(contact: int) -> Contact:
    return g.scope.contact(contact) or abort(404)


def _contact(contact: Contact, answer: ContactForm, status: int = 200, shown: str = "") -> Response:
    """Show one contact; `shown` is its unmasked address, for this answer only."""
    card = caller.contact_card(contact, answer, shown, request.args.get("done", ""))
    return htmx.page("desk/contact.html", status, card=card)


def _notification(key: int, status: int = 200) -> Response:
    notification = g.scope.notification(key) or abort(404)
    again = g.scope.dead_letters().where(Notification.id == key).exists()
    sent = caller.SentCard(notification, again, too_late=status == 409)
    return htmx.page("desk/notification.html", status, sent=sent)


def _corrected(contact: Contact, answer: ContactForm) -> str:
    """Correct the contact; the new address is asked first. Returns the error to show, or an empty text."""
    channel, address = answer.channel, answer.address.data
    if channel == "sms" and not contact_limits.offers_sms(contact.dossier.form.procedure):
        return _("This procedure sends no SMS.")
    with db.atomic() as transaction:
        problem = _correct(contact, channel, address, answer.reason.data)
        if problem:
            transaction.rollback()  # what came to nothing is not counted
    return problem


def _correct(contact: Contact, channel: str, address: str, reason: str) -> str:
    if not contact_limits.allowed(channel, address, by=g.staff):
        return _("We cannot write to this address at the moment. Please try again tomorrow.")
    try:
        helpdesk.correct(contact, channel, address, g.staff, reason)
    except addresses.AddressTakenError:
        return _("This address is being told already.")
    except addresses.TooManyContactsError:
        return _("No more than %(most)s addresses can be told of one dossier.", most=addresses.MAX_CONTACTS)
    return ""
