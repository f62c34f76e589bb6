"""The number: read in any spelling, and no slip of a pen goes unnoticed."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.dossiers.number import Scanned, grouped, new_number, parse, scanned
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


# What each keyboard makes of the keys that a scanner presses for our codes (Windows layouts). The accent that German
# and Swiss keyboards have in the place of + is put on the next letter, where there is such a letter.
AMERICAN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/.-+"
KEYBOARDS = {
    "American": AMERICAN,
    "German": "ABCDEFGHIJKLMNOPQRSTUVWXZY0123456789Ö-.ß`",
    "Swiss German": "ABCDEFGHIJKLMNOPQRSTUVWXZY0123456789é-.'`",
    "Swiss French": "ABCDEFGHIJKLMNOPQRSTUVWXZY0123456789ö-.'`",
    "French": "QBCDEFGHIJKL?NOPARSTUVZXYWà&é\"'(-è_çM!:)+",
    "Belgian": "QBCDEFGHIJKL?NOPARSTUVZXYWà&é\"'(§è!çM=:)_",
}
every_keyboard = pytest.mark.parametrize("keyboard", KEYBOARDS)
HOST = "HTTPS://E-TRACKING.EXAMPLE.LU"


def typed(text: str, keyboard: str) -> str:
    """`text` as it arrives from a hand scanner on a computer set to this keyboard."""
    arrived = text.translate(str.maketrans(AMERICAN, KEYBOARDS[keyboard]))
    return arrived.replace("`A", "À").replace("`E", "È") + "\r\n"


@every_keyboard
@given(number=NUMBERS, round_=st.integers(1, 99))
def test_code_of_a_sheet_is_read_on_every_keyboard(keyboard, number, round_):
    assert scanned(typed(f"{HOST}/T/{number}", keyboard)) == Scanned((number,))
    assert scanned(typed(f"{HOST}/T/{number}/{round_}", keyboard)) == Scanned((number,), round_)


@every_keyboard
@given(numbers=st.lists(NUMBERS, min_size=2, max_size=6, unique=True))
def test_code_of_an_envelope_is_read_on_every_keyboard(keyboard, numbers):
    assert scanned(typed(f"{HOST}/E/{'+'.join(numbers)}", keyboard)) == Scanned(tuple(numbers), kind="envelope")


@every_keyboard
@given(number=NUMBERS, seal=NUMBERS)
def test_code_of_a_receipt_is_read_as_its_number_and_not_as_its_seal(keyboard, number, seal):
    assert scanned(typed(f"{HOST}/R/{number}/{seal}", keyboard)) == Scanned((number,), kind="receipt")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("k7q2 mx4p 9trwy", Scanned(("K7Q2MX4P9TRWY",))),
        ("http://localhost:8000/t/K7Q2-MX4P-9TRWY?lang=de", Scanned(("K7Q2MX4P9TRWY",))),
        ("https://etracking.lu/t/k7q2mx4p9trwy/sheet.pdf", Scanned(("K7Q2MX4P9TRWY",))),
        ("https://etracking.lu/t/k7q2mx4p9trwy/2nd", Scanned(("K7Q2MX4P9TRWY",))),
        ("etracking.lu/e/K7Q2MX4P9TRWY+K7Q2MX4P9TRWY", Scanned(("K7Q2MX4P9TRWY",), kind="envelope")),
        ("etracking.lu/e/K7Q2MX4P9TRWY+K7Q2MX4P9TRWX", None),
        ("etracking.lu/e/" + "+".join(["K7Q2MX4P9TRWY"] * 7), None),
        ("etracking.lu/e/+", None),
        ("etracking.lu/t/K7Q2MX4P9TRWX", None),
        ("etracking.lu/x/K7Q2MX4P9TRWY", None),
        ("", None),
    ],
)
def test_what_was_scanned_or_typed(text, read):
    assert scanned(text) == read


@given(st.text(max_size=80).map(lambda tail: f"/e/{tail}"))
def test_any_text_in_an_address_is_read_or_nothing(text):
    read = scanned(text)
    assert read is None or all(parse(number) == number for number in read.numbers)
