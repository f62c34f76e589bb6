"""The envelope sheet: one sheet for two to six numbers that are posted to the same authority in one envelope.

Nothing is stored: the numbers are in the URL, and anyone who has them may combine them.
"""

import re
from typing import Any, Literal, NamedTuple, cast

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from blueprints.public import lookups, status
from models import Dossier
from models.catalogue.procedure import LOCALES
from models.dossiers.codes import codes
from models.dossiers.kinds import AWAITING_PAPER
from models.dossiers.number import MAX_NUMBERS, grouped, parse
from paper import qr
from paper.envelope import QR_LEVEL, Enclosed, Envelope, render
from web import htmx
from web.languages import current, in_language
from web.responses import pdf, private
from wording.sheets import bare, form_title, papers, printed_url, steps, texts

bp = Blueprint("envelopes", __name__)


class Fault(NamedTuple):
    """The error of one of the typed numbers."""

    typed: str
    said: str


@bp.get("/envelope")
def new() -> Response:
    """Ask for the numbers; a number in the URL is filled in."""
    return _form(request.args.get("number", "")[:64])


@bp.post("/envelope")
def create() -> Response:
    """Redirect to the envelope of the typed numbers (one a line), or show the errors of each."""
    typed = request.form.get("numbers", "")[:2000]
    numbers, faults = _numbers(typed)
    faults = faults or _faults(numbers)
    return _form(typed, faults, 422) if faults else htmx.goto(url_for(".show", numbers=numbers))


@bp.get("/e/<numbers:numbers>")
@bp.get("/E/<numbers:numbers>", endpoint="scanned")
def show(numbers: tuple[str, ...]) -> Response:
    """Show the status of each dossier, with links to the sheet for all of them."""
    dossiers = _dossiers(numbers)
    return private(
        htmx.page(
            "public/envelopes/show.html",
            dossiers=dossiers,
            numbers=numbers,
            together=_together(dossiers),
        )
    )


@bp.get("/e/<numbers:numbers>/sheet")
def sheet(numbers: tuple[str, ...]) -> Response:
    """The envelope sheet as a page to print."""
    dossiers = _dossiers(numbers)
    if not _together(dossiers):
        return htmx.follow(url_for(".show", numbers=numbers))
    content = paper(dossiers, current())
    body = render_template(
        "public/envelopes/sheet.html", sheet=content, qr=qr.path(content.url, QR_LEVEL), numbers=numbers
    )
    return private(make_response(body))


@bp.get("/e/<numbers:numbers>/sheet.pdf")
def sheet_pdf(numbers: tuple[str, ...]) -> Response:
    """The envelope sheet as a PDF. Dossiers of several authorities have none; their page says why."""
    dossiers = _dossiers(numbers)
    if not _together(dossiers):
        return htmx.follow(url_for(".show", numbers=numbers))
    return private(pdf(render(paper(dossiers, current())), f"eTracking-{numbers[0]}-{len(numbers)}.pdf"))


def unknown(typed: str) -> Response:
    """404 for an envelope with an unknown number; keeps the typed numbers, to correct them."""
    lines = typed[:2000].replace("+", "\n")
    _numbers_, faults = _numbers(lines)
    return _form(lines, faults or [Fault("", _("We know no dossier with at least one of these numbers."))], 404)


def not_found(numbers: str, _rest: str) -> Response:
    """The 404 page for paths below /e/."""
    return unknown(numbers)


def paper(dossiers: list[Dossier], language: str) -> Envelope:
    """The envelope sheet of `dossiers` in `language`; all must go to the same authority."""
    with force_locale(LOCALES[language]):
        authority, to = dossiers[0].authority, printed_url("+".join(one.number for one in dossiers), under="e")
        return Envelope(
            language=language,
            count=_("%(count)s forms", count=len(dossiers)),
            mark="",
            url=to.coded,
            shown_url=bare(to.shown),
            authority=authority.name[language],
            postal_address=authority.address,
            window=cast(Literal["left", "right"], authority.window),
            forms=[_enclosed(dossier, language) for dossier in dossiers],
            texts=texts(
                title=_("Envelope sheet"),
                lead=_("Print this page, put it on top of all the forms and post everything in one envelope."),
                number_label=_("One code for all"),
                status_label=_("See where they stand:"),
                qr_alt=_("QR code with the address of the list of these dossiers"),
            ),
            steps=steps(_("When it arrives, the authority scans this one code, and all the numbers count as arrived.")),
        )


def _enclosed(dossier: Dossier, language: str) -> Enclosed:
    form = dossier.form
    title, procedure = form_title(form, language), form.procedure.title[language]
    return Enclosed(grouped(dossier.number), procedure, title, papers(dossier, language))


def _form(typed: str, faults: list[Fault] | tuple[()] = (), code: int = 200) -> Response:
    return private(htmx.page("public/envelopes/new.html", code, typed=typed, faults=faults))


def _dossiers(numbers: tuple[str, ...]) -> list[Dossier]:
    return [lookups.dossier(number) for number in numbers]


def _together(dossiers: list[Dossier]) -> bool:
    """True if all go to the same authority. One may have been transferred in the meantime."""
    return len({dossier.authority_id for dossier in dossiers}) == 1


def _numbers(typed: str) -> tuple[tuple[str, ...], list[Fault]]:
    """The numbers in `typed`, each once, and the lines that cannot be numbers. Makes no look-up."""
    lines = [line.strip() for line in re.split(r"[\n,;+]", typed) if line.strip()]
    read = {line: _read(line) for line in lines}
    numbers = [number for line in lines for number in read[line]]
    faults = [Fault(line[:64], status.why(line)) for line in lines if not read[line] and not (numbers and _words(line))]
    if not faults and not 2 <= len(set(numbers)) <= MAX_NUMBERS:
        faults = [Fault("", _("An envelope sheet is for two to six numbers. One alone has its own sheet."))]
    return tuple(dict.fromkeys(numbers)), faults


def _read(line: str) -> list[str]:
    """The numbers in a line. Where it has nothing else, one without a digit counts as well: it is no word there."""
    pieces = [parse(piece) for piece in line.split()]
    return list(filter(None, pieces)) if all(pieces) else [number for code in codes(line) for number in code.numbers]


def _words(line: str) -> bool:
    """True for words around the numbers, as in a pasted message: without a digit."""
    return not any(map(str.isdigit, line))


def _faults(numbers: tuple[str, ...]) -> list[Fault]:
    """Why these dossiers cannot share an envelope. Each unknown number counts as a failed look-up."""
    found = {number: lookups.find(number) for number in numbers}
    first = next((dossier for dossier in found.values() if dossier), None)
    said = {grouped(number): _fault(dossier, first) for number, dossier in found.items()}
    return [Fault(number, text) for number, text in said.items() if text]


def _fault(dossier: Dossier | None, first: Any) -> str:
    if dossier is None:
        return _("We know no dossier with this number. Please compare it with your sheet.")
    if dossier.status not in AWAITING_PAPER:
        return _("This one has arrived already; nothing is to be posted for it.")
    if dossier.authority != first.authority:
        name = in_language(dossier.authority.name)
        return _("This one goes to another authority (%(name)s) and needs an envelope of its own.", name=name)
    return ""
