"""Slips in a file of the catalogue are named with their line, their place and what to do, all of them at once."""

from pathlib import Path

import pytest

from support.loading import copied, faults, reading, replace

PROCEDURE = "rent-subsidy/procedure.yaml"
AUTHORITY = "authorities/vat-office.yaml"
TITLE = "  de: Mietzuschuss beantragen\n"  # line 7 of the procedure
NAME = "  de: Mehrwertsteuerverwaltung (AED), Bureau d’imposition XII\n"  # line 2 of the authority


@pytest.fixture
def folder(tmp_path) -> Path:
    return copied(tmp_path, "rent-subsidy")


def typed(text: str) -> str:
    """The title's German line with another text."""
    return f"  de: {text}\n"


IN_QUOTES = "put the whole text in quotes"


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (typed("Formular #5 Antrag"), "7: title.de: text behind # is lost; put the text in quotes"),
        (typed("#5 Antrag"), "7: title.de: text behind # is lost"),
        (typed("Antrag\n    #5 vom Mai"), "8: title.de: text behind # is lost"),
        (typed("Antrag #5\n    vom Mai"), "7: text behind # is lost"),
        (typed("A") + typed("B"), "8: title.de: this key stands twice, first on line 7; keep one"),
        (typed("Achtung: jetzt"), f"7: a colon and a space stand inside a text; {IN_QUOTES}"),
        (typed("@Antrag"), f"7: a text that begins with one of @ ` % or a tab is read as something else; {IN_QUOTES}"),
        (typed("& Söhne"), "7: a text that begins with & or *"),
        (typed("&Söhne GmbH"), "7: a text that begins with &"),
        (typed("*Pflicht"), "7: a text that begins with *"),
        (typed("!Achtung jetzt"), "7: a text that begins with !"),
        (typed("> 100 Euro"), "7: a text that begins with > or |"),
        (typed("[neu] Antrag"), "7: a text that begins with ["),
        (typed("{neu"), "7: a text that begins with {"),
        (typed("'l'État'"), "7: in quotes another quote ends the text"),
        (typed('"Antrag'), '7: a text that begins with "'),
        (typed(r'"C:\foo"'), "7: title.de: the invisible character U+000C"),
        (typed("Antrag\u200b"), "7: title.de: the invisible character U+200B (ZERO WIDTH SPACE)"),
        (typed("GebÃ¼hr"), "7: title.de: “Ã¼” was one letter before the text was saved wrongly"),
        (typed("Antrag 🙂"), "7: title.de: the printed sheet has no letter for 🙂 (U+1F642 SLIGHTLY SMILING FACE)"),
        (typed("申請"), "7: title.de: the printed sheet has no letter for 申 (U+7533"),
        (typed(""), "6: title: a translation is empty; write it: de"),
        (typed("[]"), "7: title.de: must be a text"),
        ("  de:Antrag\n", "7: a space is missing behind the colon"),
        ("   de: Antrag\n", "8: this line does not go on where the one above ended"),
        ("\tde: Antrag\n", "7: the line begins with a tab"),
        ("\u00a0\u00a0de: Antrag\n", "7: the line begins with a tab or a non-breaking space"),
        (TITLE + "  Antrag stellen\n", "8: neither “key: text” nor the rest of the text above"),
        (TITLE + "...\n", "8: a second document begins here, which nobody reads; remove this line"),
        ("  DE: Antrag\n", "6: title: needs exactly the languages de, fr, en, lb; missing: de; unknown: DE"),
        (typed("'l'État'") + "  xx: 'd'État'\n", "8: in quotes another quote ends the text"),
        ("  <<: *base\n" + TITLE, "7: a text that begins with *"),
    ],
)
def test_slip_in_a_line_is_named_with_its_line(folder, new, said):
    replace(folder / PROCEDURE, TITLE, new)
    assert any(fault.startswith(f"{PROCEDURE}:{said}") for fault in faults(folder)), faults(folder)
    assert len(faults(folder)) <= 3 and "rent-subsidy" not in reading(folder).catalogue.procedures


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("vat:\n", "vat\n", "6: neither “key: text” nor the rest of the text above"),
        ("vat:\n", "   vat:\n", "6: indented deeper than the line above"),
        ("vat:\n", "- vat:\n", "6: this line does not go on where the one above ended"),
        ("vat:\n", "", "6: housing.de: this key stands twice, first on line 2"),
        ("housing:\n", "housing\n", "2: indented deeper than the line above"),
        ("housing:\n", "  housing:\n", "1: this line is indented otherwise than the rest"),
        ("  de: Mehrwertsteuer\n", "  de Mehrwertsteuer\n", "8: indented deeper than the line above"),
        ("  fr: TVA\n", "fr: TVA\n", "9: indented deeper than the line above"),
        ("  lb: TVA\n", "  lb TVA\n", "10: neither “key: text” nor the rest of the text above"),
        ("  lb: TVA\n", "     lb: TVA\n", "10: indented deeper than the line above"),
        ("  en: VAT\n", "  en: &VAT\n", "9: a text that begins with & is read as something else"),
        ("  en: VAT\n", "  en: [&VAT a, &Tax b]\n", "9: a text that begins with & is read as something else"),
        ("  en: VAT\n", "  en: 'VAT\n", "9: a text that begins with '"),
        ("housing:\n", "huosing:\n", "1: huosing: no procedure has this topic, but 2 have 'housing'; did you mean"),
    ],
)
def test_one_broken_line_is_one_fault_whatever_follows_from_it(tmp_path, old, new, said):
    folder = copied(tmp_path, "rent-subsidy", "rental-guarantee")
    replace(folder / "topics.yaml", old, new)
    (fault,) = faults(folder)
    assert fault.startswith(f"topics.yaml:{said}")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("topic: housing", "topic: huosing", "3: topic: no topic 'huosing' in topics.yaml; did you mean housing?"),
        ("authority: h", "authority: H", "4: authority: may have only the small letters"),
        ("life_event: ", "live_event: ", "5: live_event: nobody reads this key; did you mean life_event?"),
        ("    items:", "    itmes:", "31: sections.0.itmes: nobody reads this key; did you mean items?"),
        ("  - kind: who", "  - kind: hwo", "25: sections.0.kind: must be one of who, conditions"),
        ("  - citizens", "  - Citizens", "2: audiences.0: must be one of citizens, businesses; did you mean citizens?"),
        ("  - citizens\n", "", "1: audiences: must be a list, each entry on a line of its own that begins with -"),
        ("topic: housing\n", "", "1: topic: is missing; add it"),
        ("topic: housing\n", "topic: housing\ncolour: blue\n", "4: colour: nobody reads this key; possible here: "),
        ("topic: housing\n", "topic: housing\nsms: perhaps\n", "4: sms: must be true, false, or a list"),
        ("topic: housing\n", "topic: housing\nsms: [recieved]\n", "4: sms.0: must be one of "),
    ],
)
def test_key_or_word_that_is_none_is_named_with_what_was_meant(folder, old, new, said):
    replace(folder / PROCEDURE, old, new)
    (fault,) = faults(folder)
    assert fault.startswith(f"{PROCEDURE}:{said}")


def test_faults_of_all_files_are_named_at_once_and_the_others_are_read(folder):
    replace(folder / PROCEDURE, TITLE, typed("Achtung: jetzt") + typed("zweimal"))
    replace(folder / PROCEDURE, "  - kind: who", "  - kind: whom")
    replace(folder / PROCEDURE, "authority: housing", "authority: @housing")
    replace(folder / AUTHORITY, "window: right", "window: middle")
    (folder / "rent-subsidy" / "aplication.pdf").write_bytes(b"%PDF")
    found = {fault.split(": ")[0] for fault in faults(folder)}
    assert found == {
        f"{AUTHORITY}:13",
        "rent-subsidy/aplication.pdf",
        *(f"{PROCEDURE}:{line}" for line in (4, 7, 8, 26)),
    }
    read_ = reading(folder)
    assert len(read_.catalogue.authorities) == 5 and read_.catalogue.specimens and read_.catalogue.topics
    assert read_.holds("rent-subsidy") and AUTHORITY in read_.held
