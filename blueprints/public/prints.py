"""Print-outs of a number: sheet, form, QR code; and its date for a calendar."""

from collections.abc import Callable, Hashable

from flask import Blueprint, Response, abort, make_response, render_template
from flask_babel import gettext as _

from blueprints.public import lookups
from paper import qr
from web.languages import current
from web.responses import pdf, private
from web.state import LRUCache, state
from wording import dossier as dossier_words
from wording import sheets

bp = Blueprint("prints", __name__)

ICS_TYPE = "text/calendar; charset=utf-8; method=PUBLISH"


class PDFs(LRUCache[tuple[Hashable, ...], bytes]):
    """The PDFs drawn last, of up to 0.1 MB each; the key holds all that changes what is on them.

    It names the number, not the id: SQLite gives the id of an erased dossier to another one.
    """


@bp.get("/t/<number:number>/sheet")
@bp.get("/t/<number:number>/sheet/<round:round_>")
def sheet(number: str, round_: int = 0) -> Response:
    """The confirmation sheet, or the follow-up sheet of a round of missing documents, as a page to print."""
    dossier = lookups.dossier(number)
    return private(make_response(render_template("public/prints/sheet.html", **sheets.sheet_page(dossier, round_))))


@bp.get("/t/<number:number>/sheet.pdf")
@bp.get("/t/<number:number>/sheet/<round:round_>.pdf")
def sheet_pdf(number: str, round_: int = 0) -> Response:
    """The confirmation or follow-up sheet as a PDF."""
    dossier, language = lookups.dossier(number), current()
    key = ("sheet", number, dossier.version, dossier.form.revision, language, round_)
    content = _once(key, lambda: sheets.sheet_pdf(dossier, language, round_))
    return private(pdf(content, sheets.sheet_name(number, round_)))


@bp.get("/t/<number:number>/form.pdf")
def form_pdf(number: str) -> Response:
    """The form, stamped with number and QR code."""
    dossier, language = lookups.dossier(number), current()
    file = dossier.form.file(language) or abort(404, _("We have no PDF of this form."))
    key = ("form", number, file.id, file.fingerprint, language)
    content = _once(key, lambda: sheets.form_pdf(file, number, language))
    return private(pdf(content, sheets.form_name(dossier.form, language, number)))


@bp.get("/t/<number:number>/qr.svg")
def qr_svg(number: str) -> Response:
    """The QR code of the status page."""
    lookups.dossier(number)
    return private(Response(qr.svg(sheets.printed_url(number).coded), mimetype="image/svg+xml"))


@bp.get("/t/<number:number>.ics")
def calendar(number: str) -> Response:
    """The date on the status page as a calendar entry; 404 if there is none."""
    dossier = lookups.dossier(number)
    due = dossier_words.of(dossier).dated
    if due is None:
        abort(404)
    response = private(Response(sheets.calendar(dossier, due, current()), content_type=ICS_TYPE))
    response.headers["Content-Disposition"] = f'inline; filename="eTracking-{number}.ics"'
    return response


def _once(key: tuple[Hashable, ...], draw: Callable[[], bytes]) -> bytes:
    """What `draw` returned for `key` the last time, if that is still kept."""
    pdfs = state().cache(PDFs, lambda: PDFs(32))
    content = pdfs.get(key)
    if content is None:
        content = draw()
        pdfs.put(key, content)
    return content
