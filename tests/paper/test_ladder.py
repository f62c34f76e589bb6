"""Every form that can be opened is tracked: by the stamp, by its code alone, or by the sheet; and each step is said."""

import io

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from paper.forms.acceptance import accept
from paper.forms.notes import in_words, remarks
from paper.forms.stamp import stamp
from paths import ROOT
from support import paper_forms
from support.paper_reading import codes

NUMBER, URL = "K7Q2-MX4P-9TRWY", "HTTPS://ETRACKING.EXAMPLE.LU/T/K7Q2MX4P9TRWY"
FIELD = ROOT / "tests" / "paper" / "field"


def stamped(form):
    return stamp(form.data, form.places, NUMBER, URL, "eTracking", "de")


def steps(form):
    """The notes that tell how far down the ladder a form is."""
    return [note for note in form.notes if note[-1].isdigit() or note.startswith("sheet-alone")]


@pytest.mark.parametrize(
    ("name", "pages", "said"),
    [
        ("usage-rights-direct", [1], []),
        ("certified-direct", [0], ["sheet-alone certified"]),
        ("signed-on-the-page", [0], ["sheet-alone signed"]),
        ("link", [1], []),
        ("hidden-remark", [1], []),
        ("null-remark", [1], []),
        ("tinted-paper", [1], []),
        ("grey-paper", [1], []),
        ("dense-last-page", [1, 0], ["no-room 2"]),
    ],
)
def test_case_from_the_field_carries_its_code_where_it_can(name, pages, said):
    form = accept((FIELD / f"{name}.pdf").read_bytes())
    assert [len(page) for page in codes(stamped(form))] == pages
    assert steps(form) == said


@pytest.mark.parametrize("name", paper_forms.BY_SHEET)
def test_what_cannot_carry_a_mark_is_handed_out_untouched(name):
    make, reason = paper_forms.BY_SHEET[name]
    data = make()
    form = accept(data)
    assert stamped(form) == form.data == data
    assert (form.places, form.notes[0]) == ([None, None], f"sheet-alone {reason}")


@pytest.mark.parametrize("protect", [{}, {"encryption": pikepdf.Encryption(owner="x", allow=paper_forms.NO_CHANGE)}])
@pytest.mark.parametrize("xfa", [False, True])
def test_usage_rights_are_nobodys_signature_and_leave_every_form(xfa, protect):
    def change(pdf):
        paper_forms.usage_rights(pdf)
        if xfa:
            paper_forms.xfa(dynamic=True)(pdf)

    form = accept(paper_forms.changed(change, **protect))
    assert "usage-rights-dropped" in form.notes
    assert any(form.places) == (not protect and not xfa)
    with pikepdf.open(io.BytesIO(stamped(form))) as pdf:
        assert "/Perms" not in pdf.Root and "/Rights" not in pdf.Root.get("/ViewerPreferences", {})
        assert pdf.is_encrypted == bool(protect) and pdf.allow.modify_other == (not protect)


def on_the_page(value):
    """A signature field that the form does not list: only the annotation of a page is there, below a parent."""

    def change(pdf):
        parent = pdf.make_indirect(Dictionary(FT=Name.Sig, T=String("s"), **({"V": value(pdf)} if value else {})))
        widget = Dictionary(Subtype=Name.Widget, Rect=Array([0, 0, 0, 0]), Parent=parent)
        parent.Kids = Array([pdf.make_indirect(widget)])
        pdf.pages[1].obj.Annots.append(parent.Kids[0])

    return change


@pytest.mark.parametrize(
    ("value", "signed"),
    [(None, False), (paper_forms.signature, True), (lambda pdf: pdf.make_indirect(Dictionary()), False)],
    ids=["empty", "signed", "empty dictionary"],
)
def test_a_signature_field_counts_once_somebody_has_signed(value, signed):
    assert any(accept(paper_forms.changed(on_the_page(value))).places) is not signed


@pytest.mark.parametrize(
    ("white", "mark", "rotation", "said"),
    [
        ((0, 330, 250, 70), "full", 0, ["amid-text 1"]),
        ((0, 0, 66, 842), "full", 90, ["sideways 1"]),
        ((300, 400, 60, 60), "code", 0, ["code-only 1"]),
        ((530, 770, 65, 72), "code", 0, ["code-only 1"]),
    ],
    ids=["amid text", "sideways", "the code between the text", "the code at the edge"],
)
def test_the_best_mark_that_fits_is_chosen_and_can_be_read(white, mark, rotation, said):
    form = accept(paper_forms.changed(paper_forms.inked_but_for(white), paper_forms.plain(pages=1)))
    assert [(place.mark, place.rotation) for place in form.places] == [(mark, rotation)]
    assert steps(form) == said
    assert [code.text for code in codes(stamped(form))[0]] == [URL]


def test_upright_between_the_text_is_better_than_sideways_in_the_margin():
    def change(pdf):
        paper_forms.inked_but_for((530, 0, 65, 842))(pdf)
        paper_forms.content(b"\n1 g 100 400 250 80 re f")(pdf)

    assert steps(accept(paper_forms.changed(change, paper_forms.plain(pages=1)))) == ["amid-text 1"]


def test_first_page_without_room_for_the_stamp_carries_the_code_at_least():
    def change(pdf):
        pages = list(pdf.pages)
        paper_forms.inked_but_for((300, 400, 60, 60))(pdf)
        pages[1].contents_add(b"\n1 g 0 0 600 850 re f")

    form = accept(paper_forms.changed(change))
    assert [place.mark for place in form.places] == ["code", "full"]
    assert steps(form) == ["code-only 1"]


@pytest.mark.parametrize(
    ("change", "said"),
    [(paper_forms.small_second_page, "no-room 2"), (lambda pdf: pdf.pages[1].obj.__setitem__("/Contents", 1), "")],
)
def test_a_page_that_cannot_carry_a_mark_does_not_stop_the_others(change, said):
    form = accept(paper_forms.changed(change))
    assert form.places[0] is not None
    assert said in [*form.notes, ""]


def ink(code):
    return paper_forms.changed(paper_forms.content(code), paper_forms.plain(pages=1))


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        (b"0.96 G 0.5 w 300 800 m 590 800 l S", (300, 800, 590, 800)),
        (b"1 1 0.9 rg 400 790 150 30 re f", (400, 790, 550, 820)),
        (b"BT /F1 8 Tf 0.95 g 420 800 Td (Wasserzeichen) Tj ET", (420, 800, 475, 805)),
        (b"BT /F1 8 Tf 420 815 Td (Cachet de l'administration) Tj ET", (420, 760, 520, 820)),
        (b"BT /F1 8 Tf 400 825 Td (R\xe9serv\xe9 \xe0 l'administration) Tj ET", (400, 770, 500, 830)),
        (b"BT /F1 8 Tf 400 825 Td (Nur vom Amt auszuf\xfcllen) Tj ET", (400, 770, 500, 830)),
        (b"BT /F1 8 Tf 400 825 Td (FOR OFFICE USE ONLY) Tj ET", (400, 770, 500, 830)),
        (b"BT /F1 8 Tf 470 825 Td (FOR COURT USE ONLY) Tj ET", (440, 680, 590, 830)),
        (b"BT /F1 8 Tf 400 825 Td (Clerk stamps date here when form is filed.) Tj ET", (400, 680, 590, 830)),
        (b"BT /F1 8 Tf 400 780 Td (Unterschrift) Tj ET", (400, 720, 500, 800)),
        (b"BT /F1 8 Tf 300 825 Td (Signature) Tj ET", (300, 780, 480, 830)),
    ],
    ids=[
        "line",
        "yellow",
        "pale text",
        "cachet",
        "reserve",
        "Amt",
        "office",
        "a deep box",
        "clerk",
        "room above a word",
        "room beside a word",
    ],
)
def test_what_is_pale_and_what_has_a_purpose_is_not_covered(code, kept):
    (place,) = accept(ink(b"\n" + code)).places
    assert place.mark == "full" and not paper_forms.overlaps(place, kept)


BOX = b"\n0.5 w 420 770 150 60 re S 100 300 200 100 re S"  # two: at the top right, and between the text


def test_an_empty_box_is_left_for_those_who_fill_the_form_in():
    """Its lines are 8 mm and more from a stamp in their middle: the room is free, but not for us."""
    frame = b"\n1 w 14 14 567 814 re S"  # around the whole page: that makes no box of it
    (place,) = accept(paper_forms.changed(paper_forms.content(BOX + frame), paper_forms.plain(pages=1))).places
    assert place.mark == "full" and place.rotation == 0
    assert not paper_forms.overlaps(place, (420, 770, 570, 830)) and not paper_forms.overlaps(
        place, (100, 300, 300, 400)
    )


@pytest.mark.parametrize("fade", [0, 25])
@pytest.mark.parametrize("noise", [2, 8])
def test_scan_on_grey_paper_has_room_but_not_on_its_pale_lines(noise, fade):
    (place,) = accept(paper_forms.scan(noise, fade, line=(300, 800, 590, 803))).places
    assert place.mark == "full" and not paper_forms.overlaps(place, (300, 800, 590, 803))


LINES = {
    "drawn": b"0.6 w 400 770 m 585 770 l S",
    "underscores": b"BT /F1 10 Tf 400 771 Td (%b) Tj ET" % (b"_" * 33),
    "dots": b"BT /F1 10 Tf 400 770 Td (%b) Tj ET" % (b"." * 60),
}


@pytest.mark.parametrize("name", LINES)
def test_room_above_a_line_to_write_on_is_left_free(name):
    (place,) = accept(ink(b"\n" + LINES[name])).places
    assert place.mark == "full" and not paper_forms.overlaps(place, (400, 771, 580, 788))


def test_mark_stands_above_a_line_rather_than_nowhere():
    def change(pdf):
        paper_forms.inked_but_for((300, 400, 250, 70))(pdf)
        paper_forms.content(b"\n0 G 0.6 w 310 405 m 540 405 l S")(pdf)

    (place,) = accept(paper_forms.changed(change, paper_forms.plain(pages=1))).places
    assert place.mark == "full" and place.y < 150


def test_running_text_that_speaks_of_a_signature_keeps_no_room():
    words = (
        b"The signature of both persons is needed if the request is made for a child who lives with one of them only."
    )
    (place,) = accept(ink(b"\nBT /F1 7 Tf 60 760 Td (%b) Tj ET" % words)).places
    assert place.y > 270


@pytest.mark.parametrize(
    ("entries", "free"),
    [
        ({"Subtype": Name.Link, "Border": Array([0, 0, 0])}, True),
        ({"Subtype": Name.Square, "F": 2}, True),
        ({"Subtype": Name.Text, "F": 32}, True),
        ({"Subtype": Name.Text, "F": 36}, False),
        ({"Subtype": Name.Popup}, True),
        ({"Subtype": Name.FreeText}, False),
        ({"Subtype": Name.Widget, "FT": Name.Sig}, False),
        ({"Subtype": Name.Widget, "FT": Name.Tx, "Rect": Array([1, Name.X])}, True),
    ],
)
def test_only_what_is_seen_or_printed_covers_a_page(entries, free):
    def change(pdf):
        remark = Dictionary(**({"Rect": Array([400, 700, 590, 840])} | entries))
        pdf.pages[0].obj.Annots = Array([remark, None, 7, pdf.make_indirect(remark)])

    (place,) = accept(paper_forms.changed(change, paper_forms.plain(pages=1))).places
    assert (place.y > 270 and place.x > 130) is free


def test_every_note_is_said_in_words():
    noted = [accept(make()).notes for make, _ in paper_forms.BY_SHEET.values()]
    noted += [["amid-text 2", "no-room 3", "encrypted", "unreadable"]]
    assert [note for notes in noted for note in notes if note in remarks([note])[0]] == []


def test_remark_that_fits_several_pages_is_said_once():
    notes = ["untagged", "no-room 2", "amid-text 3", "no-room 4", "no-room 5"]
    assert remarks(notes) == [
        in_words("untagged"),
        f"pages 2, 4-5: {in_words('no-room')}",
        f"page 3: {in_words('amid-text')}",
    ]
