"""The number spelled for the telephone: in every language a word for each character, on the page as a list."""

import string

import pytest

from models.catalogue.procedure import LANGUAGES
from models.security.crockford import ALPHABET
from support.visitor import Visitor
from wording.spelling import TABLES, spelled


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_letter_has_a_name_that_begins_with_it_and_each_digit_a_word(language):
    names, _link, digits = TABLES[language]
    assert [name[0] for name in names.split()] == list(string.ascii_uppercase)
    assert len(set(digits.split())) == 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_character_of_a_number_can_be_said_and_no_two_sound_alike(language):
    said = [words for _character, words in spelled(ALPHABET, language)]
    assert len({words.casefold() for words in said}) == len(ALPHABET)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["K wie Köln", "7 sieben", "Q wie Quickborn"]),
        ("fr", ["K comme Kléber", "7 sept", "Q comme Quintal"]),
        ("en", ["K as in Kilo", "7 seven", "Q as in Quebec"]),
        ("lb", ["K wéi Köln", "7 siwen", "Q wéi Quickborn"]),
    ],
)
def test_number_is_spelled_as_people_say_it(language, words):
    assert [" ".join(pair) for pair in spelled("K7Q", language)] == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_a_dossier_spells_its_number_in_the_language_of_its_reader(app, dossier, language):
    page = Visitor(app, language).get(f"/t/{dossier.number}")
    shown = [item.get_text(" ", strip=True) for item in page.soup.select("details ol.spelled > li")]
    assert shown == [" ".join(pair) for pair in spelled(dossier.number, language)]
