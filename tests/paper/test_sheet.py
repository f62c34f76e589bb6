"""The confirmation sheet: read back as a scanner, an envelope window, a screen reader and a printer would."""

import io
import threading
from collections import Counter
from dataclasses import asdict, replace

import pikepdf
import pytest

from paper import qr, typeset
from paper.sheet import Sheet, render
from support.envelopes import ENVELOPES, touches, windows, within
from support.paper_reading import codes, text, words, wrong_tags

NUMBER = "K7Q2-MX4P-9TRWY"
URL = "HTTPS://ETRACKING.EXAMPLE.LU/T/K7Q2MX4P9TRWY"
ADDRESS = ["Administration de l’exemple", "Service des documents", "Bureau 1.23", "B.P. 1234", "L-1234 LUXEMBOURG"]

TEXTS = {
    "de": {
        "title": "eTracking-Bestätigung",
        "lead": "Drucken Sie dieses Blatt aus und legen Sie es obenauf: zuerst dieses Blatt, darunter das ausgefüllte "
        "Formular und die Unterlagen. Alles kommt in denselben Umschlag.",
        "number_label": "eTracking-Nummer",
        "status_label": "Hier sehen Sie jederzeit, wo Ihr Dossier steht:",
        "qr_alt": "QR-Code mit der Adresse der Statusseite",
        "enclosures_heading": "Diese Unterlagen legen Sie bei",
        "steps_heading": "So geht es weiter",
        "questions": "Fragen? Für Auskünfte genügt die eTracking-Nummer.",
        "print_hint": "Drucken Sie in Originalgröße (100 %), damit die Anschrift im Fenster des Umschlags steht.",
    },
    "fr": {
        "title": "Fiche eTracking",
        "lead": "Imprimez cette fiche et placez-la au-dessus : d’abord cette fiche, puis le formulaire rempli et les "
        "pièces justificatives. Le tout va dans la même enveloppe.",
        "number_label": "Numéro eTracking",
        "status_label": "Voyez à tout moment où en est votre dossier :",
        "qr_alt": "Code QR avec l’adresse de la page de suivi",
        "enclosures_heading": "Pièces à joindre",
        "steps_heading": "La suite",
        "questions": "Des questions ? Le numéro eTracking suffit pour obtenir un renseignement.",
        "print_hint": "Imprimez à la taille réelle (100 %) : l’adresse apparaît alors dans la fenêtre de l’enveloppe.",
    },
    "en": {
        "title": "eTracking confirmation",
        "lead": "Print this sheet and put it on top: this sheet first, then the completed form and the supporting "
        "documents. Everything goes into the same envelope.",
        "number_label": "eTracking number",
        "status_label": "See at any time where your dossier stands:",
        "qr_alt": "QR code with the address of the status page",
        "enclosures_heading": "Enclose these documents",
        "steps_heading": "What happens next",
        "questions": "Questions? The eTracking number is all you need to ask.",
        "print_hint": "Print at actual size (100 %), so that the address shows in the window of the envelope.",
    },
    "lb": {
        "title": "eTracking-Blat",
        "lead": "Dréckt dëst Blat aus a leet et uewendrop: als éischt dëst Blat, drënner de Formulaire an "
        "d’Dokumenter. Alles kënnt an deeselwechten Enveloppe.",
        "number_label": "eTracking-Nummer",
        "status_label": "Kuckt zu all Moment, wou Ären Dossier drun ass:",
        "qr_alt": "QR-Code mat der Adress vun der Statussäit",
        "enclosures_heading": "Dës Dokumenter leet Dir bäi",
        "steps_heading": "Sou geet et weider",
        "questions": "Froen? D’eTracking-Nummer geet duer, fir nozefroen.",
        "print_hint": "Dréckt an der Originalgréisst (100 %), da steet d’Adress an der Fënster vum Enveloppe.",
    },
}


def sheet(language="de", window="left", **changes):
    sample = Sheet(
        language=language,
        number=NUMBER,
        mark="",
        url=URL,
        shown_url=f"etracking.example.lu/t/{NUMBER}",
        authority=ADDRESS[0],
        postal_address=ADDRESS,
        window=window,
        rows=ROWS,
        enclosures=["Kopie des Ausweises", "Größenangabe und Übersichtsplan"],
        texts=TEXTS[language],
        steps=["Umschlag frankieren und abschicken.", "Auf die Nachricht warten."],
    )
    return replace(sample, **changes)


ROWS = [("Vorgang", "Gleichwertigkeit eines Abschlusses"), ("Formular", "Antrag"), ("Ausgabe", "2026-11")]

both_windows = pytest.mark.parametrize("window", ["left", "right"])
every_language = pytest.mark.parametrize("language", TEXTS)


@both_windows
@every_language
def test_code_is_read_from_the_page_and_holds_what_is_printed_beside_it(language, window):
    pdf = render(sheet(language, window))
    assert [[code.text for code in page] for page in codes(pdf)] == [[URL]]
    printed = text(pdf)[0].replace("\r\n", "")
    assert f"etracking.example.lu/t/{NUMBER}" in printed
    assert TEXTS[language]["enclosures_heading"] in printed


@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES)
@every_language
def test_address_always_shows_in_the_window_and_nothing_else_ever_does(language, envelope):
    always, ever = windows(*envelope)
    page = words(render(sheet(language, envelope[4])))
    address = Counter(word for line in ADDRESS for word in line.split())
    shown = Counter(word for word, box in page if within(box, always))
    assert not address - shown
    others = [word for word, box in page if touches(box, ever) and word not in address]
    assert set(others) <= {"eTracking", "·", "L-4321", "Luxembourg"}


@both_windows
def test_a_long_address_is_set_smaller_rather_than_cut(window):
    long = ["Administration de l’exemple et du contrôle", "Service de la reconnaissance des documents", *ADDRESS[1:]]
    page = words(render(sheet(window=window, postal_address=long)))
    address = Counter(word for line in long for word in line.split())
    for envelope in (one for one in ENVELOPES.values() if one[4] == window):
        assert not address - Counter(word for word, box in page if within(box, windows(*envelope)[0]))


def test_sheet_says_it_is_accessible_and_its_tags_are_right():
    pdf = render(sheet())
    assert wrong_tags(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert document.Root.Lang == "de"
        assert document.Root.ViewerPreferences.DisplayDocTitle
        assert b"<pdfuaid:part>1</pdfuaid:part>" in document.Root.Metadata.read_bytes()


def test_sheet_prints_at_its_true_size():
    with pikepdf.open(io.BytesIO(render(sheet()))) as document:
        assert document.Root.ViewerPreferences.PrintScaling == "/None"
        assert [float(value) for value in document.pages[0].mediabox] == pytest.approx([0, 0, 595.28, 841.89], abs=0.01)


def test_many_enclosures_flow_to_a_second_page_with_the_number_on_it():
    pdf = render(sheet(enclosures=[f"Unterlage {number}" for number in range(1, 41)]))
    first, second = text(pdf)
    assert "Unterlage 40" in second and NUMBER in second
    assert wrong_tags(pdf) == []
    assert [len(page) for page in codes(pdf)] == [1, 0]


@both_windows
@every_language
def test_mark_of_a_follow_up_sheet_stands_at_the_top_right_and_shows_in_no_window(language, window):
    pdf = render(sheet(language, window, mark="Nachreichung 12"))
    (_, (left, top, right, bottom)) = next(pair for pair in words(pdf) if pair[0] == "Nachreichung")
    assert left > 140 and right < 190 and top > 12 and bottom < 30
    assert wrong_tags(pdf) == []


def test_empty_parts_leave_no_heading_behind():
    printed = text(render(sheet(enclosures=[], steps=[], rows=[*ROWS[:2], ("Ausgabe", "")])))[0]
    for part in (TEXTS["de"]["enclosures_heading"], TEXTS["de"]["steps_heading"], "Ausgabe"):
        assert part not in printed


def test_equal_sheets_are_equal_bytes():
    assert render(sheet()) == render(sheet())


def test_text_is_never_markup():
    pdf = render(sheet(rows=[("= Titel", '#panic("x") *fett* $1$')]))
    assert '#panic("x") *fett* $1$' in text(pdf)[0]


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("漢字 🙂", "�� �"),
        ("Pass 👨‍👩‍👧 ا", "Pass"),
        ("Ｐａｓｓ 𝐏", "Pass P"),
        ("a\x01b\ue000\ufffe", "a"),
        ("Rene\u0301 s\u0323 Ἀθῆναι Дом ﬁ ☎", "René"),
    ],
    ids=["Chinese and emoji", "family and Arabic", "letters in disguise", "no characters", "in the fonts"],
)
def test_a_character_without_a_glyph_costs_the_sheet_nothing_but_itself(caplog, typed, printed):
    pdf = render(sheet(rows=[("Vorgang", typed)]))
    assert codes(pdf)[0][0].text == URL and printed in text(pdf)[0]
    with pikepdf.open(io.BytesIO(pdf)) as document:
        assert "pdfuaid" in document.Root.Metadata.read_bytes().decode()
    assert typed not in caplog.text


def test_two_threads_never_mix_their_numbers():
    wrong = []

    def work(sign):
        own = "-".join([sign * 4, sign * 4, sign * 5])
        for _ in range(8):
            printed = text(render(sheet(number=own)))[0]
            wrong.extend([] if own in printed and NUMBER not in printed.split("/t/")[0] else [own])

    threads = [threading.Thread(target=work, args=(sign,)) for sign in "AZ"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert wrong == [] and not any(thread.is_alive() for thread in threads)


def test_template_compiles_without_a_warning():
    data = asdict(sheet()) | {"qr": qr.svg(URL, quiet=0)}
    compiler = typeset.compiler("sheet.typ")
    _, warnings = compiler.compile_with_warnings(sys_inputs=typeset.inputs(data), format="pdf", pdf_standards=["ua-1"])
    assert warnings == []


def test_missing_fonts_name_the_command_that_brings_them(monkeypatch, tmp_path):
    monkeypatch.setattr(typeset, "FONTS", tmp_path / "fonts")
    monkeypatch.setattr(typeset, "_thread", threading.local())
    typeset._fonts.cache_clear()
    with pytest.raises(typeset.FontsMissingError, match="make install"):
        render(sheet())


def test_a_forked_process_is_refused_instead_of_waiting_for_ever(monkeypatch):
    monkeypatch.setattr(typeset, "_used_by", {1})
    with pytest.raises(RuntimeError, match="fork"):
        render(sheet())
