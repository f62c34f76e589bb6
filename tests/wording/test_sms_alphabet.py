"""The alphabet of SMS: every character has a spelling in it, and what is sent is one segment."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wording.sms_alphabet import EXTENSION, GSM_7, SEGMENT_LENGTH, length, segment, spelled

LINK = "https://etracking.example.lu/c/" + "a" * 26


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Lëtzebuerg, français, là-bas, être, œuvre", "Letzebuerg, francais, là-bas, etre, oeuvre"),
        ("Le\u0308tzebuerg, pe\u0300re, Mu\u0308ller", "Letzebuerg, père, Müller"),
        ("l’été « 2026 » – déjà…", 'l\'été " 2026 " - déjà...'),
        ("Äpfel Öl Übung ß éèàùìò ñ £ § Ø", "Äpfel Öl Übung ß éèàùìò ñ £ § Ø"),
        ("12\u202f000\u00a0€", "12 000 €"),
        ("[x] a|b {c} ~ ^ \\", "[x] a|b {c} ~ ^ \\"),
        ("Łódź, Đorđe, Ørsted, İstanbul", "Lodz, Dorde, Ørsted, Istanbul"),
        ("жизнь, αβγ, 日本", "zhizn', avg, RiBen"),
        ("👍🏽 ☺\ufe0f a\u200bb", ":thumbsup: :relaxed: ab"),
        ("½ ℃ № ™ ② ｆｕｌｌ", "1/2 C No TM 2 full"),
    ],
)
def test_letters_that_an_sms_does_not_have_are_written_otherwise(words, plain):
    assert spelled(words) == plain


def test_every_character_that_there_is_has_a_spelling():
    codes = [*range(0x2500), *range(0x2500, sys.maxunicode, 211)]
    wrong = [code for code in codes if set(spelled(chr(code))) - GSM_7 - EXTENSION]
    assert wrong == []


def test_signs_of_the_extension_take_two_places():
    assert length("12 €") == 5 and length("€" * 80) == SEGMENT_LENGTH
    assert segment("€" * 80) == "€" * 80
    with pytest.raises(ValueError, match="162 characters"):
        segment("€" * 81)


def test_text_that_is_too_long_loses_words_and_never_its_link():
    plain = segment(f"eTracking: {'日本語 ' * 40}{LINK}")
    assert plain.startswith("eTracking: RiBenYu") and plain.endswith(f"... {LINK}")
    assert 150 < length(plain) <= SEGMENT_LENGTH


@given(st.text(max_size=400))
def test_any_words_before_a_link_are_one_segment(words):
    plain = segment(f"{words} {LINK}")
    assert length(plain) <= SEGMENT_LENGTH and set(plain) <= GSM_7 | EXTENSION and plain.endswith(f" {LINK}")
