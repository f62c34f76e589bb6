"""The alphabet of SMS: what fits into one segment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wording import sms_alphabet


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("Lëtzebuerg, français, là-bas, être, œuvre", "Letzebuerg, francais, là-bas, etre, oeuvre"),
        ("l’été « 2026 » – déjà…", 'l\'été " 2026 " - déjà...'),
        ("Äpfel Öl Übung ß éèàùìò ñ £ § Ø", "Äpfel Öl Übung ß éèàùìò ñ £ § Ø"),
        ("12\u202f000\u00a0€", "12 000 EUR"),
    ],
)
def test_letters_that_an_sms_does_not_have_are_written_otherwise(words, plain):
    assert sms_alphabet.segment(words) == plain


@pytest.mark.parametrize("words", ["x" * 161, "…" * 54, "日本", "[x]", "a|b", "🙂"])
def test_text_that_needs_more_than_one_segment_is_refused(words):
    with pytest.raises(ValueError, match="characters"):
        sms_alphabet.segment(words)


@given(st.text(max_size=200))
def test_whatever_passes_is_one_segment(words):
    try:
        plain = sms_alphabet.segment(words)
    except ValueError:
        return
    assert len(plain) <= 160 and set(plain) <= sms_alphabet.GSM_7
