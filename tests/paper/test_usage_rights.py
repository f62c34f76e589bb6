"""Usage rights leave a form that is certified too, without touching what was certified."""

import io

import pikepdf
import pytest

from paper.forms.acceptance import accept
from paper.forms.render import opened
from support import certified_forms, paper_forms


def keys(data):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return set(pdf.Root.get("/Perms", {}).keys())


def words(data):
    with opened(data) as document:
        return document[0].get_textpage().get_text_range()


@pytest.fixture
def certified():
    """A form whose certification covers it to its last byte, but for the signature between < and >."""
    return certified_forms.truly_certified()


def test_form_is_cut_back_to_what_was_certified_before_the_rights_were_added(certified):
    form = accept(certified_forms.with_later_rights(certified))
    assert keys(certified_forms.with_later_rights(certified)) == {"/DocMDP", "/UR3"}
    assert form.data == certified and keys(form.data) == {"/DocMDP"}
    assert form.notes[:2] == ["sheet-alone certified", "usage-rights-dropped"]


def test_text_that_was_changed_after_the_certification_is_what_citizens_get(certified):
    """Only the rights are cut off, which came last; and nothing is, where they came before the new text."""
    newer = certified_forms.with_later_text(certified)
    form = accept(certified_forms.with_later_rights(newer))
    assert form.data == newer and form.notes[:2] == ["sheet-alone certified", "usage-rights-dropped"]
    mixed = certified_forms.with_later_text(certified_forms.with_later_rights(certified))
    form = accept(mixed)
    assert form.data == mixed and form.notes[:2] == ["sheet-alone certified", "usage-rights-kept"]
    assert "New fee" in words(form.data) and "New fee" not in words(certified)


def test_script_that_nobody_sees_is_a_change_too(certified):
    rights = certified_forms.with_later_rights(certified)
    with pikepdf.open(io.BytesIO(rights)) as pdf:
        number, root = pdf.Root.objgen[0], pdf.Root.unparse(resolved=True)
    changed = certified_forms.with_revision(rights, number, root[:-2] + b"/OpenAction << /S /JavaScript /JS (x) >> >>")
    assert accept(changed).data == changed


def test_certified_form_whose_first_revision_is_broken_is_handed_out_as_it_is(certified):
    rights = certified_forms.with_later_rights(certified).replace(b"/Type /Catalog", b"/Type [/Catalo", 1)
    form = accept(rights)
    assert form.data == rights and form.notes[:2] == ["sheet-alone certified", "usage-rights-kept"]


def test_certification_without_rights_is_left_alone(certified):
    later = certified + b"% a comment that came later\n"
    assert accept(later).data == later


def test_rights_that_were_certified_with_the_form_stay():
    data = certified_forms.truly_certified(rights=True)
    form = accept(data)
    assert form.data == data and form.notes[:2] == ["sheet-alone certified", "usage-rights-kept"]


def test_certification_of_a_file_that_was_written_anew_since_keeps_no_rights(certified):
    rewritten = paper_forms.changed(lambda pdf: None, certified_forms.with_later_rights(certified))
    assert keys(accept(rewritten).data) == set()
