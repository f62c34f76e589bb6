"""One module says where the folders lie, and each of them is there: a glob over a folder that moved finds nothing."""

import ast
from pathlib import Path

import pytest

import paths

SKIPPED = {".venv", "node_modules", ".ci"}  # the last: programs by themselves, beside which no `paths` can be imported


def modules() -> list[Path]:
    """Every Python file of ours."""
    found = (path for path in paths.ROOT.rglob("*.py") if not SKIPPED & set(path.relative_to(paths.ROOT).parts))
    return sorted(path for path in found if path.name != "paths.py")


def asks_for_its_place(source: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__file__" for node in ast.walk(ast.parse(source)))


@pytest.mark.long
def test_nothing_else_asks_for_its_own_place():
    assert asks_for_its_place((paths.ROOT / "paths.py").read_text(encoding="utf-8")), "the check sees what it is for"
    assert len(modules()) > 200
    assert not [path for path in modules() if asks_for_its_place(path.read_text(encoding="utf-8"))]


def test_every_folder_is_there():
    folders = {name: path for name, path in vars(paths).items() if name.isupper()}
    assert len(folders) > 8 and all(any(path.iterdir()) for path in folders.values())
