"""The page behind the signed link that only the holder of an address received: confirm, stop, erase."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from playhouse.flask_utils import get_object_or_404

from models import Authority, Contact, Dossier, Form, Procedure
from senders.text import contact_id

from .forms import ButtonForm
from .headers import private

bp = Blueprint("contacts", __name__, url_prefix="/c")


@bp.get("/<token>")
def show(token: str) -> Response:
    """What this address is told, and the three things its holder can do about it."""
    contact = _contact(token)
    context = {"contact": contact, "token": token, "done": request.args.get("done", ""), "answer": ButtonForm()}
    return private(make_response(render_template("contacts/show.html", **context)))


@bp.post("/<token>")
def change(token: str) -> Response:
    """Confirm, stop or erase: only ever by POST, so that a mail program that follows links changes nothing."""
    contact = _contact(token)
    action = request.form.get("action")
    if not ButtonForm().validate_on_submit() or action not in ("confirm", "stop", "erase"):
        abort(400)
    number = contact.dossier.number
    getattr(contact, action)()
    if action == "erase":  # the link is dead now, so the answer is the page
        return private(make_response(render_template("contacts/erased.html", number=number)))
    return redirect(url_for(".show", token=token, done=action), 303)


def _contact(token: str) -> Contact:
    key = contact_id(token)
    if key is None:
        abort(404)
    loaded = Contact.select(Contact, Dossier, Form, Procedure, Authority).join_from(Contact, Dossier)
    loaded = loaded.join_from(Dossier, Form).join_from(Form, Procedure).join_from(Dossier, Authority)
    return get_object_or_404(loaded, Contact.id == key)
