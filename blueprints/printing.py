"""What a dossier's sheet and form say: the words for paper/, which draws them."""

from typing import Any, NamedTuple

from flask import Flask, current_app
from flask_babel import force_locale, format_date
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from models import Dossier
from models.base import LUXEMBOURG
from models.catalogue import LOCALES
from models.number import grouped
from paper import qr
from paper.sheet import Sheet, render
from paper.stamp import Place, stamp

from .languages import current


class Address(NamedTuple):
    """The two ways in which a dossier's status address is written."""

    shown: str  # printed in words
    coded: str  # in the QR code: upper case needs a smaller one


def init_app(app: Flask) -> None:
    """Let the senders attach the sheet to a mail without knowing how it is made."""
    app.extensions["sheet_pdf"] = sheet_pdf


def address(number: str) -> Address:
    """The status address of `number`, for people and for the QR code."""
    site = current_app.config["SITE_URL"]
    return Address(f"{site}/t/{number}", f"{site}/T/{number}".upper())


def sheet(dossier: Dossier, language: str) -> Sheet:
    """The confirmation sheet of `dossier` in `language`."""
    with force_locale(LOCALES[language]):
        form, authority = dossier.form, dossier.authority
        return Sheet(
            language=language,
            number=grouped(dossier.number),
            url=address(dossier.number).coded,
            shown_url=address(dossier.number).shown.split("://")[1],
            authority=authority.name[language],
            address=authority.address,
            window=authority.window,
            procedure=form.procedure.title[language],
            form=form.title[language],
            edition=form.edition,
            issued=format_date(dossier.created_at.astimezone(LUXEMBOURG).date(), "long"),
            enclosures=[_("The form, filled in and signed"), *(text[language] for text in form.enclosures)],
            texts=_texts(),
            steps=_steps(),
        )


def sheet_pdf(dossier: Dossier, language: str) -> bytes:
    """The same as a PDF."""
    return render(sheet(dossier, language))


def sheet_page(dossier: Dossier) -> dict[str, Any]:
    """The same for the page to print."""
    content = sheet(dossier, current())
    return {"sheet": content, "qr": qr.path(content.url), "dossier": dossier}


def form_pdf(dossier: Dossier, language: str) -> bytes:
    """The form stamped with number and QR code. Raises NotFound if the catalogue has no PDF for it."""
    file = dossier.form.file(language)
    if file is None:
        raise NotFound
    places = [Place(*place) for place in file.places]
    number = grouped(dossier.number)
    return stamp(bytes(file.data), places, number, address(dossier.number).coded, "eTracking", language)


def _texts() -> dict[str, str]:
    return {
        "title": _("eTracking sheet"),
        "lead": _("Print this page, put it on top of your form and post both in one envelope."),
        "number_label": _("Your eTracking number"),
        "status_label": _("See where your dossier stands:"),
        "qr_alt": _("QR code with the address of your status page"),
        "procedure_label": _("Procedure"),
        "form_label": _("Form"),
        "edition_label": _("Edition"),
        "authority_label": _("Goes to"),
        "issued_label": _("Issued on"),
        "enclosures_heading": _("In this envelope"),
        "steps_heading": _("What happens next"),
        "questions": _questions(),
        "print_hint": _("Print at actual size, without scaling, so that the address shows in a window envelope."),
    }


def _steps() -> list[str]:
    return [
        _("Tick what you enclose, fold the sheet at the marks and post the envelope with enough postage."),
        _("When it arrives, the authority scans the code. From then on you are told of every step."),
        _("You can look at the status page at any time. Nobody sees your name there."),
    ]


def _questions() -> str:
    phone, email = current_app.config["HELPDESK_PHONE"], current_app.config["HELPDESK_EMAIL"]
    ways = [way for way in (phone, email) if way]
    return _("Questions? Helpdesk: %(ways)s", ways=" · ".join(ways)) if ways else ""
