"""Tables that leave for a spreadsheet: what was in a cell comes out of it, and no cell is a formula."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from blueprints.desk.export import BOM, FORMULA_STARTS, harmless, lines

TEXT = st.text(max_size=9)
CELLS = TEXT | st.tuples(st.sampled_from(FORMULA_STARTS), TEXT).map("".join)


def read(text: str) -> list[list[str]]:
    """What a reader of RFC 4180 makes of it."""
    assert text.startswith(BOM)
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), strict=True))


@pytest.mark.long
@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=9))
@example([["=1+1", '=HYPERLINK("http://x")'], ['a"b', "a,b"], ["a\r\nb", "\n"], ["'=1", "\0="]])
def test_every_cell_comes_back_as_it_was_but_for_the_apostrophe_before_a_formula(rows):
    header, *back = read("".join(lines(["One", "Two"], rows)))
    assert header == ["One", "Two"]
    assert back == [[f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in row] for row in rows]
    assert not [cell for row in back for cell in row if cell.startswith(FORMULA_STARTS)]


@pytest.mark.parametrize("first", FORMULA_STARTS)
def test_no_cell_begins_like_a_formula(first):
    assert harmless(first + "SUM(A1:A9)") == f"'{first}SUM(A1:A9)"


def test_nothing_is_an_empty_cell_and_a_number_is_a_number():
    assert read("".join(lines(["a"], [(None, 7, "x")])))[1] == ["", "7", "x"]
