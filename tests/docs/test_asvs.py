"""docs/asvs.md is whole and true: each requirement of levels 1 and 2 stands there once, and the tests it names exist."""

import re

from paths import ROOT

TEXT = (ROOT / "docs/asvs.md").read_text(encoding="utf-8")
TABLES, _, OTHERS = TEXT.partition("## What does not apply")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (met|not met) \| (.*) \|$", TABLES, re.MULTILINE)
ELSEWHERE = re.findall(r"\d+\.\d+\.\d+", OTHERS)
# ASVS 5.0.0: in each section the requirements of levels 1 and 2 come first; how many there are.
SECTIONS = """
1.1 2, 1.2 9, 1.3 11, 1.4 3, 1.5 2, 2.1 3, 2.2 3, 2.3 4, 2.4 1, 3.2 2, 3.3 4, 3.4 6, 3.5 5, 3.7 2, 4.1 3, 4.2 1, 4.3 2, 4.4 4,
5.1 1, 5.2 3, 5.3 2, 5.4 3, 6.1 3, 6.2 12, 6.3 4, 6.4 4, 6.5 5, 6.6 3, 6.8 4, 7.1 3, 7.2 4, 7.3 2, 7.4 5, 7.5 2, 7.6 2,
8.1 2, 8.2 3, 8.3 1, 8.4 1, 9.1 3, 9.2 4, 10.1 2, 10.2 2, 10.3 4, 10.4 11, 10.5 5, 10.6 2, 10.7 3, 11.1 2, 11.2 3, 11.3 3,
11.4 4, 11.5 1, 11.6 1, 12.1 3, 12.2 2, 12.3 4, 13.1 1, 13.2 5, 13.3 2, 13.4 5, 14.1 2, 14.2 4, 14.3 3, 15.1 3, 15.2 3,
15.3 7, 16.1 1, 16.2 5, 16.3 4, 16.4 3, 16.5 3, 17.1 1, 17.2 4, 17.3 2
"""


def test_every_requirement_stands_there_once():
    counts = [part.split() for part in SECTIONS.replace("\n", " ").split(",")]
    required = [f"{section}.{number}" for section, count in counts for number in range(1, int(count) + 1)]
    assert len(required) == 253
    assert sorted([row[0] for row in ROWS] + ELSEWHERE) == sorted(required)


def test_its_figures_are_those_of_its_tables():
    said = [int(figure) for figure in re.findall(r"\*\*(\d+) ", TEXT)]
    states = [row[2] for row in ROWS]
    assert said == [states.count("met"), states.count("not met"), len(ELSEWHERE)]


def test_every_row_has_a_reason_or_tests_that_exist():
    for number, _about, _state, evidence in ROWS:
        assert len(evidence) > 10, number
        for path, name in re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", evidence):
            text = (ROOT / path).read_text(encoding="utf-8")
            assert not name or f"def {name}(" in text, f"{number}: {path} has no {name}"
