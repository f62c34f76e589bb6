"""Loading a changed copy of the real catalogue; for test_catalogue_*.py."""

import shutil
from pathlib import Path

from click.testing import Result
from flask import Flask

from commands.catalogue import KINDS
from models.catalogue.files import Reading, read
from paper import glyphs
from paths import CATALOGUE


def copied(folder: Path, *slugs: str) -> Path:
    """A copy of the catalogue's files in `folder`, to change; only with these procedures if some are named."""
    copy = Path(shutil.copytree(CATALOGUE, folder / "catalogue"))
    for path in copy.glob("*/procedure.yaml"):
        if slugs and path.parent.name not in slugs:
            shutil.rmtree(path.parent)
    return copy


def command(app: Flask, name: str, folder: Path) -> Result:
    return app.test_cli_runner().invoke(args=["catalogue", name, str(folder)])


def load(app: Flask, folder: Path) -> str:
    """Load the catalogue and return what the command says."""
    result = command(app, "load", folder)
    assert result.exit_code == 0, result.output
    return result.output


def reading(folder: Path) -> Reading:
    """What the files of `folder` say, without an app and without drawing a PDF."""
    return read(folder, KINDS, glyphs.unprintable)


def faults(folder: Path) -> list[str]:
    """The faults in the files of `folder`, each without the folder's own name."""
    return [str(fault).removeprefix(f"{folder.name}/") for fault in reading(folder).faults]


def replace(path: Path, old: str, new: str) -> None:
    """Change the first `old` in a file."""
    words = path.read_text(encoding="utf-8")
    assert old in words
    path.write_text(words.replace(old, new, 1), encoding="utf-8")


def add_version(path: Path, length: int, since: str, first: str = "") -> None:
    """Give the only period of a procedure a second version, valid from `since` on; the first one from `first` on."""
    before, mark, after = path.read_text(encoding="utf-8").partition("    period:\n")
    period, end, rest = after.partition("  - slug: ")
    lines = [f"  {line}\n" for line in period.splitlines()]
    valid = [f"        valid_from: {day}\n" if day else "" for day in (first, since)]
    versions = [
        f"      - length: {number}\n" + known + "".join(lines[1:])
        for number, known in zip((60, length), valid, strict=True)
    ]
    path.write_text(before + mark + "".join(versions) + end + rest, encoding="utf-8")
