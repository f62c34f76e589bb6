"""One reading of what is typed, pasted and scanned: in any spelling, on any keyboard, and never another's number."""

import itertools
import json
import random
import time

import pytest

from models.dossiers.codes import DAMAGED, Scanned, codes, existing, find
from models.dossiers.number import new_number, several
from models.security.crockford import ALPHABET, check_character
from paths import ROOT
from support.keyboards import LAYOUTS, NAMES, STATES, typed

CASES = json.loads((ROOT / "tests" / "dossiers" / "numbers.json").read_text())
ONE, OTHER = "K7Q2MX4P9TRWY", "0123456789ABV"
HOST = "HTTPS://E-TRACKING.EXAMPLE.LU:8443"


def drawn(dice: random.Random) -> str:
    body = "".join(dice.choices(ALPHABET, k=12))
    return body + check_character(body)


@pytest.mark.parametrize(("text", "number"), CASES)
def test_number_is_read_in_whatever_is_typed_or_pasted(text, number):
    assert find(text) == number


@pytest.mark.parametrize(
    "typed",
    [
        "httpsm§§etrqcking/exq,ple/lu§t§k7a2,x4p9trzy",
        'httpsö__etracking:example:lu_t_k/q"mx$p)trwz',
        "httpsm++etrqcking/exq,ple/lu+t+k7a2,x4p9trzy",
        "HTTPSÇ--ETRACKING.EXAMPLE.LU-T-K7Q2MX4P9TRWY",
        "HTTPSç--ETRACKING.EXAMPLE.LU-T-K7Q2MX4P9TRWY",
        "HTTPS://H/T/K7Q2MX4P9TRWYHTTPS://H/T/K7Q2MX4P9TRWY",
        *(f"{before}HTTPS://H/T/{ONE}{after}" for before, after in ["**", '""', "''", ("]Q1", ""), ("\x02", "\x03")]),
        *(f"HTTPS://H/T/{ONE}{suffix}" for suffix in (",", ";", "\x1d", "\t", "\r\n", "]Q1")),
        f"]C1{ONE}",
        f"{ONE}{ONE}",
    ],
)
def test_what_scanners_type_is_the_number(typed):
    assert codes(typed) == (Scanned((ONE,)),)


@pytest.mark.parametrize("between", ["", " ", "\t", "\n", "\r\n", ",", ";", "]Q1"])
@pytest.mark.parametrize("keyboard", ["us", "de", "fr", "be", "it"])
def test_two_codes_in_one_go_are_never_one_of_them(between, keyboard):
    text = typed(f"HTTPS://H.LU/T/{ONE}{between}HTTPS://H.LU/T/{OTHER}", keyboard)
    assert codes(text) in ((Scanned((ONE,)), Scanned((OTHER,))), ())


@pytest.mark.parametrize("rest", ["", "K", "K7Q2", "K7Q2MX4P9TRWX", "K7Q2MX4P9TRW", f"{ONE}Z"])
def test_code_that_lost_a_character_beside_a_whole_one_is_not_passed_over(rest):
    assert codes(f"HTTPS://H.LU/T/{ONE}HTTPS://H.LU/T/{rest}") == (Scanned((ONE,)), DAMAGED)
    assert codes(f"HTTPS://H.LU/T/{rest}HTTPS://H.LU/T/{ONE}") == (DAMAGED, Scanned((ONE,)))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("layout", NAMES)
def test_code_is_read_on_every_keyboard_and_never_as_another(layout, state):
    dice, read = random.Random(f"{layout} {state}"), 0
    for _ in range(4):
        one, other = drawn(dice), drawn(dice)
        round_ = dice.randrange(1, 99)
        for text, meant in {
            f"{HOST}/T/{one}": Scanned((one,)),
            f"{HOST}/T/{one}/{round_}": Scanned((one,), round_),
            f"{HOST}/R/{one}/{other}": Scanned((one,), kind="receipt"),
            f"{HOST}/E/{one}+{other}": Scanned((one, other), kind="envelope"),
            f"https://localhost/t/{one.lower()}": Scanned((one,)),
            f"]Q1{HOST}/T/{one};": Scanned((one,)),
        }.items():
            found = codes(typed(text, layout, state))
            assert found in ((), (meant,)), text
            read += bool(found)
    assert read >= 18, "one in some hundred fits two layouts and is refused"


def test_no_layout_makes_another_number_of_what_was_typed_on_one():
    """Every layout that is known, each also as if it were not."""
    wrong = [
        (layout, state)
        for layout, state, number in itertools.product(LAYOUTS, STATES, (new_number(), new_number()))
        for found in codes(typed(f"{HOST}/T/{number}", layout, state))
        if found.numbers != (number,)
    ]
    assert wrong == []


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("layout", NAMES)
def test_number_alone_is_never_another_and_of_two_readings_the_one_that_exists(layout, copies):
    """One in twenty is right on two keyboards; a number that a person types is never refused for it."""
    dice, doubtful = random.Random(layout), 0
    for number in [drawn(dice) for _ in range(40)]:
        assert find(number * copies) == number
        for state in STATES:
            text = typed(number * copies, layout, state)
            read = codes(text)
            assert not read or read[0].numbers == several(text), "nothing but what it says as it stands, or that first"
            assert len(read) != 1 or read == (Scanned((number,)),), text
            found = existing(text, number.__eq__)
            assert len(found) != 1 or found[0].numbers == (number,), text
            doubtful += bool(read) and read[0].doubtful
    assert doubtful < 40


@pytest.mark.parametrize("layout", ["us", "de"])
def test_number_that_two_keyboards_read_differently_is_both_until_one_exists(layout):
    number, twin = "ZY4NBDA76ZDMY", "YZ4NBDA76YDMZ"
    text, other = {"us": (number, twin), "de": (twin, number)}[layout]
    assert typed(number, layout) == text
    assert {code.numbers[0] for code in codes(text)} == {number, twin}
    assert [code.numbers for code in existing(text, number.__eq__)] == [(number,)]
    assert find(text) == text
    assert codes(f"{text[:4]}-{text[4:8]}-{text[8:]}") == (Scanned((text,)),), "with hyphens, a person has typed it"


def test_typed_number_is_not_read_as_if_it_came_from_another_keyboard():
    """One with a slip would fit some layout or other."""
    for slip in ("YZYZ2MX4P9TR0", "4TG476PZEY5YC"):  # the second one fits two layouts
        assert codes(slip) == codes(slip.lower()) == codes(slip * 2) == () and find(slip) is None


@pytest.mark.parametrize("seed", range(4))
def test_slip_in_a_number_is_never_read_as_another_number(seed):
    dice = random.Random(seed)
    for number in [drawn(dice) for _ in range(250)]:
        place = dice.randrange(13)
        slip = number[:place] + dice.choice(ALPHABET.replace(number[place], "")) + number[place + 1 :]
        assert codes(slip) == codes(slip.lower()) == (), slip


@pytest.mark.parametrize(
    "piece", ["a", "a.", "/", "/t/a", "K7Q2-", "0123-4567-", f"{ONE}+", "http:", "%2f", "HTTPSÖ-", "<"]
)
def test_no_text_takes_long(piece):
    began = time.process_time()
    codes(piece * 20_000)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("http://localhost:8000/t/K7Q2-MX4P-9TRWY?lang=de", Scanned((ONE,))),
        ("https://etracking.lu/t/k7q2mx4p9trwy/2nd", Scanned((ONE,))),
        ("https://etracking.lu/t/k7q2mx4p9trwy/2,", Scanned((ONE,), 2)),
        (f"https://e.lu/e/{ONE}%2B{OTHER}", Scanned((ONE, OTHER), kind="envelope")),
        (f"Both: https://e.lu/e/{ONE}+{OTHER} ({ONE} and {OTHER})", Scanned((ONE, OTHER), kind="envelope")),
        (f"{ONE}, seal 0123-4567-89ABV, https://e.lu/r/{ONE}/{OTHER}", Scanned((ONE,), kind="receipt")),
        (f"https://eur01.safelinks.example.com/?url=https%3A%2F%2Fe.lu%2Ft%2F{ONE}&data=05%7C", Scanned((ONE,))),
        (f"etracking.lu/e/{ONE}+K7Q2MX4P9TRWX", None),
        (f"etracking.lu/e/{ONE}Ŋ{OTHER}", None),
        ("etracking.lu/e/" + "+".join([ONE] * 7), None),
        ("etracking.lu/e/+", None),
        ("etracking.lu/t/K7Q2MX4P9TRWX", None),
        (f"etracking.lu/x/{ONE}", None),
        (f"HTTPSØ--E.LU-E-{ONE}´{OTHER[:-1]}X", None),
        (f"HTTPS+//H/T/{ONE}HTTPS+//H/T/{OTHER}", None),
    ],
)
def test_address_of_a_code_is_read_and_nothing_like_it(text, read):
    assert codes(text) == ((read,) if read else ())
