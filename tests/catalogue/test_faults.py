"""`catalogue check` says file, line and what of every fault in the catalogue's files, and writes nothing."""

import io
import re
from pathlib import Path

import pikepdf
import pytest

from paths import CATALOGUE
from support.database import dump
from support.loading import add_version, command, copied, reading, replace
from support.paper_forms import plain

PROCEDURE = "rent-subsidy/procedure.yaml"
AUTHORITY = "authorities/housing-aid-service.yaml"
SPECIMEN = "rent-subsidy/application.yaml"
STUDENT = "student-residence/procedure.yaml"


@pytest.fixture
def refused(tmp_path):
    """Read a smaller catalogue after `change`, without drawing a PDF: it has faults, which are returned."""
    folder = copied(tmp_path, "rent-subsidy", "entry-visa", "student-residence")

    def refused(change) -> list[str]:
        change(folder)
        return [str(fault) for fault in reading(folder).faults]

    return refused


@pytest.fixture
def checked(app, tmp_path):
    """Check a smaller catalogue after `change`: it has faults, which are returned, and nothing is written."""
    folder = copied(tmp_path, "rent-subsidy", "entry-visa")

    def checked(change) -> list[str]:
        change(folder)
        before = dump()
        result = command(app, "check", folder)
        assert (result.exit_code, result.stdout) == (1, ""), result.output
        assert "Traceback" not in result.stderr and str(tmp_path) not in result.stderr
        assert dump() == before
        return result.stderr.splitlines()

    return checked


def changing(name: str, old: str, new: str):
    return lambda folder: replace(folder / name, old, new)


def line_of(name: str, words: str) -> int:
    """The line of the real catalogue's file on which `words` stand first."""
    lines = (CATALOGUE / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        (PROCEDURE, "topic: housing", "topic: hou: sing", "a colon and a space stand inside a text; put"),
        (PROCEDURE, "topic: housing", "topic: nowhere", "topic: no topic 'nowhere' in topics.yaml"),
        (PROCEDURE, "authority: housing-aid-service", "authority: gone", "authority: no file authorities/gone.yaml"),
        (PROCEDURE, "  - citizens", "  - everybody", "audiences.0: "),
        (PROCEDURE, "    edition: 2026-11", "    edition: the year two thousand and twenty-six", "forms.0.edition: "),
        (PROCEDURE, "    tracked: true", "    tracked: perhaps", "forms.0.tracked: "),
        (PROCEDURE, "  - slug: application", "  - slug: Application form", "forms.0.slug: "),
        (PROCEDURE, "  - kind: who", "  - kind: whom", "sections.0.kind: "),
        (AUTHORITY, "  - 11, rue de Hollerich", "  - 11, rue de Hollerich, au deuxième étage, à gauche", "address.1: "),
        (AUTHORITY, "window: right", "window: middle", "window: "),
        (AUTHORITY, "guichet@ml.etat.lu", "guichet(at)ml.etat.lu", "email: must be one e-mail address"),
        (AUTHORITY, "https://logement", "logement", "website: must be a whole address"),
        (PROCEDURE, "https://loyer.lu/", "loyer.lu/", "sources.1.url: must be a whole address"),
        (PROCEDURE, "read: '2026-11-22'", "read: 22.11.2026", "sources.0.read: must be a day such as"),
        (SPECIMEN, "        kind: multiline", "        kind: picture", "groups."),
        ("topics.yaml", "housing:", "Housing!:", "Housing!: may have only the small letters"),
    ],
)
def test_fault_is_named_with_file_and_line(refused, name, old, new, what):
    faults = refused(changing(name, old, new))
    assert faults and all(re.fullmatch(r"catalogue/[\w./-]+:\d+: .+", fault) for fault in faults)
    assert f"catalogue/{name}:{line_of(name, old)}: {what}" in faults[0]


@pytest.mark.parametrize("choice", ["perhaps", "[telegram]", "[added]", "{all: true}"])
def test_choice_of_sms_that_is_none_is_named_with_its_line(refused, choice):
    faults = refused(changing(PROCEDURE, "topic: housing", f"sms: {choice}\ntopic: housing"))
    assert all(f"catalogue/{PROCEDURE}:{line_of(PROCEDURE, 'topic: housing')}: sms" in fault for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("      length: 60", "      length: sixty", "period.0.length: "),
        ("      length: 60", "      length: 0", "period.0.length: "),
        ("      unit: days", "      unit: working days", "period.0.unit: "),
        ("      start: arrival", "      start: scan", "period.0.start: "),
        ("      missing: suspend", "      missing: stop", "period.0.missing: "),
        ("      transfer: continue", "      transfer: go on", "period.0.transfer: "),
        ("      roll: true", "      roll: perhaps", "period.0.roll: "),
        ("      roll: true", "      target: 61", "period.0.target: "),
        ("      roll: true", "      valid_from: since May", "period.0.valid_from: "),
        ("      roll: true", "      pause: never", "period.0.pause: "),
    ],
)
def test_fault_of_a_period_is_named_with_its_line(refused, old, new, what):
    (fault,) = refused(changing(STUDENT, old, new))
    assert fault.startswith(f"catalogue/{STUDENT}:{line_of(STUDENT, old)}: forms.2.{what}")


@pytest.mark.parametrize("since", ["", "2027-01-01", "2026-12-31"])
def test_versions_of_a_period_follow_each_other(refused, since):
    (fault,) = refused(lambda folder: add_version(folder / STUDENT, 45, since, first="2027-01-01"))
    line = line_of(STUDENT, "    period:")
    assert fault.startswith(f"catalogue/{STUDENT}:{line}: forms.2.period: ") and "later than" in fault


@pytest.mark.parametrize(
    ("old", "new", "where", "said"),
    [
        ("  lb: Eng Loyerssubventioun ufroen\n", "", "title: ", "missing: lb"),
        ("  lb: Eng Loyerssubventioun ufroen\n", "  lb: ''\n", "title: ", "empty; write it: lb"),
        (
            "  lb: Eng Loyerssubventioun ufroen\n",
            "  lb: Eng Loyerssubventioun ufroen\n  it: Aiuto\n",
            "title: ",
            "unknown: it",
        ),
        ("  lb: Eng Loyerssubventioun ufroen\n", "  lb:\n    - Eng Loyerssubventioun\n", "title.lb: ", ""),
    ],
)
def test_every_text_is_there_in_exactly_the_four_languages(refused, old, new, where, said):
    (fault,) = refused(changing(PROCEDURE, old, new))
    line = line_of(PROCEDURE, "title:") + 4 * ("." in where)
    assert fault.startswith(f"catalogue/{PROCEDURE}:{line}: {where}") and fault.endswith(said)


@pytest.mark.parametrize("name", [PROCEDURE, AUTHORITY, SPECIMEN])
def test_unknown_key_is_no_way_to_say_something(refused, name):
    def change(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write("colour: blue\n")

    (fault,) = refused(change)
    last = len((CATALOGUE / name).read_text(encoding="utf-8").splitlines()) + 1
    assert fault.startswith(f"catalogue/{name}:{last}: colour: ")


@pytest.mark.parametrize(
    ("content", "line"),
    [(b"", 1), (b"- a\n- b\n", 1), (b"title: \xff\n", 1), (b"a: b\nc: \x07\n", 2), (b"a: b\nc: *x\n", 2)],
)
@pytest.mark.parametrize("name", [PROCEDURE, AUTHORITY, SPECIMEN, "topics.yaml"])
def test_file_that_is_no_such_file_is_named(refused, name, content, line):
    faults = refused(lambda folder: (folder / name).write_bytes(content))
    assert any(fault.startswith(f"catalogue/{name}:{line}: ") for fault in faults)


def test_missing_topics_are_one_fault_and_not_one_for_each_procedure(refused):
    (fault,) = refused(lambda folder: (folder / "topics.yaml").unlink())
    assert fault.startswith("catalogue/topics.yaml:1: ")


def test_tracked_form_needs_a_file_to_be_made_from(refused):
    def change(folder: Path) -> None:
        (folder / SPECIMEN).rename(folder / "rent-subsidy" / "application.yaml.old")

    backup, fault = refused(change)
    assert backup.startswith("catalogue/rent-subsidy/application.yaml.old: a back-up copy")
    line = line_of(PROCEDURE, "- slug: application")
    assert fault.startswith(f"catalogue/{PROCEDURE}:{line}: forms.0.slug: no application.yaml and no application.pdf")


def test_two_forms_cannot_have_the_same_address(refused):
    name = "student-residence/procedure.yaml"
    fault, stray = refused(changing(name, "slug: residence-permit-renewal", "slug: residence-permit-application"))
    line = line_of(name, "slug: residence-permit-renewal")
    assert fault == f"catalogue/{name}:{line}: forms.1.slug: two forms have the same slug; rename one"
    assert stray.startswith("catalogue/student-residence/residence-permit-renewal.yaml: nobody reads this")


def test_all_faults_are_named_at_once(refused):
    def change(folder: Path) -> None:
        replace(folder / PROCEDURE, "topic: housing", "topic: nowhere")
        replace(folder / PROCEDURE, "  - kind: who", "  - kind: whom")
        replace(folder / AUTHORITY, "window: right", "window: middle")
        replace(folder / "entry-visa" / "procedure.yaml", "authority: ", "authority: no-")

    named = {fault.split(":")[0] for fault in refused(change)}
    assert named == {f"catalogue/{name}" for name in (PROCEDURE, AUTHORITY, "entry-visa/procedure.yaml")}


def locked() -> bytes:
    """A form that opens with a password only."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(plain())) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="open", owner="sesame"))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (locked(), "the file needs a password"),
        (b"this is no PDF", "the file is no PDF"),
        (b"", "the file is no PDF"),
    ],
    ids=["encrypted", "no PDF", "empty"],
)
@pytest.mark.parametrize("name", ["application.pdf", "application.fr.pdf"])
def test_pdf_that_cannot_be_opened_is_refused_once_with_the_reason(checked, name, data, reason):
    (fault,) = checked(lambda folder: (folder / "rent-subsidy" / name).write_bytes(data))
    assert fault.startswith(f"catalogue/rent-subsidy/{name}: {reason}")


def test_faulty_pdfs_are_named_all_at_once(checked):
    def change(folder: Path) -> None:
        (folder / "rent-subsidy" / "application.de.pdf").write_bytes(locked())
        (folder / "entry-visa" / "financial-responsibility.PDF").write_bytes(b"this is no PDF")
        replace(folder / "entry-visa" / "procedure.yaml", "authority: ", "authority: no-")

    named = [fault.split(": ")[0] for fault in checked(change)]
    assert sorted(named) == [
        "catalogue/entry-visa/financial-responsibility.PDF",
        f"catalogue/entry-visa/procedure.yaml:{line_of('entry-visa/procedure.yaml', 'authority: ')}",
        "catalogue/rent-subsidy/application.de.pdf",
    ]


@pytest.mark.long
def test_real_catalogue_has_no_fault(app):
    before = dump()
    result = app.test_cli_runner().invoke(args=["catalogue", "check"])
    procedures = len(list(CATALOGUE.glob("*/procedure.yaml")))
    authorities = len(list((CATALOGUE / "authorities").glob("*.yaml")))
    assert result.stdout.endswith(f"catalogue: {procedures} procedures, {authorities} authorities, no fault\n")
    assert (result.exit_code, result.stderr) == (0, "") and dump() == before


def test_folder_that_is_not_there_is_refused(app, tmp_path):
    for name in ("check", "load"):
        result = command(app, name, tmp_path / "nothing")
        assert result.exit_code == 2 and "does not exist" in result.stderr
