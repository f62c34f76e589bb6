"""The stamp on forms of every awkward kind: readable, upright, and nothing else touched."""

import io
from functools import cache

import pikepdf
import pytest
from PIL import ImageChops

from paper import qr, typeset
from paper.forms.acceptance import accept
from paper.forms.examination import AcceptedForm
from paper.forms.render import draw, opened
from paper.forms.stamp import Place, stamp
from support import paper_forms
from support.paper_reading import codes, fields, text, wrong_tags

NUMBER = "K7Q2-MX4P-9TRWY"
URL = "HTTPS://ETRACKING.EXAMPLE.LU/T/K7Q2MX4P9TRWY"

every_form = pytest.mark.parametrize("name", paper_forms.GOOD)


@cache
def accepted(name: str) -> AcceptedForm:
    return accept(paper_forms.GOOD[name]())


@cache
def stamped(name: str) -> bytes:
    form = accepted(name)
    return stamp(form.data, form.places, NUMBER, URL, "eTracking-Nummer", "de")


@every_form
def test_code_is_read_upright_on_every_page(name):
    pages = codes(stamped(name))
    assert [[code.text for code in page] for page in pages] == [[URL]] * accepted(name).pages
    assert {code.orientation for page in pages for code in page} == {0}


@every_form
def test_fields_survive_and_number_is_printed_in_words(name):
    assert fields(stamped(name)) == fields(paper_forms.GOOD[name]())
    assert all(NUMBER in page for page in text(stamped(name)))


@every_form
def test_stamped_file_is_whole_and_without_a_lock(name):
    with pikepdf.open(io.BytesIO(stamped(name))) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert not pdf.is_encrypted


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_stamp_stands_where_it_is_put_however_the_page_is_turned(rotate, rotation):
    blank = paper_forms.changed(paper_forms.without_text, paper_forms.plain(pages=1, rotate=rotate))
    place = Place(100, 60, rotation)
    pdf = stamp(blank, [place], NUMBER, URL, "eTracking", "de")
    with opened(pdf) as document:
        page = draw(document, 0, 254)  # ten pixels to the millimetre
    left, upper, right, lower = page.point([255] * 128 + [0] * 128).getbbox()
    box = [left / 10, (page.height - lower) / 10, right / 10, (page.height - upper) / 10]
    width, height = place.size
    assert all(
        low - 0.2 <= value <= high + 0.2
        for value, low, high in zip(box, (100, 60, 100, 60), (100 + width, 60 + height) * 2, strict=True)
    )
    assert max(box[2] - box[0], box[3] - box[1]) > 55


def test_two_places_for_three_pages_are_refused():
    with pytest.raises(ValueError, match="zip"):
        stamp(paper_forms.plain(pages=3), [Place(1, 1)] * 2, NUMBER, URL, "eTracking", "de")


def test_equal_stamps_are_equal_bytes():
    form = accepted("plain")
    assert stamp(form.data, form.places, NUMBER, URL, "eTracking-Nummer", "de") == stamped("plain")


def test_a_tagged_form_stays_tagged_and_the_stamp_is_no_content_of_it():
    tagged = paper_forms.tagged()
    form = accept(tagged)
    pdf = stamp(form.data, form.places, NUMBER, URL, "eTracking", "de")
    assert "untagged" not in form.notes
    assert wrong_tags(tagged) == wrong_tags(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for page in document.pages:
            code = page.obj.Contents[-1].read_bytes()
            assert code.index(b"/Artifact") < code.index(b" Do") < code.index(b"EMC")


def test_page_outside_the_stamp_is_unchanged():
    form = accepted("plain")
    with opened(paper_forms.GOOD["plain"]()) as before, opened(stamped("plain")) as after:
        difference = ImageChops.difference(draw(before, 0, 72), draw(after, 0, 72)).getbbox()
    place = form.places[0]
    assert difference[0] >= (place.x - 1) / 25.4 * 72 and difference[3] <= (297 - place.y + 1) / 25.4 * 72


def test_a_long_number_still_fits_beside_the_code():
    pdf = stamp(paper_forms.plain(1), [Place(100, 250)], "WWWW-WWWW-WWWWW", URL, "eTracking", "de")
    assert "WWWW-WWWW-WWWWW" in text(pdf)[0]


@pytest.mark.parametrize("mark", ["full", "code"])
def test_template_compiles_without_a_warning(mark):
    data = typeset.inputs(
        {"number": NUMBER, "label": "eTracking", "language": "de", "mark": mark, "qr": qr.svg(URL, quiet=0)}
    )
    _, warnings = typeset.compiler("forms/stamp.typ").compile_with_warnings(
        sys_inputs=data, format="pdf", pdf_tags=False
    )
    assert warnings == []
