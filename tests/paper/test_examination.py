"""A form is checked once: accepted with proven places for its marks, or refused with the reason."""

import pytest

from paper.forms.acceptance import accept
from paper.forms.examination import FormRefusedError
from paper.forms.repair import shown
from support import paper_forms
from support.paper_reading import fields


@pytest.mark.parametrize("name", paper_forms.BAD)
def test_refused_form_names_its_reason(name):
    make, reason, page = paper_forms.BAD[name]
    with pytest.raises(FormRefusedError) as refusal:
        accept(make())
    assert (refusal.value.reason, refusal.value.page) == (reason, page)
    assert str(refusal.value) == (reason if page is None else f"{reason} (page {page})")


def test_stamp_goes_to_the_top_right_where_it_can():
    for place in accept(paper_forms.plain()).places:
        assert (place.x, place.y, place.rotation) == pytest.approx((138, 277, 0), abs=0.2)


def test_stamp_avoids_a_field_that_cannot_be_seen():
    places = accept(paper_forms.changed(paper_forms.covered_by_a_field)).places
    assert all(place.y < 20 for place in places)


@pytest.mark.parametrize(
    ("white", "rotation", "note"),
    [
        ((0, 0, 595, 70), 0, []),
        ((530, 0, 65, 842), 90, ["sideways 1", "sideways 2"]),
        ((0, 0, 65, 842), 90, ["sideways 1", "sideways 2"]),
        ((200, 400, 200, 60), 0, ["amid-text 1", "amid-text 2"]),
    ],
    ids=["bottom", "right margin", "left margin", "amid the text"],
)
def test_stamp_finds_the_only_white_paper_of_the_page(white, rotation, note):
    form = accept(paper_forms.changed(paper_forms.inked_but_for(white)))
    left, bottom, width, height = (points / 72 * 25.4 for points in white)
    for place in form.places:
        assert place.rotation == rotation
        assert left <= place.x and place.x + place.size[0] <= left + width
        assert bottom <= place.y and place.y + place.size[1] <= bottom + height
    assert [code for code in form.notes if code[-1].isdigit()] == note


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("owner password AES-256", "restrictions-dropped"),
        ("static XFA", "xfa-dropped"),
        ("wrong xref", "repaired"),
        ("plain", "untagged"),
    ],
)
def test_what_was_changed_is_said(name, note):
    assert note in accept(paper_forms.GOOD[name]()).notes


def test_script_in_a_form_is_pointed_out():
    assert "javascript" in accept(paper_forms.changed(paper_forms.scripted)).notes


def test_an_accepted_form_is_accepted_again_unchanged():
    once = accept(paper_forms.plain())
    again = accept(once.data)
    assert (again.data, again.places, again.pages) == (once.data, once.places, once.pages)
    assert fields(once.data) == 2 * paper_forms.FIELDS_PER_PAGE


@pytest.mark.parametrize(
    ("damage", "note"),
    [
        (lambda data: data + b"\n" * 3000, "faulty"),
        (lambda data: data.replace(b"startxref", b"startxxxx"), "faulty"),
        (lambda data: b" " * 1100 + data, "repaired"),
        (lambda data: data[9:], "repaired"),
    ],
)
def test_form_without_a_mark_is_repaired_only_if_no_viewer_shows_it_and_that_is_said(damage, note):
    data = damage(paper_forms.changed(paper_forms.content(b"0 g 0 0 900 900 re f\n")))
    form = accept(data)
    assert form.notes[:2] == ["sheet-alone full", note] and shown(form.data) == 2
    assert (form.data == data) == (note == "faulty")
