"""docs/threats.md is true: what it names in the code and the tests is there, and a mutant takes each countermeasure away."""

import ast
import re
from collections import Counter

import pytest

from paths import ROOT
from support.threats import mutants, threats

ROWS, MUTANTS = threats(), mutants()
TABLES = (ROOT / "docs/threats.md").read_text(encoding="utf-8").partition("## Attacks")[2]


def test_every_line_of_the_tables_is_a_row_with_an_id_of_its_own():
    lines = [line for line in TABLES.splitlines() if re.match(r"^\| (?!id )", line)]
    assert len(lines) == len(ROWS) > 80
    assert [id for id, count in Counter(row.id for row in ROWS).items() if count > 1] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_code_and_test_of_a_threat_exist(row):
    file, _, name = row.test.partition("::")
    assert row.name in (ROOT / row.file).read_text(encoding="utf-8")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_each_countermeasure_has_a_mutant_without_it():
    assert {row.id for row in ROWS} == {mutant.row for mutant in MUTANTS}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.row)
def test_mutant_still_finds_what_it_changes(mutant):
    texts = {edit.file: (ROOT / edit.file).read_text(encoding="utf-8") for edit in mutant.edits}
    for edit in mutant.edits:
        assert texts[edit.file].count(edit.old) == 1, f"{edit.file} has changed: look at the row, then at its mutant"
        texts[edit.file] = texts[edit.file].replace(edit.old, edit.new)
    for file, text in texts.items():
        if file.endswith(".py"):
            ast.parse(text)
