"""Decide once, when a form enters the catalogue, how it is tracked: by a mark on its pages, or by the sheet alone."""

import io
from dataclasses import dataclass, field

import pikepdf

from paper.forms import protection, usage_rights
from paper.forms.ladder import AlteredError, climb
from paper.forms.objects import BROKEN_PDF_ERRORS
from paper.forms.repair import Repaired, lost_pages, remarks, repaired, shown
from paper.forms.stamp import Place

MAX_PAGES = 300  # a longer one is a book: looking for room on every page would take longer than acceptance gives


class FormRefusedError(Exception):
    """A form that cannot be handed out with a number.

    `reason` is unreadable or encrypted, or names a limit. `page` counts from 1; None where the whole file is meant.
    """

    def __init__(self, reason: str, page: int | None = None) -> None:
        super().__init__(reason, page)  # both as arguments: an exception is pickled with its arguments
        self.reason, self.page = reason, page

    def __str__(self) -> str:
        return self.reason if self.page is None else f"{self.reason} (page {self.page})"


@dataclass(frozen=True)
class AcceptedForm:
    """A form ready to be handed out: the file to keep, a place for each page, and notes for the editor.

    A page whose place is None carries no mark. If none does, the form is tracked by its sheet alone, and the file is
    the authority's own, untouched but for usage rights, or repaired if no viewer shows it. A note is a code, which
    `paper.forms.notes` puts into words.
    """

    data: bytes
    places: list[Place | None]
    pages: int
    notes: list[str] = field(default_factory=list)


def examine(data: bytes) -> AcceptedForm:
    """Find the best way to track a form: repair it, find room for marks, and prove them with a sample.

    Raises FormRefusedError if it cannot be opened. Takes as long as the file wants: foreign ones
    go through `paper.forms.acceptance.accept`, which sets limits.
    """
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            return _examined(data, pdf)
    except (pikepdf.PasswordError, *BROKEN_PDF_ERRORS) as error:
        try:
            return _damaged(data)
        except FormRefusedError as refused:
            encrypted = isinstance(error, pikepdf.PasswordError) or "encryption" in str(error)
            raise FormRefusedError("encrypted" if encrypted else refused.reason) from error


def examine_briefly(data: bytes, reason: str) -> AcceptedForm:
    """Only find out whether a form can be opened and shown: then its sheet alone is tracked, for this `reason`.

    Raises FormRefusedError if it cannot.
    """
    try:
        with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as pdf:
            lost = lost_pages(pdf, bool(pdf.get_warnings()))
            why = protection.protected(pdf) or reason
    except (pikepdf.PasswordError, *BROKEN_PDF_ERRORS) as error:
        raise FormRefusedError("unreadable") from error
    if lost or not (pages := shown(data)):
        raise FormRefusedError("unreadable")
    return _by_sheet(data, pages, why, [])


def _examined(data: bytes, pdf: pikepdf.Pdf) -> AcceptedForm:
    warned = pdf.get_warnings()  # these are forgotten once they are read
    if lost_pages(pdf, bool(warned)):
        return _damaged(data)
    said, pages = remarks(pdf), len(pdf.pages)
    if reason := protection.protected(pdf) or ("too-many-pages" if pages > MAX_PAGES else None):
        return _by_sheet(data, pages, reason, said)
    form = repaired(pdf)
    faulty = bool(warned or pdf.get_warnings())
    try:
        places, notes = climb(data, form.data, form.unclear)
    except AlteredError:
        return _unmarked(data, form, faulty, pages, "altered", said)
    if not any(places):
        return _unmarked(data, form, faulty, pages, "full", said + notes)
    return AcceptedForm(form.data, places, pages, form.notes + ["repaired"] * faulty + said + notes)


def _unmarked(data: bytes, form: Repaired, faulty: bool, pages: int, reason: str, said: list[str]) -> AcceptedForm:
    """A form without a place for a mark: as the authority made it, or repaired if no viewer shows it so."""
    if shown(data):
        return _by_sheet(data, pages, reason, ["faulty"] * faulty + said)
    return _by_sheet(form.data, pages, reason, [*form.notes, "repaired", *said])


def _damaged(data: bytes) -> AcceptedForm:
    """A form to which nothing can be added, but which viewers show. Raises FormRefusedError if it was cut off."""
    pages = shown(data) if b"%%EOF" in data[-2048:] else 0
    if pages == 0:
        raise FormRefusedError("unreadable")
    return AcceptedForm(data, [None] * pages, pages, ["sheet-alone damaged"])


def _by_sheet(data: bytes, pages: int, reason: str, said: list[str]) -> AcceptedForm:
    """The form as the authority made it, but for usage rights."""
    kept, rights = usage_rights.taken_off(data)
    return AcceptedForm(kept, [None] * pages, pages, [f"sheet-alone {reason}", *rights, *said])
