"""The development inbox: mail and SMS that a real site would have sent. Only there if INBOX is set."""

from io import BytesIO

from flask import Blueprint, Response, abort, make_response, render_template, send_file

from senders import inbox
from web.responses import letter, private

bp = Blueprint("inbox", __name__, url_prefix="/dev/inbox")
bp.after_request(private)


@bp.get("")
def index() -> str:
    """List the mails and SMS, the latest first."""
    return render_template("operations/inbox/index.html", entries=inbox.entries())


@bp.get("/<name>")
def show(name: str) -> str:
    """Show one mail or SMS."""
    return render_template("operations/inbox/show.html", entry=_entry(name))


@bp.get("/<name>/html")
def html(name: str) -> Response:
    """The HTML part of a mail, as a mail program shows it."""
    return letter(make_response(_entry(name).html or abort(404)))


@bp.get("/<name>/attachments/<int:place>")
def attachment(name: str, place: int) -> Response:
    """Download an attachment of a mail; the first one has place 0."""
    attachments = _entry(name).attachments
    if place >= len(attachments):
        abort(404)
    file_name, kind, data = attachments[place]
    return send_file(BytesIO(data), mimetype=kind, as_attachment=True, download_name=file_name)


def _entry(name: str) -> inbox.Entry:
    return inbox.entry(name) or abort(404)
