"""Files and folders of the catalogue that nobody would read are named, with what to do."""

import os
import shutil
from pathlib import Path

import pytest

from support.loading import copied, faults, reading

PROCEDURE = "rent-subsidy/procedure.yaml"
AUTHORITY = "authorities/vat-office.yaml"


@pytest.fixture
def folder(tmp_path) -> Path:
    return copied(tmp_path, "rent-subsidy")


PDF = b"%PDF-1.7"


def dropped(name: str, data: bytes = PDF):
    def drop(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)

    return drop


def moved(name: str, to: str):
    return lambda folder: (folder / name).rename(folder / to)


def copy(name: str, to: str):
    tree = lambda folder: (shutil.copytree if (folder / name).is_dir() else shutil.copy)(folder / name, folder / to)  # noqa: E731
    return tree


def made(name: str):
    return lambda folder: (folder / name).mkdir(parents=True)


def linked(name: str, to: str):
    return lambda folder: (folder / name).symlink_to(to)


def rewritten(name: str, change):
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


SLUG = "a name may have only the small letters a to z, digits and single hyphens, 60 at most; rename it, or delete it"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (dropped("rent-subsidy/aplication.pdf"), "nobody reads this; did you mean application.pdf?"),
        (dropped("rent-subsidy/application (1).pdf"), "nobody reads this; did you mean application.pdf?"),
        (dropped("rent-subsidy/application-fr.pdf"), "nobody reads this; did you mean application.fr.pdf?"),
        (dropped("rent-subsidy/application.pdf.pdf"), "no such language: pdf (there are de, fr, en, lb); rename it"),
        (dropped("rent-subsidy/Antrag.pdf"), "nobody reads this; the forms of this procedure are application: name it"),
        (
            dropped("rent-subsidy/application.fr-LU.pdf"),
            "no such language: fr-LU (there are de, fr, en, lb); did you mean application.fr.pdf?",
        ),
        (dropped("rent-subsidy/application.it.pdf"), "no such language: it (there are de, fr, en, lb); rename it"),
        (dropped("rent-subsidy/application.docx"), "nobody reads this; "),
        (
            dropped("rent-subsidy/letter.yaml", b"a: b"),
            "nobody reads this; the forms of this procedure are application",
        ),
        (dropped("rent-subsidy/procedure.yaml.bak", b""), "a back-up copy, which nobody reads; delete it"),
        (dropped("rent-subsidy/procedure.yaml~", b""), "a back-up copy, which nobody reads; delete it"),
        (made("rent-subsidy/old"), "nobody reads a folder in here; move its files up, or delete it"),
        (made("rent-subsidy/application.pdf"), "not a file; remove it, and put the PDF itself here"),
        (moved("rent-subsidy/texts.yaml", "rent-subsidy/texts.yml"), "nobody reads this name; rename it to texts.yaml"),
        (
            copy("rent-subsidy/application.yaml", "rent-subsidy/application - Kopie.yaml"),
            "nobody reads this; the forms",
        ),
        (linked("rent-subsidy/application.pdf", "nowhere.pdf"), "a link that leads nowhere; put the file itself here"),
        (
            linked("rent-subsidy/application.pdf", "/etc/hostname"),
            "a link that leads out of the catalogue; put the file",
        ),
        (linked("rent-subsidy/application.pdf", "application.pdf"), "a link that leads nowhere"),
        (lambda folder: os.mkfifo(folder / "rent-subsidy" / "application.pdf"), "not a file; remove it"),
        (
            copy("authorities/vat-office.yaml", "authorities/vat-office (Kopie).yaml"),
            f"{SLUG} if it is a copy of vat-office",
        ),
        (copy("authorities/vat-office.yaml", "authorities/Vat-Office.yaml"), SLUG),
        (copy("authorities/vat-office.yaml", "authorities/büro.yaml"), SLUG),
        (copy("authorities/vat-office.yaml", "authorities/bu\u0308ro.yaml"), SLUG),
        (
            moved("authorities/visa-office.yaml", "authorities/visa-office.yml"),
            "nobody reads this name; rename it to visa-",
        ),
        (made("authorities/new"), "nobody reads this; delete it"),
        (dropped("application.pdf"), "nobody reads this; move it to its procedure, or delete it"),
        (dropped("text.yaml", b"[]"), "nobody reads this; move it to its procedure, or delete it"),
        (copy("rent-subsidy", "rent-subsidy (Kopie)"), f"{SLUG} if it is a copy of rent-subsidy"),
        (copy("rent-subsidy", "Rent-Subsidy"), SLUG),
        (
            copy("rent-subsidy", "rent-subsidy-2"),
            "6: title: the same as in rent-subsidy/procedure.yaml; delete the copy",
        ),
        (
            copy("authorities/vat-office.yaml", "authorities/vat-office-copy.yaml"),
            "1: name: the same as in authorities/vat",
        ),
        (made("new-procedure"), "this file is missing; add it, or delete the folder"),
        (
            lambda folder: (
                shutil.copytree(folder / "rent-subsidy", folder / "new"),
                moved("new/procedure.yaml", "new/procedure.yml")(folder),
            ),
            "this file is missing; rename procedure.yml to procedure.yaml",
        ),
        (rewritten(PROCEDURE, lambda data: data.decode().encode("cp1252")), "14: not saved as UTF-8"),
        (
            rewritten(PROCEDURE, lambda data: data.decode().encode("utf-16")),
            "1: saved as UTF-16 (“Unicode”); save it as UTF-8",
        ),
        (rewritten("topics.yaml", lambda data: b""), "1: the file is empty; fill it, or delete it"),
        (rewritten(AUTHORITY, lambda data: b"{}"), "1: address: is missing; add it"),
        (rewritten(AUTHORITY, lambda data: b"- a"), "1: must have the entries name, address, window, phone, email"),
        (
            rewritten(AUTHORITY, lambda data: b"a: &x [1, 1]\nb: &y [*x, *x]\nc: [*y, *y]"),
            "1: a text that begins with &",
        ),
        (rewritten(AUTHORITY, lambda data: b"[" * 5000), "1: "),
        (
            rewritten(AUTHORITY, lambda data: data + b"fax: '1'\nfax: '2'\n"),
            "17: fax: this key stands twice, first on line 16",
        ),
        (rewritten(AUTHORITY, lambda data: data + b"#" * 1_000_000), "1: larger than 1000000 bytes"),
    ],
)
def test_file_that_nobody_reads_is_named(folder, change, said):
    change(folder)
    assert any(fault.partition(":")[2].strip().startswith(said) for fault in faults(folder)), faults(folder)


@pytest.mark.parametrize(
    "name", [".DS_Store", "Thumbs.db", "desktop.ini", "~$procedure.docx", "._application.pdf", "README.md"]
)
@pytest.mark.parametrize("place", ["", "rent-subsidy/", "authorities/"])
def test_what_systems_leave_behind_is_passed_over(folder, name, place):
    dropped(f"{place}{name}")(folder)
    assert faults(folder) == []


@pytest.mark.parametrize(
    "change",
    [
        rewritten(PROCEDURE, lambda data: b"\xef\xbb\xbf" + data),
        rewritten(PROCEDURE, lambda data: data.replace(b"\n", b"\r\n")),
        rewritten(PROCEDURE, lambda data: b"%YAML 1.2\n---\n" + data),
        rewritten(PROCEDURE, lambda data: data.replace(b"topic: housing", b"topic: housing  # see topics.yaml")),
        rewritten(
            PROCEDURE,
            lambda data: (
                data.replace(b"beantragen\n", b"# 5 beantragen\n")
                .replace(b"de: Miet", b"de: '#Miet", 1)
                .replace(b"# 5 beantragen\n", b"# 5'  # said so\n", 1)
            ),
        ),
        dropped("rent-subsidy/application.PDF"),
        dropped("rent-subsidy/Application.FR.Pdf"),
        lambda folder: (
            dropped("rent-subsidy/application.fr.pdf")(folder),
            linked("rent-subsidy/application.pdf", "application.fr.pdf")(folder),
        ),
    ],
)
def test_what_is_right_in_another_way_is_no_fault(folder, change):
    change(folder)
    assert faults(folder) == [] and reading(folder).catalogue.procedures


def test_capital_letters_of_a_scanner_are_the_same_name(folder):
    dropped("rent-subsidy/application.PDF")(folder)
    dropped("rent-subsidy/application.FR.pdf")(folder)
    names = {language: reading(folder).pdf("rent-subsidy", "application", language).name for language in ("de", "fr")}
    assert names == {"de": "application.PDF", "fr": "application.FR.pdf"}
    dropped("rent-subsidy/application.pdf")(folder)
    assert "the same file as application.PDF, but for capital letters; delete one" in faults(folder)[0]


def test_a_file_without_permission_says_so(folder, monkeypatch):
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    found = faults(folder)
    assert f"{AUTHORITY}:1: no permission to read it; let everybody read it (chmod a+r)" in found
