"""The arrival receipt: its PDF, and the page on which anybody can check one."""

from flask import Blueprint, Response, abort, request, url_for
from flask_babel import force_locale, format_date
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from blueprints.public import lookups
from models import Dossier, now
from models.catalogue.procedure import LOCALES
from models.dossiers import receipt
from models.dossiers.codes import find
from models.dossiers.number import LENGTH, clean, grouped, parse
from paper.receipt import Receipt, render
from web import htmx
from web.languages import current
from web.responses import pdf, private
from wording.sheets import bare, date, edition, form_title, printed_url, questions

bp = Blueprint("receipts", __name__)

MAX_TYPED = 300  # characters


@bp.get("/r")
def new() -> Response:
    """Ask for number and seal."""
    return htmx.page("public/receipts/check.html", typed={"number": "", "seal": ""}, errors={})


@bp.post("/r")
def check() -> Response:
    """Redirect to the page of the typed number and seal, or show the errors."""
    typed = {name: request.form.get(name, "")[:MAX_TYPED] for name in ("number", "seal")}
    errors = _errors(typed)
    if errors:
        return unknown(**typed)
    return htmx.goto(url_for(".show", number=find(typed["number"]), seal=parse(typed["seal"])))


@bp.get("/r/<number:number>/<number:seal>")
@bp.get("/R/<number:number>/<number:seal>", endpoint="scanned")
def show(number: str, seal: str) -> Response:
    """Show if a receipt is genuine and its dates are still valid. A wrong seal counts as a failed look-up."""
    dossier = lookups.dossier(number, of_seal=True)
    issued = receipt.sealed(dossier, seal)
    if issued is None:
        lookups.count_miss("seal")
        abort(404)
    present = receipt.present(dossier)
    standing = issued.standing(present)
    return private(
        htmx.page(
            "public/receipts/show.html",
            dossier=dossier,
            standing=standing,
            verdict=_verdicts()[standing],
            issued=issued,
            present=present,
            proves=_proves(),
            leaves_open=_leaves_open(),
        )
    )


@bp.get("/t/<number:number>/receipt.pdf")
def receipt_pdf(number: str) -> Response:
    """The receipt for all that has arrived so far."""
    dossier = lookups.dossier(number)
    content = render(paper(dossier, current()))
    return private(pdf(content, f"eTracking-{number}-receipt.pdf"))


def unknown(number: str, seal: str) -> Response:
    """404 for every receipt that we did not issue; keeps the typed number and seal, to correct them."""
    typed = {"number": number[:64], "seal": seal[:64]}
    errors = _errors(typed) or {"seal": _("Number and seal do not belong together, or this receipt is not ours.")}
    return private(htmx.page("public/receipts/check.html", 404, typed=typed, errors=errors))


def paper(dossier: Dossier, language: str) -> Receipt:
    """The receipt of `dossier` in `language`. Raises NotFound before anything has arrived."""
    present = receipt.present(dossier)
    if not present.arrivals:
        raise NotFound(_("There is no receipt yet: no envelope with this number has been scanned."))
    with force_locale(LOCALES[language]):
        seal = present.seal
        to, authority = printed_url(dossier.number, seal, under="r"), dossier.authority
        return Receipt(
            language=language,
            number=grouped(dossier.number),
            seal=grouped(seal),
            url=to.coded,
            shown_url=bare(to.shown),
            authority=authority.name[language],
            postal_address=authority.address,
            sections=[_dossier(dossier, language), *_envelopes(present, language)],
            proves=_proves(),
            leaves_open=_leaves_open(),
            texts=_texts(),
        )


def _dossier(dossier: Dossier, language: str) -> tuple[str, list[tuple[str, str]]]:
    return _("The dossier"), [
        (_("eTracking number"), grouped(dossier.number)),
        (_("Procedure"), dossier.form.procedure.title[language]),
        (_("Form"), form_title(dossier.form, language)),
        (_("Edition"), edition(dossier, language)),
        (_("Receipt issued on"), date(now())),
        (_("Status page"), bare(printed_url(dossier.number).shown)),
    ]


def _envelopes(present: receipt.Receipt, language: str) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (
            envelope(place),
            [
                (_("Arrived on"), format_date(arrival.on, "long")),
                (_("Scanned on"), format_date(arrival.scanned_on, "long")),
                (_("Postmark"), format_date(arrival.postmark_on, "long") if arrival.postmark_on else ""),
                (_("Recorded by"), arrival.authority.name[language]),
            ],
        )
        for place, arrival in enumerate(present.arrivals)
    ]


@bp.app_template_global()
def envelope(place: int) -> str:
    """The name of an envelope; the first one has place 0."""
    return _("Envelope %(count)s", count=place + 1) if place else _("The envelope")


def _texts() -> dict[str, str]:
    return {
        "title": _("Arrival receipt"),
        "lead": _("The authority has opened an envelope with this eTracking number and recorded its arrival."),
        "seal_label": _("Seal"),
        "check_label": _("Anybody can check this receipt here:"),
        "qr_alt": _("QR code with the address where this receipt can be checked"),
        "proves_heading": _("What this receipt proves"),
        "open_heading": _("What it does not prove"),
        "questions": questions(),
    }


def _proves() -> list[str]:
    return [
        _("An envelope with this number was opened at the authority, and these are the dates it recorded."),
        _("Whoever checks the seal sees the same dates, and whether they were corrected since."),
    ]


def _leaves_open() -> list[str]:
    return [
        _("That everything was in the envelope: arrived is not complete."),
        _("That it came in time: whether a deadline was kept is for the authority to say."),
        _("Who sent it: the number belongs to a form, not to a person."),
    ]


def _verdicts() -> dict[str, tuple[str, str]]:
    return {
        "genuine": (_("This receipt is genuine"), _("These dates are recorded for this number.")),
        "more": (
            _("This receipt is genuine"),
            _("Its dates are recorded for this number. Since it was issued, more has arrived."),
        ),
        "corrected": (
            _("This receipt is genuine, but was corrected since"),
            _("The authority has corrected a date after it was issued. Below is what counts now."),
        ),
        "void": (
            _("This receipt no longer holds"),
            _("We issued it, but the arrival had been recorded by mistake, and the authority has taken it back."),
        ),
    }


def _errors(typed: dict[str, str]) -> dict[str, str]:
    """Errors of number and seal by their check characters. Makes no look-up."""
    read = {"number": find(typed["number"]), "seal": parse(typed["seal"])}
    return {name: _wrong(typed[name]) for name, number in read.items() if not number}


def _wrong(text: str) -> str:
    count = len(clean(text))
    if count != LENGTH:
        return _("13 characters are needed; this has %(count)s.", count=count)
    return _("At least one character is wrong: the last one checks the others. Please compare it with the receipt.")
