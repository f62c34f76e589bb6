"""`catalogue try` says of any PDFs what would become of them as forms, and writes nothing."""

import pytest

from support.database import dump
from support.paper_forms import changed, inked_but_for, plain


def tried(app, *paths):
    return app.test_cli_runner().invoke(args=["catalogue", "try", *map(str, paths)])


def full_second_page(pdf) -> None:
    inked_but_for((0, 0, 0, 0))(pdf)
    pdf.pages[0].obj.Contents = pdf.make_stream(b"")


@pytest.mark.parametrize("name", ["form.pdf", "FORM.PDF"])
def test_it_says_what_every_pdf_of_a_folder_would_carry(app, tmp_path, name):
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / name).write_bytes(plain(3))
    (tmp_path / "notes.txt").write_text("no PDF, and not asked about")
    before = dump()
    result = tried(app, tmp_path)
    assert result.exit_code == 0 and result.stdout.startswith(f"{tmp_path}/deeper/{name}: the stamp on pages 1-3\n")
    assert result.stdout.endswith("1 PDF: 1 with a mark, 0 by the sheet alone, 0 refused\n") and dump() == before


def test_it_names_the_pages_that_carry_no_mark(app, tmp_path):
    (tmp_path / "form.pdf").write_bytes(changed(full_second_page))
    assert "form.pdf: the stamp on page 1; no mark on page 2\n" in tried(app, tmp_path / "form.pdf").stdout


def test_one_that_would_be_refused_is_told_and_the_next_one_is_tried(app, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"this is no PDF")
    (tmp_path / "b.pdf").write_bytes(plain(1))
    result = tried(app, tmp_path)
    assert result.exit_code == 1 and "a.pdf: refused: the file is no PDF" in result.stdout
    assert (
        "b.pdf: the stamp on page 1" in result.stdout
        and "2 PDFs: 1 with a mark, 0 by the sheet alone, 1 refused" in result.stdout
    )


def test_path_that_is_not_there_is_named(app, tmp_path):
    assert "does not exist" in tried(app, tmp_path / "nowhere.pdf").stderr
