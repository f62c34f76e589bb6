"""The number: read in any spelling, and no slip of a pen goes unnoticed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dossiers.codes import codes
from models.dossiers.number import grouped, new_number, parse
from models.security.crockford import ALPHABET, check_character

BODIES = st.text(ALPHABET, min_size=12, max_size=12)
NUMBERS = BODIES.map(lambda body: body + check_character(body))


@pytest.mark.parametrize(("body", "check"), [("K7Q2MX4P9TRW", "Y"), ("0123456789AB", "V"), ("CDEFGHJKMNPQ", "S")])
def test_check_characters_of_the_published_examples(body, check):
    assert check_character(body) == check
    assert parse(body + check) == body + check


def test_numbers_are_drawn_evenly_and_never_twice():
    numbers = [new_number() for _ in range(4000)]
    assert len(set(numbers)) == 4000 and all(parse(number) == number for number in numbers)
    counts = Counter("".join(number[:-1] for number in numbers))
    assert set(counts) == set(ALPHABET) and max(counts.values()) < 1.25 * min(counts.values())


@given(NUMBERS, st.data())
def test_every_wrong_character_is_noticed(number, data):
    place = data.draw(st.integers(0, 12))
    wrong = data.draw(st.sampled_from([c for c in ALPHABET if c != number[place]]))
    assert parse(number[:place] + wrong + number[place + 1 :]) is None


@given(NUMBERS, st.integers(1, 2), st.data())
def test_every_swap_of_neighbours_or_across_one_is_noticed(number, distance, data):
    place = data.draw(st.integers(0, 12 - distance))
    swapped = list(number)
    swapped[place], swapped[place + distance] = swapped[place + distance], swapped[place]
    assert "".join(swapped) == number or parse("".join(swapped)) is None


@given(NUMBERS, st.data())
def test_every_wrong_doubled_pair_is_noticed(number, data):
    place, wrong = data.draw(st.integers(0, 10)), data.draw(st.sampled_from(ALPHABET))
    body = number[:place] + number[place] * 2 + number[place + 2 : 12]
    doubled = body + check_character(body)
    changed = doubled[:place] + wrong * 2 + doubled[place + 2 :]
    assert wrong == doubled[place] or parse(changed) is None


@given(NUMBERS, st.sampled_from([str.lower, grouped, lambda n: " ".join(n), lambda n: f"\t{n}\n", lambda n: n + "."]))
def test_every_spelling_is_read(number, spell):
    assert parse(spell(number)) == number


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_nothing(text):
    number = parse(text)
    assert number is None or (len(number) == 13 and set(number) <= set(ALPHABET))


def test_grouped_as_it_is_printed():
    assert grouped("K7Q2MX4P9TRWY") == "K7Q2-MX4P-9TRWY"


@given(st.text(max_size=80).map(lambda tail: f"/e/{tail}"))
def test_any_text_in_an_address_is_read_or_nothing(text):
    assert all(parse(number) == number for code in codes(text) for number in code.numbers)
