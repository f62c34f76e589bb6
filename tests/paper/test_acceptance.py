"""No file of others keeps the catalogue waiting, eats its memory or ends its process; the next one is read all the same."""

import multiprocessing
from collections.abc import Iterator

import pikepdf
import pytest

from paper.forms import child
from paper.forms.acceptance import Examiner, Limits
from paper.forms.examination import MAX_PAGES, FormRefusedError
from support import hostile_forms
from support.paper_forms import changed, plain

LITTLE = 96 * 1024 * 1024


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    examiner = Examiner(Limits(memory=LITTLE))
    yield examiner
    examiner.close()


def refused(examiner: Examiner, data: bytes) -> str:
    with pytest.raises(FormRefusedError) as refusal:
        examiner.accept(data)
    assert refusal.value.page is None or refusal.value.reason == "unreadable"
    return refusal.value.reason


def test_endless_file_is_refused_in_time_and_the_next_one_is_read(examiner):
    examiner.limits = Limits(seconds=0.5, last_seconds=0.5)
    assert refused(examiner, hostile_forms.endless()) == "too-slow"
    examiner.limits = Limits()
    assert examiner.accept(plain(1)).pages == 1


def test_form_that_takes_too_long_but_opens_is_tracked_by_the_sheet_alone(examiner, monkeypatch):
    monkeypatch.setattr(child, "serve", hostile_forms.slow)
    examiner.limits = Limits(seconds=0.1)
    data = plain(2)
    form = examiner.accept(data)
    assert (form.data, form.places, form.notes) == (data, [None, None], ["sheet-alone too-slow"])


def test_busy_machine_is_no_fault_of_the_form(examiner, monkeypatch):
    monkeypatch.setattr(child, "serve", hostile_forms.kept_waiting)
    examiner.limits = Limits(seconds=0.2)
    assert examiner.accept(plain(1)).notes == []


def test_reader_that_falls_asleep_is_not_waited_for(examiner, monkeypatch):
    monkeypatch.setattr(child, "serve", hostile_forms.asleep)
    examiner.limits = Limits(wait=0.1)
    assert refused(examiner, plain(1)) == "too-slow"


def test_file_that_eats_memory_is_refused_and_the_next_one_is_read(examiner):
    assert refused(examiner, hostile_forms.swelling()) in ("too-much-memory", "crashed", "unreadable")
    assert examiner.accept(plain(1)).pages == 1


def test_file_that_ends_its_reader_is_refused_and_the_next_one_is_read(examiner, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(child, "serve", hostile_forms.dying)
        assert refused(examiner, plain(1)) == "crashed"
    assert examiner.accept(plain(1)).pages == 1


def test_reader_that_died_between_two_files_is_no_fault_of_the_next(examiner):
    before = set(multiprocessing.active_children())
    examiner.accept(plain(1))
    (reader,) = set(multiprocessing.active_children()) - before
    reader.kill()
    reader.join()
    assert examiner.accept(plain(1)).pages == 1


def test_many_files_share_one_reader(examiner):
    before = set(multiprocessing.active_children())
    examiner.accept(plain(1))
    refused(examiner, b"this is no PDF")
    readers = set(multiprocessing.active_children()) - before
    examiner.accept(plain(1))
    assert len(readers) == 1 and set(multiprocessing.active_children()) - before == readers


def test_book_is_tracked_by_the_sheet_alone(examiner):
    book = plain(MAX_PAGES + 1)
    form = examiner.accept(book)
    assert form.data == book and not any(form.places) and "sheet-alone too-many-pages" in form.notes


@pytest.mark.parametrize(
    ("serve", "said"), [(hostile_forms.without_fonts, "make install"), (hostile_forms.stillborn, "does not start")]
)
def test_broken_server_is_no_fault_of_the_form(examiner, monkeypatch, serve, said):
    monkeypatch.setattr(child, "serve", serve)
    with pytest.raises(RuntimeError, match=said):
        examiner.accept(plain(1))


def test_warnings_of_the_libraries_do_not_stand_between_the_lines_for_the_editor(examiner, capfd):
    def orphan(pdf: pikepdf.Pdf) -> None:
        pdf.Root.AcroForm.Fields = pikepdf.Array()

    assert any(examiner.accept(changed(orphan)).places)
    assert tuple(capfd.readouterr()) == ("", "")
