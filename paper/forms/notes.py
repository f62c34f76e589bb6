"""What is said to the editor about a form, in plain words: its marks, every note, every reason for refusing one."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from paper.forms.stamp import Place

MARKS = {"full": "the stamp", "code": "the code alone", None: "no mark"}
_TOLD = {
    # the whole form
    "sheet-alone": "the form carries no number; the sheet alone is scanned",
    "signed": "the form is signed, and any change would break the signature",
    "certified": "the form is certified, and any change would break the certificate",
    "locked": "the form is protected against changes by a password",
    "xfa": "the form is drawn by Adobe Reader itself (dynamic XFA), which would not show a stamp",
    "full": "no page has free room for a mark that can be read",
    "too-many-pages": "the form has more than 300 pages; take out those that nobody fills in",
    "altered": "the form looks different once it is saved anew",
    "damaged": "the form is damaged: viewers show it, but nothing can be added",
    "repaired": "the file was damaged and has been repaired; look at every page",
    "faulty": "the file has faults that viewers forgive, and is handed out with them; look at every page",
    "restrictions-dropped": "restrictions on printing or copying were removed",
    "usage-rights-dropped": "usage rights for Adobe Reader were removed; the form can be filled in as before",
    "usage-rights-kept": "usage rights for Adobe Reader stay, as more of the form would go with them",
    "xfa-dropped": "the XFA layer was removed; the fields of the PDF stay",
    "javascript": "the form contains scripts; try whether it still calculates",
    "untagged": "the form is not tagged, so screen readers cannot tell its structure",
    # one page or several
    "amid-text": "the margins are full, so the stamp stands between the text",
    "sideways": "the only room is at the side, so the stamp is turned",
    "code-only": "there is no room for the stamp, so the QR code stands there without the number",
    "no-room": "no free room for a mark",
    "unproven": "no mark could be read there without changing the page, so there is none",
    "too-small": "too small for a mark",
    "too-large": "larger than A0, so there is no mark",
    "unclear": "damaged, so there is no mark",
    # refused
    "unreadable": "the file is no PDF, or is too damaged to be opened: ask the authority for another copy",
    "too-slow": "reading the file takes too long; printing it to a new PDF mostly helps",
    "too-much-memory": "reading the file takes too much memory; printing it to a new PDF mostly helps",
    "crashed": "reading the file ends the program, or takes too much memory; printing it to a new PDF mostly helps",
    "encrypted": "the file needs a password to be opened: ask the authority for a copy without one",
}


def carried(places: Sequence[Place | None]) -> str:
    """For instance "the stamp on pages 1-3; no mark on page 4"."""
    if not any(places):
        return "no mark, tracked by its sheet alone"
    marks = [place.mark if place else None for place in places]
    pages = {mark: [number for number, other in enumerate(marks, 1) if other == mark] for mark in MARKS}
    return "; ".join(f"{name} on {_numbered(pages[mark])}" for mark, name in MARKS.items() if pages[mark])


def remarks(notes: Iterable[str]) -> list[str]:
    """The notes on one form as sentences; the same one on several pages is said once."""
    pages: dict[str, list[int]] = {}
    for note in notes:
        name, _, page = note.rpartition(" ")
        if page.isdecimal():
            pages.setdefault(name, []).append(int(page))
        else:
            pages[note] = []
    return [f"{_numbered(found)}: {in_words(note)}" if found else in_words(note) for note, found in pages.items()]


def in_words(code: str) -> str:
    """One reason, or one note without its page, as a sentence; "sheet-alone signed" names both.

    What is not known is returned as it is.
    """
    name, *reasons = code.split(" ")
    if name not in _TOLD:
        return code
    return ": ".join([_TOLD[name], *(_TOLD.get(reason, reason) for reason in reasons)])


def _numbered(pages: Iterable[int]) -> str:
    """For instance "pages 1-3, 5"."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(pages), key=lambda item: item[1] - item[0])]
    numbers = ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
    return f"{'page' if numbers.isdecimal() else 'pages'} {numbers}"
