"""The styleguide is true: its contrast is computed from the stylesheet in use, and reaches what WCAG asks."""

import pytest

from blueprints.operations.styleguide import PAIRS, contrast, palettes, samples
from models import db
from paths import STATIC
from support.site import running
from support.visitor import Visitor

CSS = (STATIC / "site.css").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_colours_reaches_the_contrast_it_needs(scheme):
    assert not [(one.front, one.back, round(one.ratio, 2)) for one in samples(CSS)[scheme] if one.ratio < one.needed]


def test_both_schemes_define_the_same_colours():
    light, dark = palettes(CSS).values()
    assert light.keys() == dark.keys() and {name for pair in PAIRS for name in pair[:2]} <= light.keys()
    assert {name for name in light if light[name] == dark[name]} <= {"on-brand", "focus"}


def test_contrast_is_what_wcag_defines():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.005)


def test_page_shows_every_piece_while_developing(sqlite_url):
    page = Visitor(running(sqlite_url, INBOX=True)).get("/styleguide")
    for piece in (".ticket .number", ".timeline", ".steps", ".pill.incomplete", ".summary", ".notice.bad", "table"):
        assert page.soup.select_one(piece), piece
    assert "fails" not in page.text and page.errors.keys() == {"email", "mobile"}
    db.close()


def test_nobody_else_sees_it(visitor):
    visitor.get("/styleguide", status=404)
