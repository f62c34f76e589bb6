"""Usage rights leave a form that is certified too, without touching what was certified."""

import io

import pikepdf
import pytest

from paper.forms.acceptance import accept
from support import certified_forms, paper_forms


def keys(data):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return set(pdf.Root.get("/Perms", {}).keys())


@pytest.fixture
def certified():
    """A form whose certification covers it to its last byte, but for the signature between < and >."""
    return certified_forms.truly_certified()


def test_form_is_cut_back_to_what_was_certified_before_the_rights_were_added(certified):
    form = accept(certified_forms.with_later_rights(certified))
    assert keys(certified_forms.with_later_rights(certified)) == {"/DocMDP", "/UR3"}
    assert form.data == certified and keys(form.data) == {"/DocMDP"}
    assert form.notes[:2] == ["sheet-alone certified", "usage-rights-dropped"]


def test_certification_without_rights_is_left_alone(certified):
    later = certified + b"% a comment that came later\n"
    assert accept(later).data == later


def test_rights_that_were_certified_with_the_form_stay():
    data = certified_forms.truly_certified(rights=True)
    form = accept(data)
    assert form.data == data and form.notes[0] == "sheet-alone certified"


def test_certification_of_a_file_that_was_written_anew_since_keeps_no_rights(certified):
    rewritten = paper_forms.changed(lambda pdf: None, certified_forms.with_later_rights(certified))
    assert keys(accept(rewritten).data) == set()
