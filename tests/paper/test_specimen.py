"""The specimen form: real fields with names that are spoken, and never mistaken for an official paper."""

import io
import json

import pikepdf
import pytest

from paper import typeset
from paper.forms.acceptance import accept
from paper.forms.stamp import stamp
from paper.specimen import WORDS, _in_language, draw
from support.paper_reading import codes, fields, text, wrong_tags

URL = "HTTPS://ETRACKING.EXAMPLE.LU/T/K7Q2MX4P9TRWY"
AUTHORITY = "Administration de l’exemple"
MARK = "MUSTER · SPÉCIMEN · SPECIMEN · MUSTER"
LABELS = {
    "name": {"de": "Name", "fr": "Nom", "en": "Surname", "lb": "Numm"},
    "born": {"de": "Geburtsdatum", "fr": "Date de naissance", "en": "Date of birth", "lb": "Gebuertsdatum"},
    "why": {"de": "Begründung", "fr": "Motif", "en": "Reason", "lb": "Grond"},
    "copy": {
        "de": "Eine Kopie liegt bei.",
        "fr": "Une copie est jointe.",
        "en": "Enclosed.",
        "lb": "Eng Kopie läit bäi.",
    },
}
GROUP = {"de": "Angaben", "fr": "Données", "en": "Details", "lb": "Donnéeën"}
KINDS = {"name": "text", "born": "date", "why": "multiline", "copy": "check"}

every_language = pytest.mark.parametrize("language", WORDS)


def spec(groups=1):
    title = {"de": "Antrag", "fr": "Demande", "en": "Application", "lb": "Demande"}
    return {
        "title": title,
        "intro": {key: f"{word}." for key, word in title.items()},
        "groups": [{"title": GROUP, "fields": [field(name, number) for name in KINDS]} for number in range(groups)],
        "declaration": {key: f"{word}!" for key, word in title.items()},
        "signature": True,
    }


def field(name, number):
    width = "half" if name in ("name", "born") else "full"
    return {"name": f"{name}{number}", "kind": KINDS[name], "width": width, "label": LABELS[name]}


def widgets(pdf):
    return [annotation for page in pdf.pages for annotation in page.obj.get("/Annots", [])]


@every_language
def test_every_page_says_in_four_languages_that_it_is_a_specimen(language):
    pages = text(draw(spec(groups=4), language, AUTHORITY, "2026-11"))
    assert len(pages) == 2
    assert all(MARK in page for page in pages)
    assert WORDS[language]["notice"] in pages[0]


@every_language
def test_fields_are_real_and_spoken_with_their_group(language):
    with pikepdf.open(io.BytesIO(draw(spec(), language, AUTHORITY, "2026-11"))) as pdf:
        spoken = {str(widget.T): str(widget.TU) for widget in widgets(pdf)}
        assert spoken == {f"{name}0": f"{GROUP[language]}: {LABELS[name][language]}" for name in KINDS}
        assert [widget.FT for widget in widgets(pdf)] == ["/Tx", "/Tx", "/Tx", "/Btn"]
        assert len(pdf.Root.AcroForm.Fields) == len(spoken)


def test_reading_order_leads_through_the_fields_and_each_stands_alone_in_its_tag():
    data = draw(spec(groups=4), "de", AUTHORITY, "2026-11")
    assert wrong_tags(data) == []
    with pikepdf.open(io.BytesIO(data)) as pdf:
        parents = list(pdf.Root.StructTreeRoot.ParentTree.Nums)
        tree = dict(zip((int(key) for key in parents[::2]), parents[1::2], strict=True))
        assert all(page.obj.Tabs == "/S" for page in pdf.pages)
        for widget in widgets(pdf):
            element = tree[int(widget.StructParent)]
            assert element.S == "/Form" and len(element.K) == 1
            assert element.K[0].Obj.objgen == widget.objgen and element.Pg.objgen == widget.P.objgen
        assert int(pdf.Root.StructTreeRoot.ParentTreeNextKey) > max(tree)


@every_language
def test_specimen_is_accepted_and_its_stamp_is_read_top_right(language):
    form = accept(draw(spec(groups=4), language, AUTHORITY, "2026-11"))
    assert form.notes == []
    assert all(place.x > 120 and place.y > 270 for place in form.places)
    pdf = stamp(form.data, form.places, "K7Q2-MX4P-9TRWY", URL, "eTracking", language)
    assert [[code.text for code in page] for page in codes(pdf)] == [[URL]] * form.pages
    assert fields(pdf) == 16


def test_filled_in_fields_show_their_values():
    with pikepdf.open(io.BytesIO(draw(spec(), "de", AUTHORITY, "2026-11"))) as pdf:
        for widget in widgets(pdf):
            if widget.FT == "/Tx":
                widget.V = "Größe d’été"
        pdf.Root.AcroForm.NeedAppearances = True
        pdf.generate_appearance_streams()
        drawn = [widget.AP.N.read_bytes() for widget in widgets(pdf) if widget.FT == "/Tx"]
    assert all("Größe d’été".encode("cp1252").hex().encode() in code for code in drawn)


def test_a_field_does_not_take_more_than_paper_shows():
    with pikepdf.open(io.BytesIO(draw(spec(), "de", AUTHORITY, "2026-11"))) as pdf:
        texts = [widget for widget in widgets(pdf) if widget.FT == "/Tx"]
        assert all(int(widget.Ff) & 1 << 23 for widget in texts)
        assert [int(widget.get("/MaxLen", 0)) for widget in texts] == [0, 10, 0]


def test_equal_specimens_are_equal_bytes():
    assert draw(spec(), "fr", AUTHORITY, "2026-11") == draw(spec(), "fr", AUTHORITY, "2026-11")


def test_parts_that_are_not_given_are_left_out():
    bare = {"title": spec()["title"], "groups": []}
    assert WORDS["de"]["signature"] not in text(draw(bare, "de", AUTHORITY, "2026-11"))[0]


def test_a_missing_language_is_an_error():
    with pytest.raises(KeyError):
        draw(spec() | {"title": {"de": "Antrag"}}, "fr", AUTHORITY, "2026-11")


def test_template_compiles_without_a_warning():
    data = json.loads(json.dumps(_in_language(spec(), "lb"))) | {
        "authority": AUTHORITY,
        "edition": "2026-11",
        "tight": False,
    }
    compiler = typeset.compiler("specimen.typ")
    _, warnings = compiler.compile_with_warnings(sys_inputs=typeset.inputs(data), format="pdf", pdf_standards=["ua-1"])
    assert warnings == []
