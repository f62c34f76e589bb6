"""Mails that came back and that no program could read, for administrators: read one, then say what it means."""

from flask import Response, abort, g, url_for

from blueprints.accounts.guard import needs
from blueprints.desk.blueprint import bp
from blueprints.desk.forms import ReturnedForm
from models import KeptMail
from models.desk import disclosure
from models.notifications import returned
from web import htmx

MAX_ROWS = 20


@bp.get("/returned")
@needs("returned")
def returned_mails() -> Response:
    """Show the mails that wait, the oldest first."""
    kept = list(KeptMail.listed().limit(MAX_ROWS + 1))
    rows = [(mail, mail.summary) for mail in kept[:MAX_ROWS]]
    return htmx.page("desk/returned.html", rows=rows, more=len(kept) > MAX_ROWS, max_rows=MAX_ROWS)


@bp.get("/returned/<row:mail>")
@needs("returned")
def returned_mail(mail: int) -> Response:
    """Show one mail. It counts as seen from now on."""
    kept = _known(mail)
    disclosure.listed(g.staff, f"returned mail {kept.id}")
    kept.mark_seen()
    return htmx.page("desk/returned_mail.html", kept=kept)


@bp.post("/returned/<row:mail>")
@needs("returned")
def finish_returned_mail(mail: int) -> Response:
    """Erase a mail that somebody has read; with `failed`, its message has failed."""
    answer = ReturnedForm()
    if not answer.validate_on_submit():
        abort(400)
    returned.finish(_known(mail), g.staff, failed=answer.act.data == "failed")
    return htmx.follow(url_for(".returned_mails"))


def _known(mail: int) -> KeptMail:
    return KeptMail.whole(mail) or abort(404)
