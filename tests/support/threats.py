"""docs/threats.md read as tables, and the mutants beside the tests: one for each countermeasure, which takes it away."""

import re
import tomllib
from typing import NamedTuple

from paths import ROOT

ROW = re.compile(r"^\| (\w+) \| (.+?) \| (.+?) \| `([^`]+)` `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)
MUTANTS = ROOT / "tests/security/mutants.toml"


class Threat(NamedTuple):
    """A row: an attack, what stands in its way, the file and the name of that in the code, and its test."""

    id: str
    attack: str
    countermeasure: str
    file: str
    name: str
    test: str


class Edit(NamedTuple):
    """A text of a file and what takes its place."""

    file: str
    old: str
    new: str


class Mutant(NamedTuple):
    """The edits that take a countermeasure away."""

    row: str
    edits: list[Edit]


def threats() -> list[Threat]:
    """The rows of docs/threats.md."""
    return [Threat(*row) for row in ROW.findall((ROOT / "docs/threats.md").read_text(encoding="utf-8"))]


def mutants() -> list[Mutant]:
    """The mutants of tests/security/mutants.toml."""
    found = tomllib.loads(MUTANTS.read_text(encoding="utf-8"))["mutant"]
    return [Mutant(one["row"], [Edit(**edit) for edit in one["edit"]]) for one in found]
