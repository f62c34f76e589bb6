"""The content of a dossier's sheets, form and calendar entry, for paper/, which draws them."""

import datetime as dt
from typing import Any, NamedTuple

from flask import current_app
from flask_babel import force_locale, format_date
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from models import Dossier, Event, Form, FormFile
from models.base import LUXEMBOURG
from models.catalogue.procedure import LOCALES
from models.dossiers.number import grouped
from paper import qr
from paper.calendar import Entry, ics
from paper.forms.stamp import Place, stamp
from paper.sheet import Sheet, render
from web.languages import current
from wording.deadlines import Due


class PrintedUrl(NamedTuple):
    """A URL of this site in the two ways it is printed."""

    shown: str  # in words
    coded: str  # in the QR code: upper case needs a smaller one


def printed_url(*parts: str, under: str = "t") -> PrintedUrl:
    """Where `parts` (a number and what follows it) lead: the status page, or what stands `under` another letter."""
    path = "/".join((under, *parts))
    site = current_app.config["SITE_URL"]
    return PrintedUrl(f"{site}/{path}", f"{site}/{path}".upper())


def bare(url: str) -> str:
    """A URL as it is printed in words, without https://, which nobody types."""
    return url.split("://")[1]


def sheet(dossier: Dossier, language: str, round_: int = 0) -> Sheet:
    """The sheet of `dossier` in `language`: the first one, or the follow-up sheet of a round.

    Raises NotFound if nothing was asked for in that round. What was asked for once is not changed by a later round:
    an old follow-up sheet stays as it was printed, with its day on it.
    """
    with force_locale(LOCALES[language]):
        asked = dossier.history.of("incomplete")
        if round_ > len(asked):
            raise NotFound(_("There is no such follow-up sheet."))
        return _follow_up(dossier, language, asked[round_ - 1], round_) if round_ else _first(dossier, language)


def sheet_pdf(dossier: Dossier, language: str, round_: int = 0) -> bytes:
    """The sheet as a PDF."""
    return render(sheet(dossier, language, round_))


def sheet_page(dossier: Dossier, round_: int = 0) -> dict[str, Any]:
    """The sheet as context of the page to print."""
    content = sheet(dossier, current(), round_)
    return {"sheet": content, "qr": qr.path(content.url), "dossier": dossier}


def sheet_for(dossier: Dossier, event: Event, language: str) -> tuple[str, bytes] | None:
    """Name and content of the sheet that is attached to the mail about `event`, if one is."""
    if event.kind == "announced":
        return sheet_name(dossier.number), sheet_pdf(dossier, language)
    asked = dossier.history.of("incomplete")
    if event.kind == "incomplete" or event.kind == "transferred" and event.to_status == "incomplete":
        round_ = len([earlier for earlier in asked if earlier.id <= event.id])
        return sheet_name(dossier.number, round_), sheet_pdf(dossier, language, round_)
    return None


def sheet_name(number: str, round_: int = 0) -> str:
    """The name of a sheet's file."""
    return f"eTracking-{number}-{round_}.pdf" if round_ else f"eTracking-{number}.pdf"


def form_pdf(file: FormFile, number: str, language: str) -> bytes:
    """The PDF of a form with number and QR code on the pages that have a place for them."""
    places = [Place.restored(place) for place in file.places]
    return stamp(bytes(file.data), places, grouped(number), printed_url(number).coded, "eTracking", language)


def calendar(dossier: Dossier, due: Due, language: str) -> bytes:
    """The date of `due` as a file for a calendar. What stands there may be seen by others: it names no person."""
    if due.date is None:
        raise ValueError("a calendar needs a date")
    titles = {
        "limit": _("eTracking: last day for the authority’s answer, as a rule"),
        "yours": _("eTracking: last day for the missing documents"),
    }
    url, form = printed_url(dossier.number).shown, dossier.form.title[language]
    text = "\n".join([f"{form}, {grouped(dossier.number)}", due.text, *due.steps, url])
    return ics(
        Entry(
            dossier.number,
            due.kind,
            due.date,
            titles[due.kind],
            text,
            url,
            dossier.version,
            dossier.changed_at,
            language,
        )
    )


def form_title(form: Form, language: str) -> str:
    """The title of a form for print; a specimen says that it is one."""
    title: str = form.title[language]
    return _("%(form)s (specimen)", form=title) if form.is_specimen(language) else title


def edition(dossier: Dossier, language: str) -> str:
    """The edition of the form that the citizen was given; "" for a specimen."""
    return "" if dossier.form.is_specimen(language) else dossier.edition or dossier.form.edition


def form_name(form: Form, language: str, number: str = "") -> str:
    """The name of a form's file; that of a specimen says so."""
    parts = ("specimen" if form.is_specimen(language) else "", form.slug, number)
    return "-".join(filter(None, parts)) + ".pdf"


def papers(dossier: Dossier, language: str) -> list[str]:
    """The papers to post now: the form with its enclosures, or the missing documents."""
    if dossier.status == "incomplete":
        return dossier.history.missing(language)
    return _enclosures(dossier, language)


def date(instant: dt.datetime) -> str:
    """The day of `instant` in Luxembourg, in words."""
    return format_date(instant.astimezone(LUXEMBOURG).date(), "long")


def _first(dossier: Dossier, language: str) -> Sheet:
    form = dossier.form
    return Sheet(
        **_envelope(dossier, language, printed_url(dossier.number)),
        mark="",
        rows=[
            (_("Procedure"), form.procedure.title[language]),
            (_("Form"), form_title(form, language)),
            (_("Edition"), edition(dossier, language)),
            (_("Goes to"), dossier.authority.name[language]),
            (_("Issued on"), date(dossier.created_at)),
        ],
        enclosures=_enclosures(dossier, language),
        texts=texts(
            title=_("eTracking sheet"),
            lead=_lead(dossier, language),
        ),
        steps=steps(_("When it arrives, the authority scans the code. From then on you are told of every step.")),
    )


def _lead(dossier: Dossier, language: str) -> str:
    lead = _("Print this page, put it on top of your form and post both in one envelope.")
    alone = "" if dossier.form.marks(language) else _("The form itself does not carry the number.")
    return f"{lead} {alone}".strip()


def _enclosures(dossier: Dossier, language: str) -> list[str]:
    return [_("The form, filled in and signed"), *(text[language] for text in dossier.form.enclosures)]


def _follow_up(dossier: Dossier, language: str, event: Event, round_: int) -> Sheet:
    return Sheet(
        **_envelope(dossier, language, printed_url(dossier.number, str(round_))),
        mark=_("Follow-up %(round)s", round=round_),
        rows=[
            (_("Procedure"), dossier.form.procedure.title[language]),
            (_("Form"), form_title(dossier.form, language)),
            (_("Goes to"), dossier.authority.name[language]),
            (_("Asked for on"), date(event.at)),
            (_("To arrive by"), format_date(event.until, "long") if event.until else ""),
        ],
        enclosures=event.missing(language),
        texts=texts(
            title=_("Follow-up sheet"),
            lead=_("Print this page, put it on top of the papers listed here and post all in one envelope."),
        ),
        steps=steps(_("When it arrives, the authority scans the code, and your dossier goes on.")),
    )


def _envelope(dossier: Dossier, language: str, to: PrintedUrl) -> dict[str, Any]:
    """The fields of every sheet in and beside the window of the envelope."""
    authority = dossier.authority
    return {
        "language": language,
        "number": grouped(dossier.number),
        "url": to.coded,
        "shown_url": bare(to.shown),
        "authority": authority.name[language],
        "postal_address": authority.address,
        "window": authority.window,
    }


def texts(**own: str) -> dict[str, str]:
    """The words that all sheets have, and the `own` ones of one kind."""
    return {
        "number_label": _("Your eTracking number"),
        "status_label": _("See where your dossier stands:"),
        "qr_alt": _("QR code with the address of your status page"),
        "enclosures_heading": _("In this envelope"),
        "steps_heading": _("What happens next"),
        "questions": questions(),
        "print_hint": _("Print at actual size, without scaling, so that the address shows in a window envelope."),
    } | own


def steps(arrival: str) -> list[str]:
    """The steps after printing; `arrival` is what the authority does then."""
    return [
        _("Tick what you enclose, fold the sheet at the marks and post the envelope with enough postage."),
        arrival,
        _("You can look at the status page at any time. Nobody sees your name there."),
    ]


def questions() -> str:
    """Where to ask, if there is a helpdesk."""
    phone, email = current_app.config["HELPDESK_PHONE"], current_app.config["HELPDESK_EMAIL"]
    ways = [way for way in (phone, email) if way]
    return _("Questions? Helpdesk: %(ways)s", ways=" · ".join(ways)) if ways else ""
