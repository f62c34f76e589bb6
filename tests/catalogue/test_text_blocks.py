"""Text blocks are content: checked with file and line, loaded, changed and taken away by editing a file."""

import pytest

from models import Procedure, TextBlock
from models.catalogue.procedure import LANGUAGES
from paths import CATALOGUE
from support.loading import command, copied, load, reading, replace

COMMON = "texts.yaml"
OWN = "rent-subsidy/texts.yaml"


def line_of(name: str, words: str) -> int:
    lines = (CATALOGUE / name).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


@pytest.mark.parametrize(
    ("name", "old", "new", "what"),
    [
        (COMMON, "- id: signature", "- id: Signature of all", "3.id: "),
        (COMMON, "- id: copies-are-enough", "- id: all-there", "2.id: two text blocks have the same id"),
        (COMMON, "  moves: [decided]", "  moves: [finished]", "5.moves.0: "),
        (COMMON, "  moves: [closed]", "  moves: []", "6.moves: "),
        (OWN, "    lb: Akommes vum ganze Stot", "", "0.title: "),
        (OWN, "- id: tell-changes", "- id: tell-changes\n  colour: red", "2.colour: "),
    ],
)
def test_fault_in_a_text_block_is_named_with_file_and_line(tmp_path, name, old, new, what):
    folder = copied(tmp_path, "rent-subsidy")
    replace(folder / name, old, new)
    said = " ".join(map(str, reading(folder).faults))
    assert f"catalogue/{name}:" in said and f": {what}" in said


@pytest.mark.parametrize(("verb", "status"), [("check", 1), ("load", 3)])
def test_both_commands_say_the_fault_of_a_text_block(app, tmp_path, verb, status):
    folder = copied(tmp_path, "rent-subsidy")
    replace(folder / COMMON, "- id: signature", "- id: Signature of all")
    result = command(app, verb, folder)
    assert result.exit_code == status and f"catalogue/{COMMON}:" in result.stderr and ": 3.id: " in result.stderr


def test_text_blocks_of_no_procedure_are_refused(app, tmp_path):
    folder = copied(tmp_path, "rent-subsidy")
    (folder / "nowhere").mkdir()
    (folder / "nowhere" / "texts.yaml").write_text((folder / OWN).read_text(encoding="utf-8"), encoding="utf-8")
    assert "catalogue/nowhere/procedure.yaml: this file is missing" in command(app, "check", folder).stderr


def block(procedure: str, slug: str) -> TextBlock:
    joined = TextBlock.select().join(Procedure)
    return joined.where(Procedure.slug == procedure, TextBlock.slug == slug).get()


def test_changed_text_keeps_its_place_and_one_that_is_gone_is_deleted(app, tmp_path):
    folder = copied(tmp_path)
    before = block("rent-subsidy", "tell-changes")
    replace(folder / OWN, "Please tell us if you move", "Tell us if you move")
    (folder / "register-of-diplomas" / "texts.yaml").unlink()
    load(app, folder)
    after = block("rent-subsidy", "tell-changes")
    assert (after.id, after.text["en"].startswith("Tell us")) == (before.id, True)
    assert not TextBlock.select().where(TextBlock.slug == "translation").exists()


def test_every_block_fits_into_a_note_in_every_language(app):
    for block in TextBlock.select():
        assert all(0 < len(block.text[code]) < 400 and len(block.title[code]) < 60 for code in LANGUAGES), block.slug
