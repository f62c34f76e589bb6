"""The style guide: all colours and components on one page, for developers. Only there if INBOX is set."""

import re
from pathlib import Path
from typing import NamedTuple

from flask import Blueprint, Response, current_app, make_response, render_template
from werkzeug.datastructures import MultiDict

from blueprints.public.forms import ContactForm
from models.dossiers.kinds import STATUSES
from web.responses import private

bp = Blueprint("styleguide", __name__, url_prefix="/styleguide")
bp.after_request(private)

BODY, TEXT, MARK = 7.0, 4.5, 3.0  # minimum contrast by WCAG 2.2: 1.4.6 (AAA), 1.4.3 (AA), 1.4.11
# The colour pairs (front, back) of site.css, and the contrast that each needs.
PAIRS = (
    *((ink, ground, BODY) for ink in ("ink", "soft", "link", "hover") for ground in ("ground", "card")),
    *(("ink", ground, BODY) for ground in ("note-ground", "good-ground", "wait-ground", "bad-ground")),
    ("link", "note-ground", TEXT),
    ("hover", "note-ground", TEXT),
    ("soft", "note-ground", TEXT),
    ("on-brand", "brand", BODY),
    ("on-brand", "button", TEXT),
    ("on-brand", "button-hover", TEXT),
    ("good", "good-ground", TEXT),
    ("wait", "wait-ground", TEXT),
    ("bad", "bad-ground", TEXT),
    ("bad", "card", TEXT),
    *(("edge", ground, MARK) for ground in ("ground", "card")),
    ("bad", "ground", MARK),
    ("good", "ground", MARK),
    ("wait", "card", MARK),
    ("good", "card", MARK),
    ("focus", "focus-edge", MARK),
)
SPACES = (0.35, 0.6, 0.8, 1, 1.25, 1.75, 2.5)  # in rem


class Sample(NamedTuple):
    """A colour on another, with the contrast it has and the contrast it needs."""

    front: str
    back: str
    colours: tuple[str, str]
    needed: float
    ratio: float

    @property
    def grade(self) -> str:
        """The WCAG grade: AAA, AA or fails."""
        if self.needed == MARK:
            return "AA" if self.ratio >= MARK else "fails"
        return "AAA" if self.ratio >= BODY else "AA" if self.ratio >= TEXT else "fails"


@bp.get("")
def show() -> Response:
    """Show the colours with their contrast, the type sizes, and every component."""
    css = (Path(current_app.static_folder or "static") / "site.css").read_text()
    answer = ContactForm(MultiDict({"by_email": "y", "email": "name@", "by_sms": "y"}), meta={"csrf": False})
    answer.validate()
    empty = ContactForm(None, prefix="empty-", meta={"csrf": False})
    context = {"samples": samples(css), "answer": answer, "empty": empty, "statuses": STATUSES, "spaces": SPACES}
    return make_response(render_template("operations/styleguide/show.html", **context))


def samples(css: str) -> dict[str, list[Sample]]:
    """The samples of every pair, in the light and in the dark scheme."""
    return {scheme: [_sample(found, *pair) for pair in PAIRS] for scheme, found in palettes(css).items()}


def palettes(css: str) -> dict[str, dict[str, str]]:
    """The colours of site.css by name; dark ones replace light ones, as in the browser."""
    screen = css.partition("@media print")[0]
    light, dark = (
        dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block))
        for block in re.findall(r":root \{(.*?)\}", screen, re.S)
    )
    return {"light": light, "dark": light | dark}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _sample(colours: dict[str, str], front: str, back: str, needed: float) -> Sample:
    chosen = colours[front], colours[back]
    return Sample(front, back, chosen, needed, contrast(*chosen))
