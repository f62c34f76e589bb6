"""What is read of a form that cannot carry its number: the sheet goes on top, and nothing else is promised."""

import pytest

from models import Form, FormFile
from support.paper_reading import text

NOT_ON_IT = "does not carry"


@pytest.fixture
def mark(form):
    """Make a form that is no specimen, with its marks at some places."""
    Form.update(specimens=None).where(Form.id == form.id).execute()

    def put(places, **columns):
        FormFile.update(places=places, **columns).where(FormFile.form == form).execute()

    return put


@pytest.mark.parametrize(
    ("places", "said", "button"),
    [
        ([[138, 277, 0], None], "The number is already on it.", "Form with my number (PDF)"),
        ([[138, 277, 0, "code"]], "The code of your number is already on it.", "Form with my number (PDF)"),
        ([None, None], "This form does not carry your number: put the sheet on top.", "Form (PDF)"),
    ],
)
def test_status_page_says_what_the_form_carries(visitor, dossier, mark, places, said, button):
    mark(places)
    page = visitor.get(f"/t/{dossier.number}")
    assert said in page.text
    assert [link.get_text() for link in page.soup.select("a[href$='form.pdf']")] == [button]


def test_form_without_a_mark_is_handed_out_as_the_authority_made_it_and_the_sheet_says_so(visitor, dossier, mark):
    mark([None], data=b"%PDF signed")
    assert visitor.open(f"/t/{dossier.number}/form.pdf").data == b"%PDF signed"
    assert NOT_ON_IT in visitor.get(f"/t/{dossier.number}/sheet").text
    assert NOT_ON_IT in " ".join(text(visitor.open(f"/t/{dossier.number}/sheet.pdf").data)[0].split())


def test_sheet_says_nothing_of_a_form_that_carries_its_number(visitor, dossier):
    assert NOT_ON_IT not in visitor.get(f"/t/{dossier.number}/sheet").text


def test_desk_is_told_of_a_form_without_a_mark(desk, dossier, mark):
    mark([None])
    page = desk.get(f"/desk/registrations/{dossier.number}")
    assert NOT_ON_IT in page.text and "The form with its number (PDF)" not in page.text
