"""The page of a contact, behind the signed link that only this contact received: confirm, stop, change, erase."""

import json
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from blueprints.public import contact_limits
from blueprints.public.forms import MailAddressForm, MobileNumberForm
from models import Contact, db, now
from models.notifications import addresses, consent, expiry
from models.security import events
from web import htmx
from web.form_fields import ButtonForm
from web.responses import private
from wording import retention as retention_words
from wording.kinds import label

bp = Blueprint("contacts", __name__, url_prefix="/c")

ACTIONS = {
    "confirm": consent.confirm,
    "stop": consent.stop,
    "start": consent.start,
    "keep": addresses.cancel_exchange,
    "erase": Contact.erase,
}
FORMS: dict[str, type[MailAddressForm] | type[MobileNumberForm]] = {"email": MailAddressForm, "sms": MobileNumberForm}


@bp.get("/<token>")
def show(token: str) -> Response:
    """Show the contact, the other contacts of the dossier, and what the holder can change."""
    return _page(_contact(token), token)


@bp.post("/<token>")
def change(token: str) -> Response:
    """Carry out a button of the page. POST only: mail programs that open links must change nothing."""
    contact = _contact(token)
    action = request.form.get("action", "")
    if not ButtonForm().validate_on_submit() or action not in ACTIONS:
        abort(400)
    number = contact.dossier.number
    ACTIONS[action](contact)
    if action == "erase":  # the link no longer works, so show the result here instead of a redirect
        return private(make_response(render_template("public/contacts/erased.html", number=number)))
    return htmx.follow(url_for(".show", token=token, done=action))


@bp.post("/<token>/<any(exchange, add):verb>/<any(email, sms):channel>")
def give(token: str, verb: str, channel: str) -> Response:
    """Exchange the address, or add another; the new one is asked first. Only a confirmed contact may do this."""
    contact = _contact(token)
    if contact.confirmed_at is None or contact.stopped_at:
        abort(409)
    answer = FORMS[channel](prefix=f"{verb}-{channel}-")
    if answer.validate_on_submit() and not (problem := given(contact, verb, channel, answer.address.data)):
        return htmx.follow(url_for(".show", token=token, done=verb))
    if not answer.address.errors:
        answer.address.errors = [problem]
    return _page(contact, token, 422, {(verb, channel): answer})


@bp.get("/<token>/data.json")
def data(token: str) -> Response:
    """Download all data that is stored about this contact."""
    return export(_contact(token))


@bp.get("/<token>/stop")
def show_stop(token: str) -> Response:
    """Redirect to the page, without a change, when a mail program only opens the link of List-Unsubscribe."""
    _contact(token)
    return make_response(redirect(url_for(".show", token=token)))


@bp.post("/<token>/stop")
def stop(token: str) -> Response:
    """One-click unsubscribe by a mail program (RFC 8058): without a cookie or a confirmation."""
    if not expiry.was_erased(token):  # to one that was erased nothing is sent: that is what was asked for
        consent.stop(_contact(token))
    return private(Response(_("Done. No more messages are sent to this address."), mimetype="text/plain"))


def export(contact: Contact) -> Response:
    """A JSON file with all data that is stored about `contact`."""
    text = json.dumps(addresses.export(contact), indent=2, ensure_ascii=False)
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=etracking-contact.json"
    return private(response)


def given(contact: Contact, verb: str, channel: str, address: str) -> str:
    """Exchange `contact` for `address`, or add `address`. Returns the error to show, or an empty text."""
    if channel == "sms" and not contact_limits.offers_sms(contact.dossier.form.procedure):
        return _("This procedure sends no SMS.")
    began = now()
    with db.atomic() as transaction:
        new, problem = _give(contact, verb, channel, address)
        if new is None or new.created_at < began:  # refused, or the same form sent twice: that is not counted
            transaction.rollback()
    return problem


def _give(contact: Contact, verb: str, channel: str, address: str) -> tuple[Contact | None, str]:
    """(the new contact, or None; the error to show, or an empty text)."""
    if not contact_limits.may_give(contact) or not contact_limits.allowed(channel, address):
        return None, _("We cannot write to this address at the moment. Please try again tomorrow.")
    try:
        return (addresses.exchange if verb == "exchange" else addresses.add)(contact, channel, address), ""
    except addresses.AddressTakenError:
        return None, _("This address is being told already.")
    except addresses.TooManyContactsError:
        return None, _("No more than %(most)s addresses can be told of one dossier.", most=addresses.MAX_CONTACTS)


def _page(contact: Contact, token: str, status: int = 200, sent: dict[tuple[str, str], Any] | None = None) -> Response:
    answers = {
        (verb, channel): FORMS[channel](formdata=None, prefix=f"{verb}-{channel}-")
        for verb in ("exchange", "add")
        for channel in FORMS
    } | (sent or {})
    page = render_template(
        "public/contacts/show.html",
        contact=contact,
        others=addresses.others(contact),
        pending=addresses.pending(contact),
        most=addresses.MAX_CONTACTS,
        answers=answers,
        offers_sms=contact_limits.offers_sms(contact.dossier.form.procedure),
        token=token,
        erased=retention_words.of_contact(contact, current_app.config),
        label=label(contact.dossier.status),
        done=request.args.get("done", ""),
        answer=ButtonForm(formdata=None),
    )
    return private(make_response(page, status))


def _contact(token: str) -> Contact:
    """The contact of this link. Answers 410 for one that was erased, and 404 for any other."""
    if contact := Contact.of_link(token):
        return contact
    if expiry.was_erased(token):
        abort(private(make_response(render_template("public/contacts/gone.html"), 410)))
    events.record("token-refused", "contact")
    abort(404)
