"""Preview of the texts of all notifications, for administrators: every kind, by every channel, in each language."""

from dataclasses import dataclass

from flask import Response, abort, make_response, request

from blueprints.accounts.guard import needs
from blueprints.desk.blueprint import bp
from models import Authority, Form, Procedure
from models.catalogue.procedure import LANGUAGES
from models.dossiers.kinds import ASKING
from models.notifications.letter import Letter
from web import htmx
from web.languages import current
from web.responses import letter
from wording import letters, samples, sms_alphabet


@dataclass(frozen=True)
class Preview:
    """One kind of notification by every channel. `fault` says why its SMS cannot be sent, if so."""

    kind: str
    mail: Letter
    push: Letter | None
    sms: str
    fault: str


@bp.get("/texts")
@needs("texts")
def texts() -> Response:
    """Show the texts that citizens get, with sample data."""
    form, language = _form(), request.args.get("language", current())
    if language not in LANGUAGES:
        abort(404)
    return htmx.page(
        "desk/texts.html",
        form=form,
        chosen=language,
        previews=[_preview(kind, language, form) for kind in samples.KINDS] if form else [],
        segment=sms_alphabet.SEGMENT_LENGTH,
        length=sms_alphabet.length,
        is_cut=sms_alphabet.is_cut,
    )


@bp.get("/texts/<kind>/<language>.html")
@needs("texts")
def text_html(kind: str, language: str) -> Response:
    """Show the mail as a mail program does."""
    form = _form()
    if form is None or kind not in samples.KINDS or language not in LANGUAGES:
        abort(404)
    return letter(make_response(_letter(kind, "email", language, form).html))


def _form() -> Form | None:
    """The form of the sample dossier: the first of the catalogue."""
    tracked = Form.select(Form, Procedure, Authority).join_from(Form, Procedure).join_from(Procedure, Authority)
    return tracked.where(Form.tracked, ~Form.retired).order_by(Procedure.position, Form.position).first()


def _preview(kind: str, language: str, form: Form) -> Preview:
    sms, fault = "", ""
    try:
        sms = _letter(kind, "sms", language, form).text
    except ValueError as error:
        fault = str(error)
    # An app needs no question for consent: its user has subscribed already.
    push = None if kind in ASKING else _letter(kind, "push", language, form)
    return Preview(kind, _letter(kind, "email", language, form), push, sms, fault)


def _letter(kind: str, channel: str, language: str, form: Form) -> Letter:
    other = Authority.get_or_none(Authority.slug == samples.OTHER_AUTHORITY)
    return letters.write(samples.sample(kind, channel, language, form, other))
