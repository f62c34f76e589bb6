"""The page behind the signed link that only the holder of an address received: what it is told, and all they may do."""

import json
import secrets
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from blueprints.public import contact_limits
from blueprints.public.forms import MailAddressForm, MobileNumberForm
from models import Contact
from models.notifications import addresses, consent
from web import htmx
from web.form_fields import ButtonForm
from web.responses import private
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
    """What this address is told, who else is, and what its holder can do about it."""
    return _page(_contact(token), token)


@bp.post("/<token>")
def change(token: str) -> Response:
    """One of the buttons: only ever by POST, so that a mail program that follows links changes nothing."""
    contact = _contact(token)
    action = request.form.get("action", "")
    if not ButtonForm().validate_on_submit() or action not in ACTIONS:
        abort(400)
    number = contact.dossier.number
    ACTIONS[action](contact)
    if action == "erase":  # the link is dead now, so the answer is the page
        return private(make_response(render_template("public/contacts/erased.html", number=number)))
    return htmx.follow(url_for(".show", token=token, done=action))


@bp.post("/<token>/<any(exchange, add):verb>/<any(email, sms):channel>")
def give(token: str, verb: str, channel: str) -> Response:
    """Another address in the place of this one, or one more to be told: it is asked first. Only who said yes may."""
    contact = _contact(token)
    if contact.confirmed_at is None or contact.stopped_at:
        abort(409)
    form = FORMS[channel](prefix=f"{verb}-{channel}-")
    if form.validate_on_submit() and not (problem := given(contact, verb, channel, form.address.data)):
        return htmx.follow(url_for(".show", token=token, done=verb))
    if not form.address.errors:
        form.address.errors = [problem]
    return _page(contact, token, 422, {(verb, channel): form})


@bp.get("/<token>/data.json")
def data(token: str) -> Response:
    """All that is stored about this contact, to keep."""
    return export(_contact(token))


@bp.get("/<token>/stop")
def show_stop(token: str) -> Response:
    """A mail program that only follows the link of its stop button is shown the page, and changes nothing."""
    _contact(token)
    return make_response(redirect(url_for(".show", token=token)))


@bp.post("/<token>/stop")
def stop(token: str) -> Response:
    """The stop button of a mail program (RFC 8058): no cookie, no question."""
    consent.stop(_contact(token))
    return private(Response(_("Done. No more messages are sent to this address."), mimetype="text/plain"))


def export(contact: Contact) -> Response:
    """A file with all that is stored about `contact`."""
    text = json.dumps(addresses.export(contact), indent=2, ensure_ascii=False)
    answer = Response(text, mimetype="application/json")
    answer.headers["Content-Disposition"] = "attachment; filename=etracking-contact.json"
    return private(answer)


def given(contact: Contact, verb: str, channel: str, address: str) -> str:
    """Exchange `contact` for `address`, or add it; or why that cannot be done."""
    if channel == "sms" and not contact.dossier.form.procedure.sends_sms:
        return _("This procedure sends no SMS.")
    if not contact_limits.may_give(contact) or not contact_limits.allowed(
        channel, address, permit=secrets.token_hex(8)
    ):
        return _("We cannot write to this address at the moment. Please try again tomorrow.")
    try:
        (addresses.exchange if verb == "exchange" else addresses.add)(contact, channel, address)
    except addresses.AddressTakenError:
        return _("This address is being told already.")
    except addresses.TooManyContactsError:
        return _("No more than %(most)s addresses can be told of one dossier.", most=addresses.MAX_CONTACTS)
    return ""


def _page(contact: Contact, token: str, status: int = 200, sent: dict[tuple[str, str], Any] | None = None) -> Response:
    forms = {
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
        forms=forms,
        token=token,
        label=label(contact.dossier.status),
        done=request.args.get("done", ""),
        answer=ButtonForm(formdata=None),
    )
    return private(make_response(page, status))


def _contact(token: str) -> Contact:
    return Contact.of_link(token) or abort(404)
